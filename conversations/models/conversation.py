"""A conversation, what came in, the buttons we issued, and the actions that have run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, new_id
from storage.types import UtcDateTime


class Conversation(Base):
    """One chat on one channel.

    `control` says who answers: the bot, a person (`owner`), or nobody. Every change of control raises `control_epoch`;
    what was begun under an older epoch may not be sent. `pending` is the question the bot has asked and waits on.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        CheckConstraint("control IN ('bot', 'human', 'closed')", name="control"),
        CheckConstraint("(control = 'human') = (owner IS NOT NULL)", name="owner"),
        CheckConstraint("handover IN ('requested', 'active', 'crisis')", name="handover"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(100))
    borrower_id: Mapped[int | None] = mapped_column(ForeignKey("borrower.id"), index=True)
    linked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    language: Mapped[str] = mapped_column(String(2), default="zh")
    language_pinned: Mapped[bool] = mapped_column(default=False)
    control: Mapped[str] = mapped_column(String(8), default="bot")
    owner: Mapped[str | None] = mapped_column(String(100))
    control_epoch: Mapped[int] = mapped_column(default=0)
    handover: Mapped[str | None] = mapped_column(String(10))
    pending: Mapped[dict[str, Any]] = mapped_column(default=dict)
    misses: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InboundMessage(Base):
    """One message from a borrower: what was written, what we read in it, and how far it has been handled.

    `update_key` is the channel's own number for it, so that a message delivered twice is handled once.
    `clock` is the time its turn reckons with; `explanation` is why the bot answered as it did.
    """

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("channel", "update_key"),
        CheckConstraint("status IN ('received', 'done', 'human', 'failed')", name="status"),
        Index("ix_inbound_message_waiting", "status", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    channel: Mapped[str] = mapped_column(String(16))
    update_key: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str | None] = mapped_column(String(2))
    entities: Mapped[list[Any]] = mapped_column(default=list)
    screen: Mapped[list[Any]] = mapped_column(default=list)
    explanation: Mapped[dict[str, Any]] = mapped_column(default=dict)
    clock: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    control_epoch: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(10), default="received")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Button(Base):
    """A button we showed. Its token says nothing; what pressing it means is kept here."""

    __tablename__ = "button"

    token: Mapped[str] = mapped_column(String(24), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    intent: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ActionRun(Base):
    """The record that an action has been done for a message. It is written with what the action did, or not at all."""

    __tablename__ = "action_run"

    message_id: Mapped[int] = mapped_column(ForeignKey("inbound_message.id"), primary_key=True)
    action: Mapped[str] = mapped_column(String(60), primary_key=True)
    follow_up: Mapped[str | None] = mapped_column(String(60))
