"""Writing to the conversation log, and reading it back in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.base import new_id
from transcripts import canonical
from transcripts.models import LogEntry, LogSequence

ROLES = ("borrower", "bot", "staff", "system")


def append(
    session: Session,
    *,
    conversation_id: str,
    kind: str,
    actor_role: str,
    occurred_at: datetime,
    fields: Mapping[str, Any],
    actor: str = "",
    subject_id: str | None = None,
    idem_key: str | None = None,
) -> LogEntry:
    """Add one entry in the caller's transaction, so that it stands or falls with what it records.

    `fields` are JSON values (money as strings, times in ISO 8601). With an `idem_key` that is there already, the
    entry written first is returned and nothing is added. Raises ValueError for an unknown role or a naive time.
    """
    if actor_role not in ROLES:
        raise ValueError(f"actor_role must be one of {ROLES}, not {actor_role!r}")
    if occurred_at.tzinfo is None:
        raise ValueError(f"occurred_at must be aware, not {occurred_at!r}")
    if idem_key is not None:
        existing = session.scalar(select(LogEntry).where(LogEntry.idem_key == idem_key))
        if existing is not None:
            return existing
    entry_id, keys = new_id(), canonical.new_keys(fields)
    seq = _next_seq(session, conversation_id)
    entry = LogEntry(
        id=entry_id,
        conversation_id=conversation_id,
        conv_seq=seq,
        kind=kind,
        actor=actor,
        actor_role=actor_role,
        subject_id=subject_id,
        occurred_at=occurred_at,
        payload=dict(fields),
        keys=keys,
        idem_key=idem_key,
        header=canonical.header(
            entry_id=entry_id,
            conversation_id=conversation_id,
            conv_seq=seq,
            kind=kind,
            actor=actor,
            actor_role=actor_role,
            occurred_at=occurred_at,
            commitment=canonical.commitment(fields, keys),
        ),
    )
    session.add(entry)
    session.flush()
    return entry


def entries(session: Session, conversation_id: str) -> Sequence[LogEntry]:
    """Return a conversation's entries in the order they happened."""
    wanted = select(LogEntry).where(LogEntry.conversation_id == conversation_id).order_by(LogEntry.conv_seq)
    return session.scalars(wanted).all()


def _next_seq(session: Session, conversation_id: str) -> int:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    taken = (
        insert(LogSequence)
        .values(conversation_id=conversation_id, next_seq=1)
        .on_conflict_do_update(
            index_elements=[LogSequence.conversation_id], set_={"next_seq": LogSequence.next_seq + 1}
        )
        .returning(LogSequence.next_seq)
    )
    return int(session.execute(taken).scalar_one())
