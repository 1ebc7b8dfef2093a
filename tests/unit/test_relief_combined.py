"""Reliefs together: each does what it promises, and those that would undo each other are refused."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from loans.payoff import PayoffTerms, payoff
from loans.relief import ReliefError, compute, compute_all
from policies.kinds import LESS_FOR_A_WHILE, NEW_PLANS
from tests.unit.relief_positions import loan

AT_ODDS = [
    *combinations(NEW_PLANS, 2),
    *combinations(LESS_FOR_A_WHILE, 2),
    ("affordable", "interest_only"),
    ("affordable", "deferral"),
    ("renewal", "extension"),
    ("settlement", "interest_only"),
]
ASKED: dict[str, dict[str, Any]] = {
    "interest_only": {"months": 2},
    "partial_payment": {"months": 2, "pay": "900"},
    "deferral": {"months": 2},
    "extension": {"months": 2},
    "affordable": {"pay": "5000"},
    "reamortise": {"instalments": 12},
    "settlement": {"instalments": 3},
    "renewal": {"months": 6},
}


@pytest.mark.parametrize("kinds", AT_ODDS)
def test_reliefs_that_would_undo_each_other_are_refused(kinds: tuple[str, ...]) -> None:
    with pytest.raises(ReliefError) as refused:
        compute_all([(kind, ASKED[kind]) for kind in kinds], loan(paid=3))
    assert refused.value.code == "bad_combination"
    assert all(kind in refused.value.en for kind in kinds)


@pytest.mark.parametrize("order", [1, -1])
def test_only_interest_first_and_then_more_instalments(order: int) -> None:
    wanted = [("interest_only", ASKED["interest_only"]), ("reamortise", ASKED["reamortise"])][::order]
    rows = compute_all(wanted, loan(paid=3)).to_pay
    assert [row.principal for row in rows[:2]] == [0, 0]
    assert all(row.principal > 0 for row in rows[2:])
    assert len(rows) == 2 + 12


def test_a_pause_and_then_more_instalments() -> None:
    position = loan(paid=3)
    rows = compute_all(
        [("deferral", ASKED["deferral"]), ("reamortise", ASKED["reamortise"])], position
    ).to_pay
    assert rows[0].due_on == position.months_later(position.upcoming[0].due_on, 2)
    assert len(rows) == 12


def test_paying_less_for_a_while_and_then_more_instalments() -> None:
    wanted = [("partial_payment", ASKED["partial_payment"]), ("reamortise", ASKED["reamortise"])]
    rows = compute_all(wanted, loan(paid=3)).to_pay
    assert [row.due for row in rows[:2]] == [Decimal(900), Decimal(900)]


@pytest.mark.parametrize("as_of", ["2025-06-16", "2025-07-01", "2025-07-14"])
def test_a_settlement_in_full_is_the_payoff_of_the_day(as_of: str) -> None:
    late = loan(paid=3, as_of=as_of, penalty_on=[4], fee="5.00", day_count="actual/360")
    full = {f"{name}_pct": "100" for name in ("principal", "interest", "penalty", "fee")}
    settled = compute("settlement", late, full)
    today = payoff(late, late.as_of, PayoffTerms())
    assert settled.totals.principal == today.principal
    assert abs(settled.totals.interest - today.interest) <= Decimal("0.02")
    assert settled.totals.fee == today.fee


def test_a_rate_cut_to_come_leaves_what_falls_due_before_it() -> None:
    position = loan(paid=3)
    rows = compute("reduce_rate", position, {"annual_rate_pct": "6", "from": "2025-07-20"}).to_pay
    assert [row.due for row in rows[:3]] == [each.due.total for each in position.upcoming[:3]]
    assert rows[3].interest < position.upcoming[3].due.interest
