"""What staff do in a conversation besides taking and giving back control: look, speak, clear locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case as when
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from conversations import identity
from conversations.control import ControlError, describe, find
from conversations.models import Conversation, InboundMessage, OutboxMessage
from conversations.outbox import Message, enqueue
from conversations.suppression import lift
from loans.models import Borrower, Case
from storage.base import new_id
from transcripts import log

TEMPLATE = "staff"
LONGEST_MESSAGE = 4000
NEED = {"crisis": 0, "requested": 1, "active": 2}


@dataclass(frozen=True)
class Glance:
    """A conversation in a list, its borrower's reference, and when the borrower last wrote."""

    conversation: Conversation
    borrower_ref: str | None
    last_heard_at: datetime | None


def glances(session: Session, limit: int) -> Sequence[Glance]:
    """Return conversations: a crisis first, then who asked for a person, then those a person has, then the newest."""
    heard = (
        select(InboundMessage.conversation_id, func.max(InboundMessage.received_at).label("at"))
        .group_by(InboundMessage.conversation_id)
        .subquery()
    )
    need = when(NEED, value=Conversation.handover, else_=len(NEED))
    found = session.execute(
        select(Conversation, Borrower.ref, heard.c.at)
        .outerjoin(Borrower, Borrower.id == Conversation.borrower_id)
        .outerjoin(heard, heard.c.conversation_id == Conversation.id)
        .order_by(need, func.coalesce(heard.c.at, Conversation.created_at).desc(), Conversation.id)
        .limit(limit)
    )
    return [Glance(*row) for row in found]


def named(session: Session, start: str) -> str:
    """Return the id of the conversation that begins with `start`. Raises ControlError unless there is exactly one."""
    found = session.scalars(
        select(Conversation.id).where(Conversation.id.startswith(start, autoescape=True)).limit(2)
    ).all()
    if not start or not found:
        raise ControlError(
            f"there is no conversation {start!r}; see tideover control list "
            "没有这个会话，请用 tideover control list 查看"
        )
    if len(found) > 1:
        raise ControlError(
            f"more than one conversation begins with {start}; write more of its id 有多个会话以此开头，请多写几位"
        )
    return found[0]


def say(
    session: Session,
    conversation_id: str,
    text: str,
    *,
    owner: str,
    at: datetime,
    seen_epoch: int | None = None,
    key: str | None = None,
) -> OutboxMessage:
    """Put a person's words into the outbox, under the present control epoch. The same `key` again says it once.

    Raises ControlError unless `owner` is in control (and, when given, has been since `seen_epoch`), and ValueError
    for a text that is empty or longer than 4000 characters.
    """
    if not text.strip() or len(text) > LONGEST_MESSAGE:
        raise ValueError(
            f"write 1 to {LONGEST_MESSAGE} characters, not {len(text)} 请写 1 到 {LONGEST_MESSAGE} 个字"
        )
    conversation = find(session, conversation_id)
    check_epoch(conversation, seen_epoch)
    if conversation.control != "human" or conversation.owner != owner:
        raise ControlError(
            f"{owner} is not in control of {conversation_id}; {describe(conversation)}. "
            f"Take it first: tideover control take {conversation_id[:8]} --by {owner} 请先接管会话"
        )
    return enqueue(
        session,
        conversation,
        Message(text, TEMPLATE),
        dedupe_key=f"staff:{conversation_id}:{key or new_id()}",
        lane="staff",
        at=at,
        actor=owner,
    )


def unsent(session: Session, conversation_id: str) -> int:
    """Count what people have said in a conversation that has not left yet; giving it back would withhold it."""
    return (
        session.scalar(
            select(func.count(OutboxMessage.id)).where(
                OutboxMessage.conversation_id == conversation_id,
                OutboxMessage.lane == "staff",
                OutboxMessage.status.in_(("pending", "leased", "sending")),
            )
        )
        or 0
    )


def check_epoch(conversation: Conversation, seen_epoch: int | None) -> None:
    """Raise ControlError when control has changed since `seen_epoch`; None accepts whatever it is."""
    if seen_epoch is not None and conversation.control_epoch != seen_epoch:
        raise ControlError(
            f"control has changed since epoch {seen_epoch}; {describe(conversation)}. Look again, then decide. "
            f"控制权已变化，请重新查看后再决定"
        )


def unlock(session: Session, borrower: Borrower, *, by: str, at: datetime) -> bool:
    """Let a borrower try the identity check again, and log it in each of their chats; False when nothing was locked."""
    session.refresh(borrower, with_for_update=True)
    if not identity.is_locked(session, borrower.id):
        return False
    identity.clear_lock(session, borrower.id, at)
    _log_everywhere(
        session, borrower, "identity_unlocked", by, at, {"wrong_tries_allowed": identity.WRONG_TRIES_ALLOWED}
    )
    return True


def lift_suppression(session: Session, borrower: Borrower, reason: str, *, by: str, at: datetime) -> bool:
    """Let reminders go to a borrower again as far as `reason` goes; False when it does not stand.

    Lifting the borrower's own stop needs the borrower's wish, which the caller has heard.
    """
    lifted = lift(session, borrower.id, reason, at)
    if reason in ("stop_contact", "opted_out") and borrower.opted_out:
        borrower.opted_out = False
        lifted = True
    if lifted:
        _log_everywhere(session, borrower, "suppression_lifted", by, at, {"reason": reason})
    return lifted


def close_case(
    session: Session, borrower: Borrower, kind: str, *, by: str, at: datetime, note: str = ""
) -> bool:
    """Close the borrower's open case of a kind; False when none is open.

    With a crisis case the crisis ends: the chats may speak of business again, and reminders are no longer held for it.
    """
    case = session.scalar(
        select(Case).where(Case.borrower_id == borrower.id, Case.kind == kind, Case.status == "open")
    )
    if case is None:
        return False
    case.status, case.closed_at = "closed", at
    if kind == "crisis":
        lift(session, borrower.id, "crisis", at)
        session.execute(
            update(Conversation)
            .where(Conversation.borrower_id == borrower.id, Conversation.handover == "crisis")
            .values(handover=None)
        )
    _log_everywhere(session, borrower, "case_closed", by, at, {"case": case.id, "kind": kind, "note": note})
    return True


def _log_everywhere(
    session: Session, borrower: Borrower, kind: str, by: str, at: datetime, fields: dict[str, int | str]
) -> None:
    chats = session.scalars(
        select(Conversation.id).where(Conversation.borrower_id == borrower.id).order_by(Conversation.id)
    )
    for conversation_id in chats.all():
        log.append(
            session,
            conversation_id=conversation_id,
            kind=kind,
            actor_role="staff",
            actor=by,
            occurred_at=at,
            subject_id=str(borrower.id),
            fields=fields,
        )
