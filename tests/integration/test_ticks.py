"""The clockwork: plan, sweep and dispatch by themselves."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from conversations.models import OutboxMessage
from policies.contact import contact_policy
from scheduler.dispatcher import Dispatcher
from scheduler.planner import plan
from scheduler.status import status
from scheduler.ticks import Ticks
from storage.engine import Database
from tests.support.reminder_book import DUE, Journal, add_borrower, add_loan, at


async def test_once_started_it_plans_sends_and_clears_up_after_a_crash(database: Database) -> None:
    with database.write() as session:
        for ref in ("B1", "B2"):
            add_loan(session, add_borrower(session, ref), f"of {ref}", [DUE])
    plan(database, contact_policy(), at(7))
    with database.write() as session:
        lost = session.query(OutboxMessage).filter_by(loan_id=1).one()
        lost.status, lost.lease_until = "sending", at(1) - timedelta(days=30)
        add_loan(session, add_borrower(session, "B3"), "planned by the tick", [DUE])
    journal = Journal()
    dispatcher = Dispatcher(database, {"telegram": journal}, clock=lambda: at(7))
    ticks = Ticks(dispatcher)
    ticks.start()
    manners = {
        (job.misfire_grace_time, job.coalesce, job.max_instances) for job in ticks.clockwork.get_jobs()
    }
    assert manners == {(None, True, 1)}
    try:
        async with asyncio.timeout(20):
            while status(database).states["sent"] < 2 or status(database).states["uncertain"] < 1:
                await asyncio.sleep(0.05)
    finally:
        await ticks.end()
    assert {delivery.address for delivery in journal.accepted} == {"chat-B2", "chat-B3"}
