"""Who answers in a conversation. Taking over is a compare-and-set: of two who try, one wins and the other is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from conversations.models import Conversation, InboundMessage, OutboxMessage
from conversations.turn import close
from loans.models import Case
from transcripts import log


class ControlError(Exception):
    """Control is not as the caller believed; the message says how it is."""


def take_over(
    session: Session, conversation_id: str, *, owner: str, seen_epoch: int, at: datetime
) -> Conversation:
    """Give control to the person `owner`. Whatever the bot has not sent yet is cancelled.

    Raises ControlError when control has changed since `seen_epoch`.
    """
    conversation = _change(
        session, conversation_id, seen_epoch, control="human", owner=owner, handover="active"
    )
    withheld = session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.conversation_id == conversation_id,
            OutboxMessage.lane == "reply",
            OutboxMessage.status.in_(("pending", "leased")),
        )
        .values(status="cancelled", last_error="a person took over")
    )
    _log(session, conversation, "takeover", owner, at, withheld=getattr(withheld, "rowcount", 0))
    return conversation


def hand_back(
    session: Session, conversation_id: str, *, owner: str, seen_epoch: int, at: datetime
) -> Conversation:
    """Give control back to the bot; the question it had asked before is dropped. An open crisis case stays a crisis.

    Raises ControlError unless `owner` is in control and nothing changed since `seen_epoch`.
    """
    current = find(session, conversation_id)
    if current.control != "human" or current.owner != owner:
        raise ControlError(f"conversation {conversation_id} is not held by {owner}: {describe(current)}")
    kept = "crisis" if _crisis_is_open(session, current) else None
    conversation = _change(session, conversation_id, seen_epoch, control="bot", owner=None, handover=kept)
    conversation.pending = {}
    waiting = select(InboundMessage).where(
        InboundMessage.conversation_id == conversation_id, InboundMessage.status == "received"
    )
    for message in session.scalars(waiting):
        close(message, "human")
    _log(session, conversation, "handback", owner, at)
    return conversation


def _crisis_is_open(session: Session, conversation: Conversation) -> bool:
    mine = Case.conversation_id == conversation.id
    if conversation.borrower_id is not None:
        mine = or_(mine, Case.borrower_id == conversation.borrower_id)
    open_crisis = select(Case.id).where(mine, Case.kind == "crisis", Case.status == "open")
    return session.scalar(open_crisis.limit(1)) is not None


def find(session: Session, conversation_id: str) -> Conversation:
    """Return the conversation, locked until the transaction ends. Raises ControlError when there is none."""
    conversation = session.scalar(
        select(Conversation).where(Conversation.id == conversation_id).with_for_update()
    )
    if conversation is None:
        raise ControlError(f"there is no conversation {conversation_id}")
    return conversation


def describe(conversation: Conversation) -> str:
    """Say in one line who is in control."""
    by = f" by {conversation.owner}" if conversation.owner else ""
    return f"control is with: {conversation.control}{by}, epoch {conversation.control_epoch}"


def _change(session: Session, conversation_id: str, seen_epoch: int, **values: str | None) -> Conversation:
    changed = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.control_epoch == seen_epoch)
        .values(control_epoch=seen_epoch + 1, **values)
        .execution_options(synchronize_session=False)
    )
    conversation = session.get(Conversation, conversation_id, populate_existing=True)
    if conversation is None:
        raise ControlError(f"there is no conversation {conversation_id}")
    if getattr(changed, "rowcount", 0) != 1:
        raise ControlError(f"control changed meanwhile; {describe(conversation)}. Look again, then decide.")
    return conversation


def _log(
    session: Session, conversation: Conversation, kind: str, owner: str, at: datetime, **more: int
) -> None:
    log.append(
        session,
        conversation_id=conversation.id,
        kind=kind,
        actor_role="staff",
        actor=owner,
        occurred_at=at,
        fields={"control": conversation.control, "epoch": conversation.control_epoch, **more},
    )
