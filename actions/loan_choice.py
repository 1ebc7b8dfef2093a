"""Which loan a turn is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from actions.ask_again import loan_buttons
from actions.figures import named_loan
from actions.request_words import means_both
from conversations.turn import Turn
from loans.models import Loan

ALL = "*"
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
    if ref == ALL or (chosen is None and means_both(str(turn.spoken.details.get("redacted") or ""))):
        return _one_after_the_other(turn, loans)
    if chosen is None:
        turn.ask("choose_loan", then=then, loans=[loan.ref for loan in loans], wanted=turn.spoken.id)
        turn.say("choose_loan", count=str(len(loans)), buttons=loan_buttons(turn, then))
    return chosen


def _one_after_the_other(turn: Turn, loans: Sequence[Loan]) -> Loan:
    """Begin with the first loan; the others come by themselves once it is settled (`next_loan`)."""
    turn.ask("offer_relief", loan=loans[0].ref, afterwards=[loan.ref for loan in loans[1:]])
    turn.say("one_after_the_other", loan=loans[0].ref)
    return loans[0]


def next_loan(turn: Turn, asked: Mapping[str, Any]) -> Loan | None:
    """Say that the loan which was to come after the one `asked` about is next, and return it; None when none is."""
    later = list(asked.get("afterwards") or [])
    loan = next((loan for loan in turn.loans() if later and loan.ref == later[0]), None)
    if loan is None:
        return None
    turn.settle()
    kept = {name: asked.get(name) for name in ("months", "reason", "wish")}
    turn.ask("offer_relief", loan=loan.ref, afterwards=later[1:], **kept)
    turn.say("now_the_next_loan", loan=loan.ref)
    return loan


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
