"""After a crash: what was being sent by a process that is gone is uncertain, what is too late has expired."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from conversations.models import OutboxMessage
from conversations.sending import Outcome
from scheduler.dispatcher import PROCESS
from scheduler.outcomes import finish
from scheduler.sql import PENDING, in_transaction, lock_conversations
from storage.engine import Database

CHUNK = 500


def sweep(database: Database, now: datetime) -> Counter[str]:
    """Put the outbox in order and return what was done, counted by the new state. Safe in every process at any time.

    A row found in `sending` whose lease has run out, or whose process on this machine is gone, may have arrived: it
    becomes `uncertain` and is not sent again by itself. A pending row past its time becomes `expired`.
    """
    counts: Counter[str] = Counter()
    counts["uncertain"] = in_transaction(database, lambda session: _give_up_lost(session, now))
    while done := in_transaction(database, lambda session: _expire(session, now)):
        counts["expired"] += done
    return +counts


def _give_up_lost(session: Session, now: datetime) -> int:
    sending = select(OutboxMessage).where(OutboxMessage.status == "sending")
    lost = [row for row in _locked(session, sending, _is_lost) if _is_lost(row)]
    for row in lost:
        row.lease_epoch += 1
        row.lease_owner = row.lease_until = None
        row.last_error = "the process sending it is gone"
        finish(session, row, "uncertain", Outcome("uncertain", error=row.last_error), now)
    return len(lost)


def _expire(session: Session, now: datetime) -> int:
    late = _locked(session, select(OutboxMessage).where(PENDING, OutboxMessage.expires_at <= now))
    for row in late:
        row.last_error = row.last_error or "its time has passed"
        finish(session, row, "expired", Outcome("refused", error="its time has passed"), now)
    return len(late)


def _locked(
    session: Session,
    wanted: Select[OutboxMessage],
    concerns: Callable[[OutboxMessage], bool] = lambda _: True,
) -> Sequence[OutboxMessage]:
    """Return some of the wanted rows as they are now, locked after their conversations, whose log is written."""
    ids = [row.id for row in session.scalars(wanted.limit(CHUNK)) if concerns(row)]
    lock_conversations(session, ids)
    still = wanted.where(OutboxMessage.id.in_(ids)).order_by(OutboxMessage.id)
    again = still.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return session.scalars(again).all() if ids else []


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
