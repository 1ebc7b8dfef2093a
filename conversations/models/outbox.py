"""The outbox: every message that leaves is first a row here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UtcDateTime

STATES = ("pending", "leased", "sending", "sent", "dead", "expired", "cancelled", "uncertain")
LANES = ("reply", "staff", "reminder")
_PENDING = text("status = 'pending'")


class OutboxMessage(Base):
    """One message on its way out. `dedupe_key` makes planning it twice the same as planning it once.

    A reply carries its text and the control epoch it was written under; a reminder is rendered when it is sent.
    Lower `priority` goes first. `sending_at` is committed before the call to the channel: a row found in `sending`
    after a crash may have arrived, so it becomes `uncertain` and is not sent again by itself.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"status IN {STATES}", name="status"),
        CheckConstraint(f"lane IN {LANES}", name="lane"),
        CheckConstraint(
            "lane = 'reminder' OR (conversation_id IS NOT NULL AND log_entry_id IS NOT NULL)", name="reply"
        ),
        CheckConstraint(
            "lane <> 'reminder' OR (loan_id IS NOT NULL AND due_on IS NOT NULL)", name="reminder"
        ),
        CheckConstraint("status <> 'sent' OR log_entry_id IS NOT NULL", name="logged"),
        Index(
            "ix_outbox_pending",
            "priority",
            "not_before",
            "id",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    lane: Mapped[str] = mapped_column(String(10))
    priority: Mapped[int]
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(100))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_message.id"), index=True)
    control_epoch: Mapped[int | None]
    log_entry_id: Mapped[str | None] = mapped_column(ForeignKey("log_entry.id"))
    borrower_id: Mapped[int | None] = mapped_column(ForeignKey("borrower.id"), index=True)
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loan.id"), index=True)
    instalment_id: Mapped[int | None] = mapped_column(ForeignKey("instalment.id", ondelete="SET NULL"))
    due_on: Mapped[date | None]
    rule_id: Mapped[str | None] = mapped_column(String(60))
    template: Mapped[str] = mapped_column(String(60))
    text: Mapped[str | None] = mapped_column(Text)
    buttons: Mapped[list[Any]] = mapped_column(default=list)
    attachment: Mapped[dict[str, Any]] = mapped_column("picture", default=dict)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(10), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_epoch: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sending_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_message_id: Mapped[str | None] = mapped_column(String(64))
    last_error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SendAttempt(Base):
    """One call to a channel for an outbox row, and how it ended."""

    __tablename__ = "send_attempt"

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    lease_epoch: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(40))
