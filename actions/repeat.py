"""Say it again."""

from __future__ import annotations

from sqlalchemy import select

from actions.base import BorrowerAction
from conversations.models import OutboxMessage
from conversations.outbox import Message
from conversations.turn import Turn


class ActionRepeat(BorrowerAction):
    """Send the last answer again, with its words as they were; the pending question stays pending."""

    allowed_in_crisis = True

    def answer(self, turn: Turn) -> str | None:
        mine = OutboxMessage.conversation_id == turn.conversation.id
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
            turn.messages.append(Message(row.text or "", row.template, choices, row.picture))
        return None
