"""Say it again."""

from __future__ import annotations

from sqlalchemy import and_, select

from actions.base import BorrowerAction
from actions.identity import ask_identity
from conversations.models import OutboxMessage
from conversations.outbox import Message
from conversations.turn import Turn


class ActionRepeat(BorrowerAction):
    """Send the last answer again, with its words as they were; the pending question stays pending.

    Only to whom it was said: not to the chat's next owner, and not once the identity check is too old.
    """

    allowed_in_crisis = True

    def answer(self, turn: Turn) -> str | None:
        if turn.conversation.verified_at is not None and not turn.verified:
            ask_identity(turn)
            return None
        mine = and_(
            OutboxMessage.conversation_id == turn.conversation.id,
            OutboxMessage.borrower_id == turn.conversation.borrower_id,
        )
        last = turn.session.scalar(
            select(OutboxMessage.message_id)
            .where(mine, OutboxMessage.lane == "reply", OutboxMessage.message_id != turn.message.id)
            .order_by(OutboxMessage.id.desc())
            .limit(1)
        )
        if last is None:
            turn.say("nothing_to_repeat")
            return None
        again = turn.session.scalars(
            select(OutboxMessage).where(mine, OutboxMessage.message_id == last).order_by(OutboxMessage.id)
        )
        for row in again:
            choices = [turn.reissue(button["payload"]) for button in row.buttons]
            turn.messages.append(Message(row.text or "", row.template, choices, row.attachment))
        return None
