"""The borrower wants to pay, without a day or an amount yet."""

from __future__ import annotations

from actions.ask_again import ask_again
from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionWilling(BorrowerAction):
    """Thank them and ask when and how much; while something waits for a yes, ask for that."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        if turn.entity("date") or turn.entity("amount"):
            return "action_promise"
        if turn.pending.get("kind") in ("confirm_agreement", "confirm_promise"):
            ask_again(turn)
            return None
        turn.ask("promise_details")
        turn.say(
            "willing",
            buttons=[
                turn.button("button_how_to_pay", "ask_how_to_pay"),
                turn.button("button_relief", "ask_extension"),
            ],
        )
        return None
