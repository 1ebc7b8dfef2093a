"""Running one action on one message in a test, as the action server does, without a dialogue model before it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from actions.base import BorrowerAction
from bot.incoming import Incoming
from bot.intake import take
from conversations.models import Conversation, OutboxMessage
from conversations.turn import Reading, run
from loans.models import Borrower
from storage.engine import Database
from tests.support.book import NOW


def open_chat(database: Database, ref: str, channel: str = "web") -> str:
    """Open a borrower's verified chat in English; returns the conversation's id."""
    with database.write() as session:
        borrower = session.scalars(select(Borrower).where(Borrower.ref == ref)).one()
        chat = Conversation(
            channel=channel,
            address=f"{channel}:{ref}",
            borrower_id=borrower.id,
            language="en",
            created_at=NOW,
            verified_at=NOW,
        )
        session.add(chat)
        session.flush()
        return chat.id


def pending(database: Database, conversation_id: str, **question: Any) -> None:
    """Set the question the bot has asked in a chat."""
    with database.write() as session:
        session.get_one(Conversation, conversation_id).pending = question


def asked(database: Database, conversation_id: str) -> dict[str, Any]:
    """The question the bot has asked in a chat."""
    with database.read() as session:
        return dict(session.get_one(Conversation, conversation_id).pending)


def says(
    database: Database,
    conversation_id: str,
    words: str,
    action: BorrowerAction,
    intent: str = "affirm",
    now: datetime = NOW,
) -> tuple[str | None, list[str]]:
    """Say `words` and have `action` answer; returns the action to follow, and the answers as "template: text"."""
    with database.read() as session:
        chat = session.get_one(Conversation, conversation_id)
        incoming = Incoming(chat.channel, chat.address, uuid4().hex, "text", text=words, clock=now)
    message = take(database, incoming).message_id
    follow_up = run(database, message, action.name(), Reading(intent), action._handle)
    with database.read() as session:
        rows = session.scalars(
            select(OutboxMessage).where(OutboxMessage.message_id == message).order_by(OutboxMessage.id)
        )
        return follow_up, [f"{row.template}: {row.text}" for row in rows]
