"""Running the parts of Tideover in one process, until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from tideover.engine import (
    EngineState,
    RasaServer,
    clear_away,
    code_version,
    forget_state,
    free_port,
    is_current,
    is_healthy,
    read_state,
    write_state,
)
from tideover.http import http_server
from tideover.nlu_service import ensure_model
from tideover.settings import Settings, secret_file

log = logging.getLogger(__name__)

PARTS = ("gateway", "actions", "scheduler", "rasa")
WATCH_SECONDS = 2.0
Say = Callable[[str], None]


class Engine:
    """The Rasa server and the action server of this machine: started here, or found running and shared.

    `alone` says that this process runs nothing else, so that a newer engine may end it.
    """

    def __init__(self, settings: Settings, say: Say, *, alone: bool) -> None:
        self.settings, self.say, self.alone = settings, say, alone
        self.last_used = time.monotonic()
        self._token = secret_file(settings.engine_home / "actions.token")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep an engine running while the block runs: one that another process has, or else our own."""
        model = await asyncio.to_thread(ensure_model, self.settings, self.say)
        keeping = asyncio.create_task(self._keep(model))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self, model: Path) -> None:
        """Whenever there is no engine of today's code and model, start one; one that ends is followed by another."""
        borrowed = 0
        while True:
            state = read_state(self.settings)
            if state is not None and await is_healthy(state) and is_current(state, model):
                if state.pid != borrowed:
                    self.say(
                        f"using the dialogue engine that runs already (process {state.pid}) 使用已在运行的对话引擎"
                    )
                borrowed = state.pid
                await asyncio.sleep(WATCH_SECONDS)
                continue
            try:
                if state is not None:
                    await clear_away(state, self.say)
                await self._run_our_own(model)
            except Exception as trouble:
                log.error("dialogue engine: %s", trouble)
            await asyncio.sleep(WATCH_SECONDS)

    async def _run_our_own(self, model: Path) -> None:
        """Run the action server and Rasa until Rasa ends."""
        from actions.endpoint import action_app

        app = action_app(self._token, on_use=self._used)
        async with http_server(app, "127.0.0.1", free_port()) as actions_url:
            began = time.monotonic()
            rasa = RasaServer(self.settings, model, actions_url, self._token)
            try:
                rasa_pid = rasa.start()
                self.say("starting Rasa (about 40 seconds) 正在启动 Rasa（约 40 秒）")
                await rasa.ready()
                ours = EngineState(
                    rasa.url, actions_url, str(model), code_version(), os.getpid(), rasa_pid, self.alone
                )
                write_state(self.settings, ours)
                self.say(f"Rasa is ready after {time.monotonic() - began:.0f} s Rasa 已就绪")
                while rasa.runs():
                    await asyncio.sleep(WATCH_SECONDS)
                self.say("Rasa ended; starting it again Rasa 已退出，正在重新启动")
            finally:
                forget_state(self.settings, os.getpid())
                await asyncio.to_thread(rasa.stop)

    def _used(self) -> None:
        self.last_used = time.monotonic()


async def until_stopped(engine: Engine | None, idle_minutes: float | None) -> None:
    """Wait for SIGINT or SIGTERM, or until the engine has not been used for `idle_minutes`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=5)
        if engine and idle_minutes and time.monotonic() - engine.last_used > idle_minutes * 60:
            return


async def serve(
    settings: Settings, parts: Iterable[str], *, say: Say, idle_minutes: float | None = None
) -> None:
    """Run `parts` until a signal ends the process."""
    wanted = set(parts)
    async with contextlib.AsyncExitStack() as running:
        alone = wanted <= {"rasa", "actions"}
        engine = Engine(settings, say, alone=alone) if wanted & {"rasa", "actions"} else None
        if engine is not None:
            await running.enter_async_context(engine.running())
        if wanted & {"gateway", "scheduler"}:
            from tideover.front import front

            await running.enter_async_context(front(settings, wanted, say))
        await until_stopped(engine, idle_minutes)
        say("stopping 正在停止")
