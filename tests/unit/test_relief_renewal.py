"""Renewal without repaying principal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from loans.contract import PRINCIPAL_AT_THE_END, RateChange
from loans.money import NOTHING
from loans.relief import Position, ReliefError, Wanted, compute, compute_all
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import after, dues, loan
from tests.unit.relief_strategies import positions, proposal_for, requests


def bullet(**state: Any) -> Position:
    """Interest each month, the principal of 100,000 on 15 January 2026."""
    return loan(**{"method": "bullet", "paid": 10, "as_of": "2026-01-05", **state})


def test_the_old_interest_is_settled_and_the_principal_waits_for_the_new_maturity() -> None:
    given, published = inputs("TXT-17"), expected("TXT-17")
    position = loan(
        method="bullet",
        principal=given["principal"],
        annual_rate_pct=given["old_rate_pct"],
        instalments=6,
        disbursed_on="2024-12-30",
        first_due_on="2025-01-30",
        paid=5,
        as_of="2025-06-20",
    )
    year = position.contract.fraction(position.accrues_from, position.maturity_on)
    assert year * 360 == given["unpaid_days"]
    proposal = compute(
        "renewal", position, {"months": given["months"], "annual_rate_pct": given["new_rate_pct"]}
    )
    settled, *renewed = proposal.to_pay
    assert (settled.due_on.isoformat(), str(settled.due)) == (
        given["renew_on"],
        published["settle_before_renewal"],
    )
    assert {str(row.interest) for row in renewed} == {published["monthly_interest"]}
    assert str(renewed[-1].due) == published["last"]
    assert str(sum((row.interest for row in renewed), NOTHING)) == published["total_interest"]
    assert proposal.new_maturity.isoformat() == published["new_maturity"]
    assert proposal.extension_months == given["months"]


def test_the_present_rate_holds_unless_another_is_agreed() -> None:
    proposal = compute("renewal", bullet(), {"months": 3})
    assert proposal.params == {"months": 3, "annual_rate_pct": "12"}
    assert proposal.terms.rate_changes == ()
    assert [str(row.due) for row in proposal.to_pay[-3:]] == ["1000.00", "1000.00", "101000.00"]


def test_a_renewal_on_the_day_of_maturity_and_with_arrears_of_interest() -> None:
    proposal = compute("renewal", bullet(as_of="2026-01-15"), {"months": 2, "annual_rate_pct": "9%"})
    assert dues(proposal) == [
        *(("2025-12-15", "1000.00"), ("2026-01-15", "1000.00")),
        *(("2026-02-15", "750.00"), ("2026-03-15", "100750.00")),
    ]
    assert proposal.terms.rate_changes == (RateChange(date(2026, 1, 15), Decimal(9)),)
    assert after(bullet(as_of="2026-01-15"), proposal).days_past_due == 31


def test_interest_paid_before_maturity_leaves_no_empty_row() -> None:
    position = loan(method="bullet", instalments=1, first_due_on="2026-01-15", as_of="2026-01-05")
    single = compute("renewal", position, {"months": 2})
    assert [str(row.due) for row in single.to_pay] == ["12000.00", "1000.00", "101000.00"]
    free = loan(method="bullet", annual_rate_pct="0", paid=10, as_of="2026-01-05")
    proposal = compute("renewal", free, {"months": 2, "annual_rate_pct": "6"})
    assert dues(proposal) == [("2026-02-15", "500.00"), ("2026-03-15", "100500.00")]


def test_a_pause_agreed_with_the_renewal_frees_its_first_months() -> None:
    wanted: list[Wanted] = [
        ("renewal", {"months": 4, "annual_rate_pct": "6"}),
        ("interest_pause", {"from": "2026-01-15", "until": "2026-03-14"}),
    ]
    proposal = compute_all(wanted, bullet(paid=11))
    assert [str(row.interest) for row in proposal.to_pay] == ["1000.00", "0.00", "0.00", "500.00", "500.00"]
    assert proposal.terms.rate_changes == (
        RateChange(date(2026, 1, 15), Decimal(0)),
        RateChange(date(2026, 3, 15), Decimal(6)),
    )


def test_a_renewed_loan_can_have_other_reliefs() -> None:
    renewed = after(
        bullet(paid=11), compute("renewal", bullet(paid=11), {"months": 6, "annual_rate_pct": "6"})
    )
    level = compute("reamortise", renewed, {"instalments": 6})
    assert level.to_pay[0].interest == Decimal("1000.00")
    assert level.to_pay[1].interest < Decimal("500.00")
    again = compute("renewal", renewed, {"months": 6})
    assert again.params["annual_rate_pct"] == "6"
    assert again.new_maturity == date(2027, 1, 15)


@pytest.mark.parametrize(
    ("position", "params", "code"),
    [
        (loan(paid=3), {"months": 6}, "not_bullet"),
        (bullet(as_of="2026-01-16"), {"months": 6}, "past_maturity"),
        (bullet(paid=12), {"months": 6}, "closed_loan"),
        (bullet(), {}, "bad_param"),
        (bullet(), {"months": 6, "annual_rate_pct": "a lot"}, "bad_param"),
        (bullet(), {"months": 6, "annual_rate_pct": -3}, "bad_param"),
        (
            bullet(first_due_on="9998-02-15", disbursed_on="9998-01-15", as_of="9998-02-01"),
            {"months": 1200},
            "beyond_calendar",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(position: Position, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute("renewal", position, params)
    assert error.value.code == code
    assert error.value.zh and error.value.en


@given(positions(methods=PRINCIPAL_AT_THE_END), requests("renewal"))
def test_a_renewal_changes_nothing_before_the_old_maturity_but_the_principal_due_then(
    position: Position, request: tuple[str, dict[str, Any]]
) -> None:
    proposal = proposal_for(position, request)
    old = position.maturity_on
    before = [row for row in proposal.to_pay if row.due_on <= old]
    assert {(row.due_on, row.interest, row.fee, row.penalty) for row in before} <= {
        (each.due_on, each.unpaid.interest, each.unpaid.fee, each.unpaid.penalty) for each in position.unpaid
    }
    renewed = [row for row in proposal.to_pay if row.due_on > old]
    assert proposal.totals.principal == position.outstanding.principal
    assert [row.principal for row in renewed[:-1]] == [0] * (len(renewed) - 1)
    assert proposal.totals.fee == position.outstanding.fee
