"""Interest-only periods and re-amortisation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loans.relief import ReliefError, annual_cost_pct, compute
from tests.unit.loan_vectors import expected
from tests.unit.relief_positions import dues, loan, pay


@pytest.mark.parametrize(("vector", "term"), [("TXT-06", "extend"), ("TXT-07", "keep")])
def test_interest_only_for_three_months(vector: str, term: str) -> None:
    proposal = compute("interest_only", loan(paid=3), {"months": 3, "term": term})
    published = expected(vector)
    assert {str(row.due) for row in proposal.to_pay[:3]} == {published["interest_only_payment"]}
    assert str(proposal.to_pay[3].due) == published["instalment"]
    assert str(proposal.to_pay[-1].due) == published["last_instalment"]
    assert str(proposal.totals.interest) == published["total_interest"]
    assert proposal.extension_months == (3 if term == "extend" else 0)


def test_interest_only_takes_overdue_principal_in_and_overdue_interest_first() -> None:
    late = loan(paid=3, as_of="2025-05-20", penalty_on=[4])
    proposal = compute("interest_only", late, {"months": 2, "term": "keep"})
    # Two months of 761.08, less the five days' interest on overdue principal that bore a penalty instead.
    assert proposal.to_pay[0].interest == Decimal("1522.16") - Decimal("13.54")
    assert proposal.to_pay[0].penalty == 20
    assert proposal.totals.principal == Decimal("76108.02")


@pytest.mark.parametrize(
    ("position", "params", "code"),
    [
        (loan(method="bullet", paid=3), {"months": 2}, "already_interest_only"),
        (loan(paid=10, as_of="2025-12-01"), {"months": 3, "term": "keep"}, "term_too_short"),
        (loan(paid=10, as_of="2026-03-01"), {"months": 3}, "past_maturity"),
        (loan(paid=3), {"months": "-1"}, "bad_param"),
    ],
)
def test_interest_only_that_makes_no_sense(position: object, params: dict[str, object], code: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute("interest_only", position, params)  # type: ignore[arg-type]
    assert error.value.code == code


def test_reamortising_over_six_more_instalments() -> None:
    proposal = compute("reamortise", loan(paid=3), {"instalments": 15})
    published = expected("TXT-05")
    assert str(proposal.to_pay[0].due) == published["instalment"]
    assert str(proposal.to_pay[-1].due) == published["last_instalment"]
    assert str(proposal.totals.interest) == published["total_interest"]
    assert str(proposal.interest_difference) == published["extra_interest"]
    assert proposal.extension_months == 6


FINERACT: dict[str, Any] = {
    **{"principal": "100.00", "annual_rate_pct": "7", "instalments": 6, "rounding": {"mode": "HALF_EVEN"}},
    **{"disbursed_on": "2024-01-01", "first_due_on": "2024-02-01", "as_of": "2024-03-15"},
}


def test_reamortising_a_missed_instalment_as_fineract_does() -> None:
    proposal = compute("reamortise", loan(paid=1, **FINERACT), {})
    assert [
        [str(row.principal), str(row.interest), str(row.due), str(row.balance)] for row in proposal.to_pay
    ] == expected("FIN-18")["rows_3_to_6"]
    assert [row.number for row in proposal.to_pay] == [2, 3, 4, 5]


def test_reamortising_after_a_part_payment_as_fineract_does() -> None:
    # Fineract recalculates the overdue interest after the early payment, from 0.49 to 0.47; here the 0.02 is paid.
    position = pay(loan(paid=1, **FINERACT), 2, principal="2.99", interest="0.02")
    proposal = compute("reamortise", position, {})
    assert str(proposal.to_pay[0].due) == expected("FIN-19")["instalment"]
    assert [
        [str(row.principal), str(row.interest), str(row.due), str(row.balance)] for row in proposal.to_pay
    ] == expected("FIN-19")["rows_3_to_6"]


def test_a_bullet_loan_can_be_repaid_in_level_instalments() -> None:
    proposal = compute("reamortise", loan(method="bullet", paid=11, as_of="2026-01-01"), {"instalments": 4})
    assert len({row.due for row in proposal.to_pay[:-1]}) == 1
    assert [day for day, _ in dues(proposal)] == ["2026-01-15", "2026-02-15", "2026-03-15", "2026-04-15"]


def test_reamortising_what_is_on_time_changes_nothing_and_says_so() -> None:
    with pytest.raises(ReliefError) as error:
        compute("reamortise", loan(paid=3), {})
    assert error.value.code == "nothing_changes"


def test_past_maturity_a_count_is_needed_and_dates_go_on_from_today() -> None:
    past = loan(paid=10, as_of="2026-03-20")
    with pytest.raises(ReliefError) as error:
        compute("reamortise", past, {})
    assert error.value.code == "past_maturity"
    proposal = compute("reamortise", past, {"instalments": "3"})
    assert [day for day, _ in dues(proposal)] == ["2026-04-15", "2026-05-15", "2026-06-15"]


def test_month_ends_are_kept() -> None:
    position = loan(disbursed_on="2025-01-31", first_due_on="2025-02-28", paid=1, as_of="2025-03-01")
    proposal = compute("reamortise", position, {"instalments": 14})
    assert [day for day, _ in dues(proposal)][:2] == ["2025-03-31", "2025-04-30"]
    assert [day for day, _ in dues(proposal)][-2:] == ["2026-03-31", "2026-04-30"]


def test_the_yearly_cost_over_the_whole_life_of_the_loan() -> None:
    position = loan(paid=3)
    plain = compute("reamortise", position, {"instalments": 12})
    assert annual_cost_pct(position, plain) == pytest.approx(Decimal("12.70"), abs=Decimal("0.1"))
