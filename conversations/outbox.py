"""Putting a message into the outbox: the log entry and the row that refers to it, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations.models import Button, Conversation, OutboxMessage
from transcripts import log

PRIORITY = {"staff": 0, "reply": 1}


@dataclass(frozen=True)
class ButtonChoice:
    """A button to show: its title, and the intent and arguments that pressing it means."""

    title: str
    intent: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """Words that are ready to go, with where they came from, and what goes with them (`conversations.attachments`)."""

    text: str
    template: str
    buttons: Sequence[ButtonChoice] = ()
    attachment: Mapping[str, Any] = field(default_factory=dict)


def enqueue(
    session: Session,
    conversation: Conversation,
    message: Message,
    *,
    dedupe_key: str,
    lane: str,
    at: datetime,
    message_id: int | None = None,
    actor: str = "",
    because: Mapping[str, Any] | None = None,
) -> OutboxMessage:
    """Log `message` and put it into the outbox under the conversation's present control epoch.

    `because` is what led to it (intent, confidence, rules, action); it is kept in the log entry. `at` is the turn's
    clock, which may be fixed; sending goes by the real one. The same `dedupe_key` again gives back the first row.
    """
    existing = session.scalar(select(OutboxMessage).where(OutboxMessage.dedupe_key == dedupe_key))
    if existing is not None:
        return existing
    real_time = datetime.now(UTC)
    buttons = [_issue(session, conversation, choice, at) for choice in message.buttons]
    entry = log.append(
        session,
        conversation_id=conversation.id,
        kind="message_out",
        actor_role="staff" if lane == "staff" else "bot",
        actor=actor,
        occurred_at=at,
        idem_key=dedupe_key,
        fields={
            "text": message.text,
            "template": message.template,
            "language": conversation.language,
            "buttons": [choice.title for choice in message.buttons],
            "attachment": dict(message.attachment),
            "because": dict(because or {}),
        },
    )
    row = OutboxMessage(
        dedupe_key=dedupe_key,
        lane=lane,
        priority=PRIORITY[lane],
        channel=conversation.channel,
        address=conversation.address,
        conversation_id=conversation.id,
        message_id=message_id,
        control_epoch=conversation.control_epoch,
        log_entry_id=entry.id,
        borrower_id=conversation.borrower_id,
        template=message.template,
        text=message.text,
        buttons=buttons,
        attachment=dict(message.attachment),
        not_before=real_time,
        created_at=real_time,
    )
    session.add(row)
    session.flush()
    return row


def _issue(
    session: Session, conversation: Conversation, choice: ButtonChoice, at: datetime
) -> dict[str, str]:
    token = secrets.token_urlsafe(12)
    session.add(
        Button(
            token=token,
            conversation_id=conversation.id,
            intent=choice.intent,
            arguments=dict(choice.arguments),
            title=choice.title,
            created_at=at,
        )
    )
    return {"title": choice.title, "payload": token}
