"""Making sure that the dialogue engine runs, for commands that only want to talk."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable

from tideover.engine import (
    START_SECONDS,
    EngineError,
    EngineState,
    clear_away,
    is_current,
    is_healthy,
    read_state,
)
from tideover.nlu_service import ensure_model
from tideover.settings import ROOT, Settings

IDLE_MINUTES = 30


async def ensure_engine(settings: Settings, say: Callable[[str], None]) -> EngineState:
    """Return the running engine, starting one in the background if there is none.

    One that is started here stays, for the next command, until nobody has used it for half an hour. Raises EngineError
    when it does not come up.
    """
    model = await asyncio.to_thread(ensure_model, settings, say)
    state = read_state(settings)
    if state is not None and await is_healthy(state):
        if is_current(state, model):
            return state
        await clear_away(state, say)
    log = settings.engine_home / "engine.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "tideover",
        "serve",
        "--only",
        "rasa,actions",
        "--idle-minutes",
        str(IDLE_MINUTES),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    say("starting the dialogue engine, about 40 seconds the first time 正在启动对话引擎，首次约 40 秒")
    began = time.monotonic()
    while time.monotonic() - began < START_SECONDS:
        state = read_state(settings)
        if state is not None and is_current(state, model) and await is_healthy(state):
            say(f"ready after {time.monotonic() - began:.0f} s; it goes on running in the background 已就绪")
            return state
        if process.poll() is not None:
            raise EngineError(
                f"the dialogue engine ended with status {process.returncode}; see {log} 对话引擎启动失败"
            )
        await asyncio.sleep(0.5)
    raise EngineError(
        f"the dialogue engine did not start within {START_SECONDS} s; see {log} 对话引擎启动超时"
    )
