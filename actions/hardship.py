"""The borrower is in difficulty."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionHardship(BorrowerAction):
    """Sympathy first, a case for staff, then what can be done. Evidence is asked for later, never first."""

    def answer(self, turn: Turn) -> str | None:
        turn.say("hardship_heard")
        if turn.borrower is not None:
            turn.open_case("hardship", reason=turn.intent, details=turn.spoken.text[:500])
        return "action_offer_relief"
