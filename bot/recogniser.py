"""Voice messages as text, by a program of the operator's choice. Without one, borrowers are asked to type."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path

from telegram.error import TelegramError

from bot.evidence_files import EvidenceFiles
from conversations.models import Evidence

log = logging.getLogger(__name__)

SECONDS = 30.0
OURS = "TIDEOVER_"

Fetch = Callable[[Evidence], Awaitable[None]]


class Recogniser:
    """Runs `command` with the path of a voice message as its last argument; what it prints (UTF-8) is the text.

    It is no shell's command, sees none of our settings, and is ended after `seconds`.
    """

    def __init__(self, command: str, files: EvidenceFiles, fetch: Fetch, *, seconds: float = SECONDS) -> None:
        self._command, self._files, self._fetch = shlex.split(command), files, fetch
        self._seconds = seconds

    async def hear(self, message_id: int) -> str | None:
        """Return what is said in a voice message, or None when it cannot be fetched or understood in time."""
        evidence = await asyncio.to_thread(self._files.of_message, message_id)
        if evidence is None:
            return None
        try:
            async with asyncio.timeout(self._seconds):
                await self._fetch(evidence)
                path = await asyncio.to_thread(self._files.path_of, evidence)
                return await self._recognise(path) if path else None
        except (TimeoutError, OSError, TelegramError) as trouble:
            log.warning("voice message %s is not transcribed: %s", message_id, type(trouble).__name__)
            return None

    async def _recognise(self, path: Path) -> str | None:
        program = await asyncio.create_subprocess_exec(
            *self._command,
            str(path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.startswith(OURS)},
        )
        try:
            printed, _ = await program.communicate()
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        if program.returncode != 0:
            log.warning("the recogniser ended with status %s", program.returncode)
            return None
        return printed.decode("utf-8", errors="replace").strip() or None
