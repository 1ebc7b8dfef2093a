"""What becomes of an outbox row after a call to its channel."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from conversations.models import Conversation, OutboxMessage, SendAttempt, Suppression
from conversations.sending import Outcome
from loans.models import ContactPoint
from scheduler.sql import insert_into
from storage.base import new_id
from transcripts import log

MOST_ATTEMPTS = 6
FIRST_PAUSE = timedelta(seconds=5)
FINAL = {"sent": "sent", "blocked": "dead", "refused": "dead", "uncertain": "uncertain"}


def settle(session: Session, row: OutboxMessage, outcome: Outcome, now: datetime) -> None:
    """Write down how a call went: a final state, or pending again.

    A retry waits 5 s, then twice as long each time; after six calls the row is dead. Being told to slow down is not
    an attempt: the whole channel waits as long as it said, which the caller sees to.
    """
    _end_attempt(session, row, outcome)
    row.lease_owner = row.lease_until = None
    row.last_error = outcome.error[:500] or None
    if outcome.kind == "rate_limited":
        row.status = "pending"
        return
    row.attempts += 1
    if outcome.kind == "blocked":
        _note_unreachable(session, row, now)
    if outcome.kind == "migrated" and outcome.new_address:
        _move(session, row, outcome.new_address)
    if outcome.kind in FINAL:
        finish(session, row, FINAL[outcome.kind], outcome, now)
    elif row.attempts >= MOST_ATTEMPTS:
        finish(session, row, "dead", outcome, now)
    else:
        row.status = "pending"
        if outcome.kind == "retry":
            row.not_before = now + FIRST_PAUSE * 2 ** (row.attempts - 1)


def finish(session: Session, row: OutboxMessage, status: str, outcome: Outcome, now: datetime) -> None:
    """Give a row its final state, and log how the message ended when the log has the message."""
    row.status = status
    if status == "sent":
        row.sent_at = now
        row.provider_message_id = (outcome.provider_message_id or "")[:64] or None
    if row.conversation_id is None or row.log_entry_id is None:
        return
    log.append(
        session,
        conversation_id=row.conversation_id,
        kind="delivery",
        actor_role="system",
        occurred_at=now,
        fields={
            "message": row.log_entry_id,
            "status": status,
            "outcome": outcome.kind,
            "error": outcome.error[:500],
            "provider_message_id": row.provider_message_id or "",
        },
    )


def _end_attempt(session: Session, row: OutboxMessage, outcome: Outcome) -> None:
    session.execute(
        update(SendAttempt)
        .where(SendAttempt.outbox_id == row.id, SendAttempt.number == row.lease_epoch)
        .values(ended_at=datetime.now(UTC), outcome=outcome.kind)
        .execution_options(synchronize_session=False)
    )


def _note_unreachable(session: Session, row: OutboxMessage, now: datetime) -> None:
    if row.borrower_id is None:
        return
    noted = insert_into(session, Suppression).values(
        id=new_id(), borrower_id=row.borrower_id, reason="unreachable", since=now
    )
    session.execute(noted.on_conflict_do_nothing())


def _move(session: Session, row: OutboxMessage, address: str) -> None:
    """Follow a chat to its new address, wherever the old one is kept; a chat that is there already stays."""
    old = row.address
    row.address = address
    there = session.query(Conversation).filter_by(channel=row.channel, address=address).first()
    if there is not None:
        return
    with contextlib.suppress(IntegrityError), session.begin_nested():  # a first message opened it this moment
        session.query(Conversation).filter_by(channel=row.channel, address=old).update({"address": address})
        session.query(ContactPoint).filter_by(kind=row.channel, value=old).update({"value": address})
