"""The borrower says it has been paid."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn

PAUSE_DAYS = 3


class ActionAlreadyPaid(BorrowerAction):
    """Believe it for a few days: no reminders while a colleague checks."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        turn.settle()
        turn.suppress("already_paid", days=PAUSE_DAYS)
        turn.open_case("already_paid", details=turn.spoken.text[:500])
        turn.say("already_paid", days=str(PAUSE_DAYS))
        return None
