"""Taking a message in: once per update, logged as it was written, read for language, danger, amounts and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.danger import look_for_danger
from bot.entities.choices import find_choice
from bot.entities.resolve import resolve
from bot.incoming import Incoming
from bot.language import detect_language
from bot.normalise import clean, normalise
from bot.redaction import redact
from conversations.evidence import asked_what_it_is, note_file
from conversations.identity import is_verified
from conversations.models import Button, Conversation, InboundMessage
from conversations.suppression import lift
from conversations.turn import CRISES, SCREENED_INTENTS
from loans.models import Borrower, Loan
from policies.lender import lender
from storage.engine import Database
from transcripts import log

DEFAULT_TIMEZONE = "Asia/Shanghai"
DEFAULT_CURRENCY = "CNY"
SECRET_LIMIT = 100
STORED_TEXT_LIMIT = 20_000
BARE_COMMAND = re.compile(r"/[a-z_]+")  # /menu and /stop are written so in every language


@dataclass(frozen=True)
class Taken:
    """A message that is safely in: its number, its conversation, and whether it was there already."""

    message_id: int
    conversation_id: str
    is_new: bool


def take(db: Database, incoming: Incoming) -> Taken:
    """Store an incoming message and log it, in one transaction. The same update again gives the same answer."""
    try:
        with db.write() as session:
            return _take(session, incoming)
    except IntegrityError:  # two deliveries of one update at once: the other one stored it
        with db.write() as session:
            return _take(session, incoming)


def add_words(db: Database, message_id: int, words: str | None) -> None:
    """Take in, once, what a recogniser heard in a voice message, as if typed; None when it heard nothing."""
    with db.write() as session:
        message = session.get_one(InboundMessage, message_id)
        conversation = session.get_one(Conversation, message.conversation_id, with_for_update=True)
        session.refresh(message)
        if "transcribed" in message.details:
            return
        message.details = {**message.details, "transcribed": bool(words)}
        if not words:
            return
        message.text = clean(words)[:STORED_TEXT_LIMIT]
        _understand(session, conversation, message, words)
        message.language = conversation.language
        log.append(
            session,
            conversation_id=conversation.id,
            kind="transcribed",
            actor_role="system",
            occurred_at=message.clock,
            subject_id=str(message.id),
            fields={"text": message.text, "screen": message.screen},
        )


def _take(session: Session, incoming: Incoming) -> Taken:
    seen = session.scalar(
        select(InboundMessage).where(
            InboundMessage.channel == incoming.channel, InboundMessage.update_key == incoming.update_key
        )
    )
    if seen is not None:
        return Taken(seen.id, seen.conversation_id, is_new=False)
    received_at = datetime.now(UTC)
    clock = incoming.clock or received_at
    conversation = find_or_open(session, incoming, clock)
    _reached_again(session, conversation, clock)
    text = clean(incoming.text)[:STORED_TEXT_LIMIT]
    message = InboundMessage(
        conversation_id=conversation.id,
        channel=incoming.channel,
        update_key=incoming.update_key,
        kind=incoming.kind,
        text=text,
        details=dict(incoming.details),
        clock=clock,
        received_at=received_at,
        control_epoch=conversation.control_epoch,
    )
    if incoming.kind == "button":
        _press(session, conversation, message)
    elif incoming.kind in ("text", "edited", "media"):
        if incoming.kind == "text" and asked_what_it_is(session, conversation.id):
            message.details = {**message.details, "about_a_file": True}
        _understand(session, conversation, message, incoming.text)
    else:
        message.text = ""
        message.details = {**message.details, "secret": clean(incoming.text)[:SECRET_LIMIT]}
    message.language = conversation.language
    session.add(message)
    session.flush()
    log.append(
        session,
        conversation_id=conversation.id,
        kind="message_in",
        actor_role="borrower",
        occurred_at=clock,
        subject_id=str(message.id),
        fields={
            "text": message.text,
            "kind": incoming.kind,
            "media": str(incoming.details.get("media", "")),
            "screen": message.screen,
            "channel": incoming.channel,
        },
    )
    if incoming.kind == "media":
        note_file(session, message)
    return Taken(message.id, conversation.id, is_new=True)


def _reached_again(session: Session, conversation: Conversation, clock: datetime) -> None:
    """Whoever writes from their own chat can be reached again."""
    borrower_id = conversation.borrower_id
    if borrower_id is not None and lift(session, borrower_id, "unreachable", clock):
        log.append(
            session,
            conversation_id=conversation.id,
            kind="suppression_lifted",
            actor_role="system",
            occurred_at=clock,
            subject_id=str(borrower_id),
            fields={"reason": "unreachable"},
        )


def find_or_open(session: Session, incoming: Incoming, clock: datetime) -> Conversation:
    """Return the chat's conversation, locked until the transaction ends; a first message opens it."""
    conversation = session.scalar(
        select(Conversation)
        .where(Conversation.channel == incoming.channel, Conversation.address == incoming.address)
        .with_for_update()
    )
    if conversation is None:
        conversation = Conversation(
            channel=incoming.channel,
            address=incoming.address,
            language=incoming.language if incoming.language in ("zh", "en") else "zh",
            created_at=clock,
        )
        session.add(conversation)
        session.flush()
    return conversation


def _press(session: Session, conversation: Conversation, message: InboundMessage) -> None:
    """A button means what it was issued for, in the chat it was issued in; anything else means nothing."""
    button = session.get(Button, message.text)
    if button is None or button.conversation_id != conversation.id:
        message.text, message.details = "", {**message.details, "unknown_button": True}
    else:
        message.text = button.title
        message.details = {**message.details, "intent": button.intent, "arguments": dict(button.arguments)}
        message.screen = [
            c for c, meant in SCREENED_INTENTS.items() if meant == button.intent and meant in CRISES
        ]


def _understand(session: Session, conversation: Conversation, message: InboundMessage, written: str) -> None:
    _read(session, conversation, message)
    heard = look_for_danger(written)  # all of it, however long
    message.screen = list(heard.certain)
    message.details = {**message.details, "suspected": list(heard.suspected)}


def _read(session: Session, conversation: Conversation, message: InboundMessage) -> None:
    borrower = session.get(Borrower, conversation.borrower_id) if conversation.borrower_id else None
    normal = normalise(message.text)
    if not conversation.language_pinned and not BARE_COMMAND.fullmatch(message.text.strip()):
        conversation.language = detect_language(message.text, conversation.language)
    hidden = redact(
        message.text,
        names=[borrower.name] if borrower else [],
        expecting_identity=_may_be_identity(conversation, message.clock),
    )
    zone = borrower.timezone if borrower else DEFAULT_TIMEZONE
    currency = _currency(borrower.loans, conversation.pending.get("loan")) if borrower else DEFAULT_CURRENCY
    found = resolve(
        hidden.text,
        now=message.clock.astimezone(ZoneInfo(zone)),
        timezone=zone,
        currency=currency,
        language=conversation.language,
    )
    entities: list[dict[str, Any]] = [
        {"type": e.type, "text": e.text, "value": e.value, "unclear": e.unclear} for e in found
    ]
    said = hidden.text.casefold()
    refs = [loan.ref for loan in borrower.loans if loan.ref.casefold() in said] if borrower else []
    entities += [{"type": "loan", "text": ref, "value": ref, "unclear": None} for ref in refs]
    choice = find_choice(normal)
    if choice is not None:
        entities.append({"type": "option", "text": choice.text, "value": choice.number, "unclear": None})
    entities += [
        {"type": "id_suffix", "text": "[ID]", "value": item.value, "unclear": None}
        for item in hidden.found
        if item.kind == "ID" and item.value
    ]
    message.entities = entities
    message.details = {**message.details, "redacted": harmless(normalise(hidden.text))}
    if any(item.kind == "ID" for item in hidden.found):
        message.text = hidden.text


def _currency(loans: list[Loan], asked_about: str | None) -> str:
    """Return the currency of the loan the bot has asked about, or else of the first: what a bare number means."""
    return next((loan.currency for loan in loans if loan.ref == asked_about), None) or (
        loans[0].currency if loans else DEFAULT_CURRENCY
    )


def _may_be_identity(conversation: Conversation, now: datetime) -> bool:
    """Tell whether four bare characters would be somebody's ID: asked for, or sent before the question could be put."""
    question = conversation.pending.get("kind") or "none"
    verified = is_verified(conversation, now, lender().identity_hours)
    return question == "identity" or (question == "none" and not verified)


def harmless(text: str) -> str:
    """Return text that Rasa cannot take for a command: nothing it obeys is left at the beginning."""
    return text.lstrip("/／\\ \t\n").strip()
