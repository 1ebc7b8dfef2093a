"""What lateness means for the credit record."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.wishes import wish_of
from conversations.turn import Turn


class ActionCreditImpact(BorrowerAction):
    """Explain in general; a judgement on one's own record is a colleague's. A wish not to be reported is looked at."""

    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        if wish_of(turn):
            return "action_offer_relief"
        turn.say("credit_impact", buttons=[turn.button("button_human", "ask_human")])
        return None
