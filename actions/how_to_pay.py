"""How to pay, by official routes only."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionHowToPay(BorrowerAction):
    """Name the official routes. This says nothing about a debt, so anyone may ask."""

    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        turn.say("how_to_pay")
        return None
