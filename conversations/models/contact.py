"""May we talk with this person, and is it them? Links, identity checks and suppressions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, new_id
from storage.types import UtcDateTime

SUPPRESSION_REASONS = (
    "opted_out",
    "stop_contact",
    "wrong_person",
    "third_party",
    "dispute",
    "attorney",
    "bankruptcy",
    "deceased",
    "already_paid",
    "crisis",
    "human_control",
    "unreachable",
)
_STANDING = text("lifted_at IS NULL")


class LinkToken(Base):
    """A one-time deep link. Only the token's SHA-256 is kept."""

    __tablename__ = "link_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[str | None] = mapped_column(ForeignKey("conversation.id"))


class IdentityCheck(Base):
    """One try at the last characters of the ID. Five wrong ones in a row lock the borrower until staff clear them."""

    __tablename__ = "identity_check"
    __table_args__ = (CheckConstraint("outcome IN ('right', 'wrong', 'cleared')", name="outcome"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_message.id"), unique=True)
    outcome: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Suppression(Base):
    """A reason for which nothing proactive is sent to a borrower until it is lifted or has passed (`until`)."""

    __tablename__ = "suppression"
    __table_args__ = (
        CheckConstraint(f"reason IN {SUPPRESSION_REASONS}", name="reason"),
        Index(
            "uq_suppression_standing",
            "borrower_id",
            "reason",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"))
    reason: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
