"""Files that borrowers send: what arrived, what became of fetching it, and which cases it belongs to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, new_id
from storage.types import UtcDateTime

EVIDENCE_KINDS = ("photo", "document", "voice", "video")
FILE_OUTCOMES = ("kept", "too_big", "wrong_type", "gone")


class Evidence(Base):
    """A file in a message, as the channel announced it. Its fetching and its cases are rows of their own.

    `channel_file` is the channel's own id of it; `size` (bytes) and `media_type` are what the channel says, if it does.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(f"kind IN {EVIDENCE_KINDS}", name="kind"),
        Index("uq_evidence_message_id_channel_file", "message_id", "channel_file", unique=True),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("inbound_message.id"))
    kind: Mapped[str] = mapped_column(String(10))
    media_type: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None]
    channel_file: Mapped[str] = mapped_column(String(250))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EvidenceFile(Base):
    """What became of fetching a file: it is kept under `path` in the home, or stays a reference, and why.

    `sha256` is that of the content; the same content is kept once. `size` is in bytes.
    """

    __tablename__ = "evidence_file"
    __table_args__ = (
        CheckConstraint(f"outcome IN {FILE_OUTCOMES}", name="outcome"),
        CheckConstraint(
            "(outcome = 'kept') = (sha256 IS NOT NULL AND path IS NOT NULL AND size IS NOT NULL)", name="kept"
        ),
    )

    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(10))
    sha256: Mapped[str | None] = mapped_column(String(64))
    path: Mapped[str | None] = mapped_column(String(120))
    size: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class EvidenceCase(Base):
    """A file belongs to a case."""

    __tablename__ = "evidence_case"

    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("care_case.id"), primary_key=True, index=True)
    attached_at: Mapped[datetime] = mapped_column(UtcDateTime)
