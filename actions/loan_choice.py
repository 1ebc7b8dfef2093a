"""Which loan a turn is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.ask_again import loan_buttons
from actions.figures import named_loan
from conversations.turn import Turn
from loans.models import Loan

_NUMBER = re.compile(r"[A-Za-z]+(?=[A-Za-z0-9-]*\d|[A-Za-z0-9]*-)[A-Za-z0-9-]*")


def the_loan(turn: Turn, then: str) -> Loan | None:
    """Return the loan that is meant, or None after having said that there is none or asked which.

    A loan chosen in this turn is taken, or else the one named by a button, by its number in the text or by the
    pending question; a borrower's only loan goes without saying. `then` is the action to go on with once it is chosen.
    What is written like a loan's number and is none of the borrower's is never taken for one of theirs.
    """
    loans = turn.loans()
    if not loans:
        turn.settle()
        turn.say("no_loan")
        return None
    if unknown := _unknown_number(turn, loans):
        turn.say("loan_unknown", loan=unknown, buttons=loan_buttons(turn, then))
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


def _unknown_number(turn: Turn, loans: Sequence[Loan]) -> str | None:
    """Return what has the form of the borrower's loan numbers and is not one of them, whoever's it may be."""
    if turn.spoken.kind == "button" or turn.resumed_with.get("loan"):
        return None
    mine = {loan.ref.casefold() for loan in loans}
    forms = {_form(loan.ref) for loan in loans}
    words = (found.group().rstrip("-") for found in _NUMBER.finditer(turn.spoken.text))
    return next((word for word in words if _form(word) in forms and word.casefold() not in mine), None)


def _form(number: str) -> str:
    """The form of a loan's number: its first letters, then letters as A and digits as 9, however many."""
    first = re.match(r"[a-z]*", number.casefold())
    start = first.group() if first else ""
    return start + re.sub(r"\d+", "9", re.sub(r"[a-z]+", "A", number.casefold()[len(start) :]))
