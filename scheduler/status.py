"""Where the reminders stand: every planned one is in exactly one state, so the states add up to what was planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from conversations.models import OutboxMessage
from conversations.models.outbox import STATES
from scheduler.sql import PENDING
from storage.engine import Database

LISTED = 100


@dataclass(frozen=True)
class Uncertain:
    """A reminder of which nobody knows whether it arrived."""

    outbox_id: int
    rule: str
    channel: str
    sending_at: datetime | None
    error: str


@dataclass(frozen=True)
class Status:
    """Counts of reminders by state, over all and by stage; the oldest uncertain ones one by one."""

    planned: int
    states: dict[str, int]
    rules: dict[str, dict[str, int]]
    next_at: datetime | None
    uncertain: list[Uncertain]


def status(database: Database) -> Status:
    """Return where all reminders stand. `next_at` is when the next pending one is due, in UTC."""
    reminder = OutboxMessage.lane == "reminder"
    with database.read() as session:
        counts = session.execute(
            select(OutboxMessage.rule_id, OutboxMessage.status, func.count())
            .where(reminder)
            .group_by(OutboxMessage.rule_id, OutboxMessage.status)
        ).all()
        next_at = session.scalar(select(func.min(OutboxMessage.not_before)).where(reminder, PENDING))
        unsure = [
            Uncertain(row.id, row.rule_id or "", row.channel, row.sending_at, row.last_error or "")
            for row in session.scalars(
                select(OutboxMessage)
                .where(reminder, OutboxMessage.status == "uncertain")
                .order_by(OutboxMessage.id)
                .limit(LISTED)
            )
        ]
    rules = {
        rule or "": dict.fromkeys(STATES, 0) for rule, _, _ in sorted(counts, key=lambda row: row[0] or "")
    }
    for rule, state, count in counts:
        rules[rule or ""][state] = count
    states = {state: sum(by_state[state] for by_state in rules.values()) for state in STATES}
    return Status(
        planned=sum(count for _, _, count in counts),
        states=states,
        rules=rules,
        next_at=next_at,
        uncertain=unsure,
    )
