"""One turn in a process that is killed once the answer is committed and before it is sent. Run by test_bad_moments.py.

usage: python -m tests.support.killed_turn DATABASE_URL HOME ENGINE_HOME BORROWER WORDS
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from storage.engine import Database
from tests.support.talk import talking
from tideover.settings import Settings


async def main(url: str, home: str, engine_home: str, borrower_ref: str, words: str) -> None:
    settings = replace(
        Settings.from_environment(), home=Path(home), engine_home=Path(engine_home), database_url=url
    )
    async with talking(settings, Database(url), borrower_ref, verified=True) as chat:

        async def killed(conversation_id: str) -> int:
            os.kill(os.getpid(), signal.SIGKILL)
            return 0

        chat.terminal.stack.dispatcher.dispatch_replies = killed  # type: ignore[method-assign]
        await chat.says(words)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
