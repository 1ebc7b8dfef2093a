"""The borrower corrects a figure."""

from __future__ import annotations

from actions.ask_again import ask_again
from actions.base import BorrowerAction
from actions.figures import CHOOSING, answered_by_figures
from conversations.turn import Turn


class ActionCorrect(BorrowerAction):
    """Understand the correction by what it can be about: a loan, an option, other months, a day or an amount."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        if answering := answered_by_figures(turn):
            return answering
        if turn.entity("duration"):
            return "action_offer_relief"
        if turn.entity("date") or turn.entity("amount"):
            return "action_promise"
        if turn.pending.get("kind") in CHOOSING:
            turn.say("which_months")
        elif not ask_again(turn):
            turn.say("misunderstood", buttons=[turn.button("button_menu", "show_menu")])
        return None
