"""Looking into the database of a conversation test: what was stored, said, logged and held back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conversations.models import InboundMessage, OutboxMessage, Suppression
from loans.models import Agreement, PromiseToPay, Quote, Schedule
from tests.support.talk import Talk
from transcripts.log import entries
from transcripts.models import LogEntry

# A loan's reference, an amount of money, or a day: what nobody may hear who has not shown who they are.
OF_A_DEBT = re.compile(
    r"L-(ZH|EN)-|[¥$]|CNY|\d\.\d\d|\d 元|\d{1,2}月\d{1,2}日|\b20[23]\d\b|贷款|欠款|\b(loan|debt|overdue)\b",
    re.IGNORECASE,
)


def messages(chat: Talk, session: Session) -> Sequence[InboundMessage]:
    """What the borrower wrote, in order."""
    mine = InboundMessage.conversation_id == chat.conversation(session).id
    return session.scalars(select(InboundMessage).where(mine).order_by(InboundMessage.id)).all()


def replies(chat: Talk, session: Session, status: str = "sent") -> list[str]:
    """What was said to the borrower and has this status, in order."""
    mine = OutboxMessage.conversation_id == chat.conversation(session).id
    rows = select(OutboxMessage).where(mine, OutboxMessage.lane == "reply", OutboxMessage.status == status)
    return [row.text or "" for row in session.scalars(rows.order_by(OutboxMessage.id))]


def templates(chat: Talk, session: Session, status: str = "sent") -> list[str]:
    """The names of the texts that were said and have this status, in order."""
    mine = OutboxMessage.conversation_id == chat.conversation(session).id
    rows = select(OutboxMessage.template).where(mine, OutboxMessage.status == status)
    return [template.partition("@")[0] for template in session.scalars(rows.order_by(OutboxMessage.id))]


def logged(chat: Talk, session: Session, kind: str = "") -> list[LogEntry]:
    """The log entries of the chat, or those of one kind, in order."""
    return [entry for entry in entries(session, chat.conversation(session).id) if kind in ("", entry.kind)]


def held_back(chat: Talk, session: Session) -> set[str]:
    """The standing reasons for which nothing proactive is sent to the borrower."""
    mine = Suppression.borrower_id == chat.borrower(session).id
    return set(session.scalars(select(Suppression.reason).where(mine, Suppression.lifted_at.is_(None))))


def nothing_changed(session: Session) -> bool:
    """Whether no loan in the whole book has a new agreement, promise or schedule."""
    counts = [session.scalar(select(func.count()).select_from(table)) for table in (Agreement, PromiseToPay)]
    newest = session.scalar(select(func.max(Schedule.version)))
    return counts == [0, 0] and newest == 1


def nothing_computed(session: Session) -> bool:
    """Whether, besides, not even a quote was made."""
    return nothing_changed(session) and session.scalar(select(func.count()).select_from(Quote)) == 0


def words_in(value: Any) -> Iterator[str]:
    """Every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from words_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_in(inner)


def holds(value: Any, wanted: str) -> bool:
    """Whether a JSON value has `wanted` in it as a word of its own; longer random identifiers do not count."""
    alone = re.compile(rf"(?<![0-9A-Za-z]){re.escape(wanted)}(?![0-9A-Za-z])", re.I)
    return any(alone.search(text) for text in words_in(value))
