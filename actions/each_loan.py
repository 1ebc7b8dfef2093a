"""What is told of every open loan, one after the other."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.wishes import wish_of
from conversations.turn import Turn
from loans.models import Loan


class EachLoanAction(BorrowerAction):
    """An action that says something about each of the borrower's open loans. Subclasses write `tell`.

    Whoever names a relief in the same breath is shown options instead.
    """

    needs_identity = True
    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        if wish_of(turn):
            return "action_offer_relief"
        if not turn.loans():
            turn.say("no_loan")
        for loan in turn.loans():
            self.tell(turn, loan)
        return None

    def tell(self, turn: Turn, loan: Loan) -> None:
        """Say what there is to say about one loan."""
        raise NotImplementedError
