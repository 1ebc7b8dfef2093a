"""The clockwork: APScheduler only ticks. It holds no reminder, so a crash cannot lose one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from scheduler.dispatcher import Dispatcher
from scheduler.planner import plan
from scheduler.recovery import sweep

PLAN_EVERY = 600
DISPATCH_EVERY = 1
SWEEP_EVERY = 15


def build_ticks(dispatcher: Dispatcher) -> AsyncIOScheduler:
    """Return the scheduler, not yet started, of the three ticks: sweep, plan, dispatch. Each runs at once at the start.

    A tick that comes late is run, several that were missed are one, and none runs beside itself.
    """
    database, policy, clock = dispatcher.database, dispatcher.policy, dispatcher.clock

    async def sweep_tick() -> None:
        await asyncio.to_thread(sweep, database, clock())

    async def plan_tick() -> None:
        await asyncio.to_thread(plan, database, policy, clock())

    async def dispatch_tick() -> None:
        await dispatcher.dispatch_due(seconds=DISPATCH_EVERY * 0.9)

    ticks = AsyncIOScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    jobs: list[tuple[Callable[[], Awaitable[Any]], int]] = [
        (sweep_tick, SWEEP_EVERY),
        (plan_tick, PLAN_EVERY),
        (dispatch_tick, DISPATCH_EVERY),
    ]
    for job, seconds in jobs:
        ticks.add_job(job, "interval", seconds=seconds, next_run_time=datetime.now(UTC), id=job.__name__)
    return ticks


async def end_ticks(ticks: AsyncIOScheduler, dispatcher: Dispatcher) -> None:
    """Tick no more; return when what was being sent has been sent and acknowledged."""
    ticks.pause()
    await dispatcher.close()
    ticks.shutdown(wait=False)
