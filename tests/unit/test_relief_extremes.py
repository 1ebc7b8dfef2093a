"""Every relief on loans at the edge: it is computed soundly, or refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from loans.money import LARGEST_AMOUNT
from loans.relief import KINDS, Position, ReliefError, compute
from tests.unit.relief_positions import after, loan

SAMPLES: dict[str, dict[str, Any]] = {
    "waive": {"penalty": 100, "interest": 50},
    "settlement": {"principal_pct": 70, "instalments": 3},
    "reduce_rate": {"annual_rate_pct": "3"},
    "interest_pause": {"months": 2},
    "renewal": {"months": 6, "annual_rate_pct": "4"},
    "extension": {"months": 3},
    "deferral": {"months": 3, "interest": "capitalised"},
    "interest_only": {"months": 3},
    "partial_payment": {"pay": "1.00", "months": 3},
    "move_due_date": {"day": 31},
    "reamortise": {"instalments": 30},
    "affordable": {"pay": "500.00"},
    "credit_protection": {"months": 3},
}
YEARS_100: dict[str, Any] = {"instalments": 1200, "annual_rate_pct": "3"}
LEAP: dict[str, Any] = {"disbursed_on": "2023-12-29", "first_due_on": "2024-01-29", "as_of": "2024-02-29"}
EXTREMES = {
    "no interest": loan(paid=2, annual_rate_pct="0"),
    "no interest, overdue": loan(paid=1, annual_rate_pct="0", penalty_on=[2]),
    "one instalment": loan(method="bullet", instalments=1, first_due_on="2026-01-15"),
    "one instalment, overdue": loan(instalments=1, as_of="2025-03-01"),
    "due today": loan(paid=3, as_of="2025-05-15"),
    "a leap day": loan(**LEAP, paid=1),
    "a leap day, by real days": loan(**LEAP, day_count="actual/actual", method="equal_principal"),
    "the smallest amount": loan(principal="0.01", instalments=3, paid=2, as_of="2025-04-01"),
    "a cent for each instalment": loan(principal="0.12"),
    "the largest amount": loan(principal=str(LARGEST_AMOUNT), annual_rate_pct="36"),
    "the largest amount, flat": loan(principal=str(LARGEST_AMOUNT), method="flat", annual_rate_pct="36"),
    "a hundred years": loan(**YEARS_100),
    "a hundred years, at the end": loan(**YEARS_100, paid=1190, as_of="2124-06-01"),
    "a hundred years by bullet": loan(**YEARS_100, method="bullet", day_count="actual/365"),
    "the end of the calendar": loan(disbursed_on="9998-12-15", first_due_on="9999-01-15", as_of="9999-06-01"),
    "a rate of 1000 percent": loan(annual_rate_pct="1000", instalments=60),
    "whole yuan": loan(rounding={"mode": "UP", "unit": "1"}, paid=1, principal="99999.00"),
    "more penalty than principal": loan(
        principal="100.00", penalty_on=list(range(1, 13)), as_of="2026-06-01"
    ),
}


@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_relief_on_an_extreme_loan_is_sound_or_refused(kind: str, name: str) -> None:
    position: Position = EXTREMES[name]
    try:
        proposal = compute(kind, position, SAMPLES[kind])
    except ReliefError as error:
        assert error.zh and error.en
        return
    before, to_pay = position.outstanding, proposal.totals
    assert to_pay.principal == before.principal + proposal.capitalised_interest - proposal.waived.principal
    for row in proposal.rows:
        assert min(row.principal, row.interest, row.fee, row.penalty, row.balance) >= 0
    assert proposal.rows[-1].balance == 0
    assert after(position, proposal).days_past_due <= position.days_past_due
