"""Which loan a turn is about."""

from __future__ import annotations

from conversations.outbox import ButtonChoice
from conversations.turn import Turn
from loans.models import Loan
from policies.wording import money


def the_loan(turn: Turn, then: str) -> Loan | None:
    """Return the loan that is meant, or None after having said that there is none or asked which.

    A loan named by a button, by the pending question or by its number in the text is taken; a borrower's only loan goes
    without saying. `then` is the action to go on with once it has been chosen.
    """
    loans = turn.loans()
    if not loans:
        turn.settle()
        turn.say("no_loan")
        return None
    named = turn.arguments.get("loan") or turn.pending.get("loan")
    said = turn.spoken.text.casefold()
    chosen = [loan for loan in loans if loan.ref == named] or [loan for loan in loans if loan.ref.casefold() in said]
    if len(loans) == 1 or len(chosen) == 1:
        return chosen[0] if chosen else loans[0]
    turn.ask("choose_loan", then=then, loans=[loan.ref for loan in loans], resumed=turn.spoken.id)
    turn.say("choose_loan", count=str(len(loans)), buttons=[_button(turn, loan) for loan in loans])
    return None


def _button(turn: Turn, loan: Loan) -> ButtonChoice:
    title = turn.words("loan_title", loan=loan.ref, principal=money(loan.principal, loan.currency, turn.language))
    return ButtonChoice(title, "choose_option", {"loan": loan.ref})
