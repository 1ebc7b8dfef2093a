"""The borrower will not pay."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionRefusal(BorrowerAction):
    """Stay calm; offer other terms or a person."""

    def answer(self, turn: Turn) -> str | None:
        turn.ask("offer_relief")
        turn.say(
            "refusal",
            buttons=[turn.button("button_relief", "ask_extension"), turn.button("button_human", "ask_human")],
        )
        return None
