"""Deferral: nothing to pay for a while, and its interest stated and paid as agreed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loans.relief import ReliefError, compute
from loans.relief.position import Position
from tests.unit.loan_vectors import expected
from tests.unit.relief_positions import dues, loan, pay


@pytest.fixture
def position() -> Position:
    return loan(paid=3)


def test_capitalised_interest_joins_the_principal_each_month(position: Position) -> None:
    proposal = compute("deferral", position, {"months": 3, "interest": "capitalised"})
    published = expected("TXT-08")
    assert str(proposal.capitalised_interest) == published["capitalised"]
    assert str(proposal.totals.principal) == published["new_principal"]
    assert str(proposal.totals.interest) == published["total_interest"]
    assert str(proposal.to_pay[0].due) == published["instalment"]
    assert str(proposal.to_pay[-1].due) == published["last_instalment"]
    assert proposal.next_due_on.isoformat() == "2025-08-15"
    assert proposal.new_maturity.isoformat() == "2026-04-15"


def test_simple_interest_spread_over_the_later_instalments(position: Position) -> None:
    proposal = compute("deferral", position, {"months": 3})
    published = expected("TXT-09")
    assert [str(row.interest_carried) for row in proposal.to_pay] == published["share"]
    assert str(proposal.to_pay[0].due) == published["instalment_with_share"]
    assert str(proposal.to_pay[-1].due) == published["last"]
    assert str(proposal.interest_difference) == published["deferred_interest"]
    assert proposal.extension_months == 3


def test_simple_interest_with_the_first_instalment(position: Position) -> None:
    proposal = compute("deferral", position, {"months": 3, "placement": "first"})
    assert dues(proposal)[:2] == [("2025-08-15", "11168.12"), ("2025-09-15", "8884.88")]


def test_the_term_can_be_kept_with_fewer_larger_instalments(position: Position) -> None:
    proposal = compute("deferral", position, {"months": 3, "term": "keep"})
    assert proposal.new_maturity == proposal.old_maturity
    assert len(proposal.to_pay) == 6
    assert proposal.extension_months == 0
    assert proposal.totals.principal == position.outstanding.principal


def test_months_count_from_the_instalment_that_is_late() -> None:
    late = loan(paid=3, as_of="2025-05-20", fee="5.00", penalty_on=[4])
    proposal = compute("deferral", late, {"months": 2, "placement": "first"})
    first = proposal.to_pay[0]
    assert first.due_on.isoformat() == "2025-07-15"
    # Overdue interest 761.08 and one month's deferred interest 761.08, less 13.54 for the five days of 31 that
    # 8,123.80 of principal was late: 8123.80 x 1 % x 5/30. Those days bear a penalty instead.
    assert first.interest_carried == Decimal("1508.62")
    assert first.penalty == 20 and first.fee == 10
    assert proposal.totals.fee == late.outstanding.fee
    assert proposal.new_maturity.isoformat() == "2026-03-15"


def test_overdue_interest_is_never_capitalised() -> None:
    late = loan(paid=3, as_of="2025-05-20")
    proposal = compute("deferral", late, {"months": 2, "interest": "capitalised"})
    assert proposal.capitalised_interest == Decimal("761.08")
    assert proposal.to_pay[0].interest_carried == Decimal("761.08")


def test_interest_paid_ahead_is_credited() -> None:
    ahead = pay(loan(paid=3), 4, interest="761.08")
    proposal = compute("deferral", ahead, {"months": 3, "placement": "first"})
    assert proposal.to_pay[0].interest_carried == Decimal("1522.16")


def test_a_weekly_loan_keeps_its_weekly_steps() -> None:
    weekly = loan(
        paid=2,
        instalments=8,
        period={"n": 1, "unit": "week"},
        first_due_on="2025-01-22",
        as_of="2025-02-03",
    )
    proposal = compute("deferral", weekly, {"months": 1})
    assert [day for day, _ in dues(proposal)][:2] == ["2025-03-05", "2025-03-12"]
    assert len(proposal.to_pay) == 6


def test_no_date_left_before_maturity_is_said() -> None:
    with pytest.raises(ReliefError) as error:
        compute("deferral", loan(paid=10, as_of="2025-12-01"), {"months": 3, "term": "keep"})
    assert error.value.code == "term_too_short"


def test_a_first_date_in_the_past_is_refused() -> None:
    with pytest.raises(ReliefError) as error:
        compute("deferral", loan(instalments=2, as_of="2025-09-20"), {"months": 1})
    assert error.value.code == "too_few_months"


@pytest.mark.parametrize(
    "params",
    [
        {"months": 0},
        {"months": 2, "interest": "free"},
        {"months": 2, "placement": "last"},
        {"months": 9999},
        {},
    ],
)
def test_parameters_that_make_no_sense(params: dict[str, object]) -> None:
    with pytest.raises(ReliefError) as error:
        compute("deferral", loan(paid=3), params)
    assert error.value.code == "bad_param"


def test_time_that_is_paid_ahead_bears_no_interest_again() -> None:
    position = loan(paid=1, as_of="2025-03-20")
    for number in (3, 4):
        due = position.instalments[number - 1].due
        position = pay(position, number, principal=str(due.principal), interest=str(due.interest))
    proposal = compute("deferral", position, {"months": 1, "placement": "first"})
    first = proposal.to_pay[0]
    # Interest is paid up to 15 May; until then only what was overdue on 15 March.
    assert first.due_on.isoformat() == "2025-04-15"
    assert first.interest == position.arrears.interest
    assert proposal.totals.principal == position.outstanding.principal
