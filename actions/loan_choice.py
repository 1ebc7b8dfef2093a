"""Which loan a turn is about."""

from __future__ import annotations

from actions.ask_again import loan_buttons
from actions.figures import named_loan
from conversations.turn import Turn
from loans.models import Loan


def the_loan(turn: Turn, then: str) -> Loan | None:
    """Return the loan that is meant, or None after having said that there is none or asked which.

    A loan chosen in this turn is taken, or else the one named by a button, by its number in the text or by the
    pending question; a borrower's only loan goes without saying. `then` is the action to go on with once it is chosen.
    """
    loans = turn.loans()
    if not loans:
        turn.settle()
        turn.say("no_loan")
        return None
    if len(loans) == 1:
        return loans[0]
    said = named_loan(turn)
    ref = (
        turn.resumed_with.get("loan")
        or turn.arguments.get("loan")
        or (said.ref if said else turn.pending.get("loan"))
    )
    chosen = next((loan for loan in loans if loan.ref == ref), None)
    if chosen is None:
        turn.ask("choose_loan", then=then, loans=[loan.ref for loan in loans], wanted=turn.spoken.id)
        turn.say("choose_loan", count=str(len(loans)), buttons=loan_buttons(turn, then))
    return chosen
