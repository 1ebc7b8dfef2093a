"""The tables of the conversation log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, new_id
from storage.types import UtcDateTime


class LogSequence(Base):
    """The next sequence number of a conversation. The row lock it takes is the one a turn holds anyway."""

    __tablename__ = "log_sequence"

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    next_seq: Mapped[int]


class LogEntry(Base):
    """One thing that happened in a conversation. Rows are only ever added; database triggers refuse anything else.

    `header` is the canonical text that will be hashed: it holds no name, number or word of anybody.
    `payload` holds the fields themselves, `keys` the random key each field is committed to with.
    """

    __tablename__ = "log_entry"
    __table_args__ = (UniqueConstraint("conversation_id", "conv_seq"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(String(32))
    conv_seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(30), index=True)
    actor: Mapped[str] = mapped_column(String(40))
    actor_role: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[str | None] = mapped_column(String(64), index=True)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    header: Mapped[bytes] = mapped_column(LargeBinary)
    payload: Mapped[dict[str, Any]]
    keys: Mapped[dict[str, Any]]
    idem_key: Mapped[str | None] = mapped_column(String(120), unique=True)
