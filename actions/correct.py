"""The borrower corrects a figure."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionCorrect(BorrowerAction):
    """Understand the correction by what it can be about: an option, other months, a day or an amount."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        asked = turn.pending.get("kind")
        if turn.entity("duration"):
            return "action_offer_relief"
        if turn.entity("date") or turn.entity("amount"):
            return "action_promise"
        if asked in ("choose_option", "confirm_agreement") and turn.entity("option"):
            return "action_choose"
        turn.say("misunderstood", buttons=[turn.button("button_menu", "show_menu")])
        return None
