"""Loans and requests for relief as Hypothesis draws them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from loans.contract import METHODS
from loans.relief import KINDS, OpenCharge, Position, Proposal, ReliefError, compute, compute_all
from policies.kinds import MOST_COMBINED, at_odds
from tests.unit.loan_strategies import DAYS, open_loans
from tests.unit.relief_positions import after

Request = tuple[str, dict[str, Any]]

MONTHS = st.integers(1, 14)
TERM = st.sampled_from(["keep", "extend"])
PERCENT = st.sampled_from([0, 30, "33.33", 50, 100])
RATE = st.decimals("0", "30", places=2).map(str)
AMOUNT = st.decimals("10", "60000", places=2).map(str)
DAY = DAYS.map(date.isoformat)
PERIODS = st.sampled_from(["1 month", "2 months", "quarter", "1 week", "fortnight", "15 days"])


def _one_of(*choices: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(*(st.fixed_dictionaries(choice) for choice in choices))


PARAMS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "extension": _one_of({"months": MONTHS}, {"until": DAY}),
    "deferral": _one_of(
        {
            "months": MONTHS,
            "interest": st.sampled_from(["simple", "capitalised"]),
            "placement": st.sampled_from(["first", "spread"]),
            "term": TERM,
        }
    ),
    "interest_only": _one_of({"months": MONTHS, "term": TERM}),
    "reamortise": _one_of({"instalments": st.integers(1, 40)}),
    "reduce_rate": _one_of({"annual_rate_pct": RATE}, {"annual_rate_pct": RATE, "from": DAY}),
    "interest_pause": _one_of({"months": MONTHS}, {"until": DAY}, {"months": MONTHS, "from": DAY}),
    "move_due_date": _one_of(
        {"day": st.integers(1, 31)},
        {"first_due_on": DAY},
        {"period": PERIODS},
        {"day": st.integers(1, 31), "period": PERIODS},
    ),
    "renewal": _one_of({"months": MONTHS}, {"months": MONTHS, "annual_rate_pct": RATE}),
    "waive": _one_of({"penalty": PERCENT, "fee": PERCENT, "interest": PERCENT}),
    "settlement": _one_of(
        {
            "principal_pct": PERCENT,
            "interest_pct": PERCENT,
            "penalty_pct": PERCENT,
            "fee_pct": PERCENT,
            "instalments": st.integers(1, 24),
        }
    ),
    "partial_payment": _one_of({"pay": AMOUNT, "months": MONTHS, "term": TERM}),
    "affordable": _one_of({"pay": AMOUNT}),
    "credit_protection": _one_of({"months": MONTHS}),
}


def requests(*kinds: str) -> st.SearchStrategy[Request]:
    """A kind of relief (of `kinds`, or any) with parameters."""
    return st.sampled_from(kinds or sorted(KINDS)).flatmap(
        lambda kind: st.tuples(st.just(kind), PARAMS[kind])
    )


FITTING = [
    kinds
    for size in range(2, MOST_COMBINED + 1)
    for kinds in combinations(sorted(KINDS), size)
    if not at_odds(kinds)
]
COMBINATIONS = st.sampled_from(FITTING).flatmap(
    lambda kinds: st.tuples(*(requests(kind) for kind in kinds)).map(list)
)


@st.composite
def positions(draw: st.DrawFn, most_reliefs: int = 2, methods: tuple[str, ...] = METHODS) -> Position:
    """An open loan in any state that earlier reliefs, time and open charges bring about."""
    position = draw(open_loans(methods=methods))
    if draw(st.booleans()):
        position = replace(position, as_of=draw(st.dates(position.disbursed_on, position.maturity_on)))
    if draw(st.booleans()):
        charge = OpenCharge("late_fee", position.disbursed_on + timedelta(days=40), "fee", Decimal("12.34"))
        position = replace(position, charges=(charge,))
    for request, days in draw(st.lists(st.tuples(requests(), st.integers(0, 70)), max_size=most_reliefs)):
        try:
            proposal = compute(request[0], position, request[1])
        except ReliefError:
            continue
        position = after(position, proposal, position.as_of + timedelta(days=days))
    assume(not position.is_closed)
    return position


def proposal_for(position: Position, *requests: Request) -> Proposal:
    """The proposal of one request, or of several together; no example when the loan makes no sense of it."""
    try:
        return compute_all(requests, position)
    except ReliefError as error:
        assert error.code != "unknown_param"
        assert error.code != "closed_loan"
        assert error.zh and error.en
        assume(False)
        raise
