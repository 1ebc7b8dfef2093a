"""What the web chat shows of a conversation: its messages in the order they were said, and who is answering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from conversations import attachments
from conversations.models import Conversation, InboundMessage, OutboxMessage
from conversations.pictures import describe
from loans.agreements import AgreementError
from loans.documents.file import File
from storage.engine import Database
from transcripts.models import LogEntry

CHANNEL = "web"
PAGE = 200
SHOWN = ("sent", "uncertain")
VOICES = {"reply": "assistant", "staff": "colleague", "reminder": "reminder"}


def look(db: Database, address: str, after: int = 0) -> dict[str, Any]:
    """Return what was said in the conversation at `address` after place `after`, and where it stands.

    Places are the log's own numbers: without gaps, in the order of commits, so that whoever remembers the last one
    misses nothing. A reply has the place at which it was delivered; what was withheld has none. From 0 the newest 200
    messages are given; from elsewhere the next 200, and `more` tells whether there are others.
    """
    with db.read() as session:
        conversation = _find(session, address)
        if conversation is None:
            return {
                "messages": [],
                "cursor": 0,
                "more": False,
                "language": None,
                "waiting": False,
                "with": "assistant",
            }
        entries = _entries(session, conversation.id, after)
        return {
            "messages": _messages(session, conversation, entries),
            "cursor": max([after, *(entry.conv_seq for entry in entries)]),
            "more": bool(after) and len(entries) == PAGE,
            "language": conversation.language,
            "waiting": _is_waiting(session, conversation),
            "with": _who_answers(conversation),
        }


def attachment(db: Database, address: str, outbox_id: int, now: datetime) -> File | None:
    """Return what goes with a message shown in the conversation at `address`; None when nothing does (any more)."""
    with db.read() as session:
        row = session.scalar(
            select(OutboxMessage)
            .join(Conversation, Conversation.id == OutboxMessage.conversation_id)
            .where(
                OutboxMessage.id == outbox_id,
                OutboxMessage.status.in_(SHOWN),
                Conversation.channel == CHANNEL,
                Conversation.address == address,
            )
        )
        if row is None or not row.attachment:
            return None
        entry = session.get(LogEntry, row.log_entry_id)
        language = str(entry.payload.get("language", "zh")) if entry else "zh"
        try:
            return attachments.make(session, row.attachment, language, row.sent_at or now)
        except (LookupError, AgreementError):
            return None


def _find(session: Session, address: str) -> Conversation | None:
    return session.scalar(
        select(Conversation).where(Conversation.channel == CHANNEL, Conversation.address == address)
    )


def _entries(session: Session, conversation_id: str, after: int) -> Sequence[LogEntry]:
    wanted = select(LogEntry).where(
        LogEntry.conversation_id == conversation_id,
        LogEntry.conv_seq > after,
        LogEntry.kind.in_(("message_in", "delivery")),
    )
    if after:
        return session.scalars(wanted.order_by(LogEntry.conv_seq).limit(PAGE)).all()
    return session.scalars(wanted.order_by(LogEntry.conv_seq.desc()).limit(PAGE)).all()[::-1]


def _messages(
    session: Session, conversation: Conversation, entries: Sequence[LogEntry]
) -> list[dict[str, Any]]:
    said = [int(entry.subject_id or 0) for entry in entries if entry.kind == "message_in"]
    answered = [
        str(entry.payload.get("message"))
        for entry in entries
        if entry.kind == "delivery" and entry.payload.get("status") in SHOWN
    ]
    theirs = {
        row.id: row for row in session.scalars(select(InboundMessage).where(InboundMessage.id.in_(said)))
    }
    ours = {
        row.log_entry_id: row
        for row in session.scalars(
            select(OutboxMessage).where(
                OutboxMessage.log_entry_id.in_(answered), OutboxMessage.conversation_id == conversation.id
            )
        )
    }
    shown = []
    for entry in entries:
        if entry.kind == "message_in" and int(entry.subject_id or 0) in theirs:
            shown.append(_inbound(entry, theirs[int(entry.subject_id or 0)]))
        elif entry.kind == "delivery" and entry.payload.get("message") in ours:
            row = ours.pop(entry.payload["message"])
            shown.append(_outbound(session, conversation, entry, row))
    return shown


def _inbound(entry: LogEntry, row: InboundMessage) -> dict[str, Any]:
    """A message of the borrower's, as the log keeps it: without the characters that prove identity."""
    return {
        "place": entry.conv_seq,
        "id": f"in-{row.id}",
        "client_id": row.update_key.rpartition(":")[2],
        "voice": "you",
        "kind": row.kind,
        "text": str(entry.payload.get("text", "")).replace("[ID]", "••••"),
        "language": row.language,
        "at": row.received_at.isoformat(),
    }


def _outbound(
    session: Session, conversation: Conversation, entry: LogEntry, row: OutboxMessage
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "place": entry.conv_seq,
        "id": f"out-{row.id}",
        "voice": VOICES[row.lane],
        "text": row.text or "",
        "language": conversation.language,
        "at": (row.sent_at or row.created_at).isoformat(),
        "buttons": [{"title": button["title"], "token": button["payload"]} for button in row.buttons],
    }
    if row.attachment and attachments.is_picture(row.attachment):
        message["picture"] = {"url": f"/api/pictures/{row.id}", "alt": _alt(session, conversation, row)}
    elif row.attachment:
        title = attachments.title(row.attachment, conversation.language)
        message["file"] = {"url": f"/api/files/{row.id}", "title": title}
    return message


def _alt(session: Session, conversation: Conversation, row: OutboxMessage) -> str:
    try:
        return describe(session, row.attachment, conversation.language)
    except LookupError:
        return ""


def _is_waiting(session: Session, conversation: Conversation) -> bool:
    """Tell whether the assistant has yet to answer something."""
    waiting = exists().where(
        InboundMessage.conversation_id == conversation.id, InboundMessage.status == "received"
    )
    return conversation.control == "bot" and bool(session.scalar(select(waiting)))


def _who_answers(conversation: Conversation) -> str:
    if conversation.control == "human":
        return "person"
    if conversation.control == "closed":
        return "closed"
    return "asked" if conversation.handover else "assistant"
