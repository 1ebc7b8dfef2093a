"""What lateness means for the credit record."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.request_words import asks_who_hears
from actions.wishes import wish_of
from conversations.turn import Turn


class ActionCreditImpact(BorrowerAction):
    """Explain in general; a judgement on one's own record is a colleague's. A wish not to be reported is looked at.

    Who asks whether others will hear of it, or whether somebody comes, is answered that instead."""

    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        if wish_of(turn):
            return "action_offer_relief"
        asks_who = asks_who_hears(str(turn.spoken.details.get("redacted") or ""))
        turn.say(
            "who_hears" if asks_who else "credit_impact", buttons=[turn.button("button_human", "ask_human")]
        )
        return None
