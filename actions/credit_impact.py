"""What lateness means for the credit record."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionCreditImpact(BorrowerAction):
    """Explain in general; a judgement on one's own record is a colleague's."""

    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        turn.say("credit_impact", buttons=[turn.button("button_human", "ask_human")])
        return None
