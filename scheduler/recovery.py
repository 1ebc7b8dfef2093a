"""After a crash: what was being sent by a process that is gone is uncertain, what is too late has expired."""

from __future__ import annotations

import os
import socket
from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations.models import OutboxMessage
from conversations.sending import Outcome
from scheduler.dispatcher import PROCESS
from scheduler.outcomes import finish
from scheduler.sql import PENDING
from storage.engine import Database

CHUNK = 500


def sweep(database: Database, now: datetime) -> Counter[str]:
    """Put the outbox in order and return what was done, counted by the new state. Safe in every process at any time.

    A row found in `sending` whose lease has run out, or whose process on this machine is gone, may have arrived: it
    becomes `uncertain` and is not sent again by itself. A pending row past its time becomes `expired`.
    """
    counts: Counter[str] = Counter()
    with database.write() as session:
        for row in _sending(session):
            if _is_lost(row):
                row.lease_epoch += 1
                row.lease_owner = row.lease_until = None
                row.last_error = "the process sending it is gone"
                finish(session, row, "uncertain", Outcome("uncertain", error=row.last_error), now)
                counts["uncertain"] += 1
    while done := _expire(database, now):
        counts["expired"] += done
    return counts


def _sending(session: Session) -> list[OutboxMessage]:
    found = select(OutboxMessage).where(OutboxMessage.status == "sending").order_by(OutboxMessage.id)
    return list(session.scalars(found.with_for_update(skip_locked=True)))


def _is_lost(row: OutboxMessage) -> bool:
    if row.lease_until is None or row.lease_until <= datetime.now(UTC):
        return True
    host, pid, process = (row.lease_owner or "::").rsplit(":", 2)
    if host != socket.gethostname()[:40]:
        return False
    return process != PROCESS if pid == str(os.getpid()) else not _runs(int(pid or 0))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _expire(database: Database, now: datetime) -> int:
    with database.write() as session:
        late = session.scalars(
            select(OutboxMessage)
            .where(PENDING, OutboxMessage.expires_at <= now)
            .limit(CHUNK)
            .with_for_update(skip_locked=True)
        ).all()
        for row in late:
            row.last_error = row.last_error or "its time has passed"
            finish(session, row, "expired", Outcome("refused", error="its time has passed"), now)
        return len(late)
