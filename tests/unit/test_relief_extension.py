"""Extension: only what was asked to move moves, and only the added time costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loans.relief import ReliefError, compute
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import after, dues, loan, pay


def test_the_next_instalment_moves_and_the_others_stay() -> None:
    position = loan(paid=3)
    proposal = compute("extension", position, {"months": 2})
    assert dues(proposal)[:3] == [
        ("2025-06-15", "8884.88"),
        ("2025-07-15", "9047.36"),
        ("2025-07-15", "8884.88"),
    ]
    # Instalment 4 carries 8123.80 of principal: two months at 1% a month are 162.48.
    assert proposal.interest_difference == Decimal("162.48")
    assert proposal.extension_months == 2
    assert proposal.new_maturity == proposal.old_maturity
    assert [row.number for row in proposal.to_pay] == list(range(4, 13))
    assert proposal.next_amount == Decimal("8884.88")


def test_until_a_date_counts_the_days_and_a_part_of_a_month_as_one() -> None:
    proposal = compute("extension", loan(paid=3), {"until": "2025-05-30"})
    # 15 days of 30/360 on 8123.80.
    assert dues(proposal)[0] == ("2025-05-30", "8925.50")
    assert proposal.interest_difference == Decimal("40.62")
    assert proposal.extension_months == 1
    assert proposal.params == {"until": "2025-05-30"}


def test_overdue_instalments_move_together_with_their_fees_and_penalties() -> None:
    position = loan(paid=3, as_of="2025-06-20", fee="5.00", penalty_on=[4, 5])
    proposal = compute("extension", position, {"months": 2})
    moved = next(row for row in proposal.to_pay if row.penalty)
    assert moved.due_on.isoformat() == "2025-08-15"
    assert moved.penalty == 40 and moved.fee == 10
    assert moved.principal == sum(each.due.principal for each in position.overdue)
    # The days already late bear no contract interest: 20 June to 15 August are 55 days of 30/360,
    # 148.94 on 8123.80 and 150.43 on 8205.04.
    assert proposal.interest_difference == Decimal("299.37")


def test_a_part_payment_stays_and_only_the_rest_moves() -> None:
    position = pay(loan(paid=3), 4, interest="761.08", principal="2000.00")
    proposal = compute("extension", position, {"months": 1})
    kept = [row for row in proposal.rows if row.kept]
    assert [row.number for row in kept] == [1, 2, 3, 4]
    assert kept[-1].principal == 2000 and kept[-1].interest == Decimal("761.08")
    moved = proposal.to_pay[0]
    assert moved.number == 5
    assert moved.principal == Decimal("6123.80") and moved.interest == Decimal("61.24")
    assert sum(row.principal for row in proposal.rows) == position.principal


def test_a_bullet_loan_with_one_payment_moves_its_maturity() -> None:
    position = loan(
        principal=inputs("TXT-29")["principal"],
        annual_rate_pct="4.50",
        instalments=1,
        method="bullet",
        day_count="actual/360",
        disbursed_on="2025-01-10",
        first_due_on="2025-07-10",
        as_of="2025-07-01",
    )
    proposal = compute("extension", position, {"until": inputs("TXT-29")["extended_to"]})
    assert str(proposal.interest_difference) == expected("TXT-29")["extension_interest"]
    assert proposal.new_maturity.isoformat() == "2026-04-10"
    assert proposal.to_pay[0].principal == 200000


def test_a_bullet_loan_that_pays_interest_monthly_goes_on_doing_so() -> None:
    position = loan(method="bullet", instalments=3, paid=1, as_of="2025-03-01")
    proposal = compute("extension", position, {"months": 2})
    assert dues(proposal) == [
        ("2025-03-15", "1000.00"),
        ("2025-04-15", "1000.00"),
        ("2025-05-15", "1000.00"),
        ("2025-06-15", "101000.00"),
    ]
    assert proposal.interest_difference == 2000
    assert proposal.extension_months == 2


def test_overdue_interest_of_a_bullet_loan_goes_to_its_first_new_row() -> None:
    position = loan(method="bullet", instalments=3, as_of="2025-03-01", penalty_on=[1])
    proposal = compute("extension", position, {"until": "2025-04-30"})
    assert dues(proposal) == [
        ("2025-03-15", "2020.00"),
        ("2025-04-15", "1000.00"),
        ("2025-04-30", "100500.00"),
    ]


def test_a_second_extension_moves_the_moved_instalment_again() -> None:
    first = compute("extension", loan(paid=3), {"until": "2025-06-01"})
    second = compute("extension", after(loan(paid=3), first, "2025-05-20"), {"until": "2025-06-14"})
    assert second.next_due_on.isoformat() == "2025-06-14"
    # 16 days, then 13 more, on 8123.80 at 12% over 360.
    assert second.to_pay[0].interest == Decimal("761.08") + Decimal("43.33") + Decimal("35.20")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "bad_param"),
        ({"months": 1, "until": "2025-09-01"}, "bad_param"),
        ({"months": 0}, "bad_param"),
        ({"months": -2}, "bad_param"),
        ({"months": "two"}, "bad_param"),
        ({"months": True}, "bad_param"),
        ({"until": "tomorrow"}, "bad_param"),
        ({"until": "2025-05-15"}, "not_later"),
        ({"weeks": 2}, "unknown_param"),
    ],
)
def test_parameters_that_make_no_sense(params: dict[str, object], code: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute("extension", loan(paid=3), params)
    assert error.value.code == code
    assert error.value.zh and error.value.en


def test_a_new_date_that_has_passed_is_refused() -> None:
    with pytest.raises(ReliefError) as error:
        compute("extension", loan(paid=3, as_of="2025-07-20", instalments=4), {"months": 1})
    assert error.value.code == "not_later"


@pytest.mark.parametrize("kind", ["extension", "deferral", "interest_only", "reamortise"])
def test_a_repaid_loan_has_nothing_to_change(kind: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute(kind, loan(paid=12), {} if kind == "reamortise" else {"months": 1})
    assert error.value.code == "closed_loan"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ReliefError, match="use extension, deferral"):
        compute("holiday", loan(), {})
