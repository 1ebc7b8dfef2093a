"""The clockwork: APScheduler only ticks. It holds no reminder, so a crash cannot lose one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from conversations.agreement_ends import end_by_rule, expire_waiting
from policies.contact import ContactPolicy
from scheduler.dispatcher import Dispatcher
from scheduler.planner import plan
from scheduler.recovery import sweep
from storage.engine import Database

PLAN_EVERY = 600
DISPATCH_EVERY = 1
SWEEP_EVERY = 15


def plan_the_day(database: Database, policy: ContactPolicy, now: datetime) -> None:
    """End the agreements nobody decided on in time, those kept to the end and those not kept; plan what is due."""
    expire_waiting(database, now)
    end_by_rule(database, now)
    plan(database, policy, now)


class Ticks:
    """The three ticks: sweep, plan, dispatch. Each runs at once at the start.

    A tick that comes late is run, several that were missed are one, and none runs beside itself.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher
        self.clockwork = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._running: set[asyncio.Task[Any]] = set()
        database, policy, clock = dispatcher.database, dispatcher.policy, dispatcher.clock
        self._add(SWEEP_EVERY, "sweep", lambda: asyncio.to_thread(sweep, database, clock()))
        self._add(PLAN_EVERY, "plan", lambda: asyncio.to_thread(plan_the_day, database, policy, clock()))
        self._add(DISPATCH_EVERY, "dispatch", lambda: dispatcher.dispatch_due(seconds=DISPATCH_EVERY * 0.9))

    def start(self) -> None:
        """Begin to tick, in the event loop that runs."""
        self.clockwork.start()

    async def end(self) -> None:
        """Tick no more; return when the ticks that run are over and what was being sent is acknowledged."""
        self.clockwork.pause()
        await self.dispatcher.close()
        await asyncio.gather(*self._running, return_exceptions=True)
        self.clockwork.shutdown(wait=False)

    def _add(self, seconds: int, name: str, work: Callable[[], Awaitable[Any]]) -> None:
        async def tick() -> None:
            task = asyncio.current_task()
            assert task is not None
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await work()

        self.clockwork.add_job(tick, "interval", seconds=seconds, next_run_time=datetime.now(UTC), id=name)
