"""Plans made of what a borrower can pay: the shortest one, or less for a while."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loans.relief import Position, Proposal, ReliefError, compute, compute_all
from loans.relief.affordable import smallest_instalment
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import after, dues, loan, pay


def affordable(position: Position, amount: str) -> Proposal:
    return compute("affordable", position, {"pay": amount})


def test_the_shortest_plan_with_six_thousand_a_month() -> None:
    proposal = affordable(loan(paid=3), inputs("TXT-11")["affordable"])
    published = expected("TXT-11")
    assert len(proposal.to_pay) == published["number_of_instalments"]
    assert {str(row.due) for row in proposal.to_pay[:-1]} == {inputs("TXT-11")["affordable"]}
    assert str(proposal.to_pay[-1].due) == published["last_instalment"]
    assert str(proposal.totals.interest) == published["total_interest"]
    assert proposal.extension_months == 5
    assert proposal.params == {"pay": "6000.00"}


def test_a_term_solved_from_a_fixed_instalment_as_frappe_does() -> None:
    given, published = inputs("FRA-02"), expected("FRA-02")
    position = loan(
        principal=given["principal"],
        annual_rate_pct=given["annual_rate_pct"],
        instalments=36,
        as_of="2025-01-20",
    )
    proposal = affordable(position, given["instalment"])
    assert len(proposal.to_pay) == published["number_of_instalments"]
    assert str(proposal.totals.interest.quantize(Decimal(1))) == published["total_interest"]
    assert str(proposal.totals.total.quantize(Decimal(1))) == published["total_payment"]


def test_no_more_than_the_interest_never_repays_and_the_refusal_names_what_would() -> None:
    position = loan(paid=3)
    with pytest.raises(ReliefError) as error:
        affordable(position, inputs("TXT-12")["affordable"])
    assert error.value.code == "below_floor"
    for said in (error.value.zh, str(error.value)):
        assert expected("TXT-12")["interest_first_month"] in said
        assert "761.09" in said and "8,884.88" in said
    assert len(affordable(position, "761.09").to_pay) > 1000
    assert len(affordable(position, "8884.87").to_pay) == 10


def test_what_is_overdue_is_spread_so_that_no_instalment_is_larger() -> None:
    late = loan(paid=3, as_of="2025-07-20", fee="5.00", penalty_on=[4, 5])
    proposal = affordable(late, "2000")
    assert {row.due for row in proposal.to_pay[:-1]} == {Decimal(2000)}
    assert proposal.to_pay[-1].due < 2000
    # 2038.71 of overdue interest and the period's own: all of the first instalment and more of the second.
    assert proposal.to_pay[0].interest == 2000 and proposal.to_pay[1].interest > Decimal("761.08")
    assert (proposal.totals.fee, proposal.totals.penalty) == (late.outstanding.fee, late.outstanding.penalty)
    assert [row.fee for row in proposal.to_pay[:4]] == [0, 25, 5, 5]


def test_fees_to_come_fall_due_at_the_latest_with_the_principal() -> None:
    proposal = affordable(loan(paid=3, fee="5.00"), "30000")
    assert [str(row.fee) for row in proposal.to_pay] == ["5.00", "5.00", "35.00"]
    assert max(row.due for row in proposal.to_pay) == 30000


@pytest.mark.parametrize("method", ["bullet", "interest_only", "equal_principal", "balloon"])
def test_every_method_becomes_level_instalments(method: str) -> None:
    terms: dict[str, Any] = {"balloon": "40000"} if method == "balloon" else {}
    proposal = affordable(loan(method=method, paid=3, **terms), "5000")
    assert {row.due for row in proposal.to_pay[:-1]} == {Decimal(5000)}
    assert proposal.terms.method == "annuity"


def test_flat_interest_stays_flat() -> None:
    position = loan(method="flat", paid=3)
    proposal = affordable(position, "3000")
    # 1 % a month of the 100,000 lent leaves 2,000 of principal each time.
    assert {(row.interest, row.principal) for row in proposal.to_pay[:-1]} == {(Decimal(1000), Decimal(2000))}
    assert proposal.terms.method == "flat"
    with pytest.raises(ReliefError) as error:
        affordable(position, "1000")
    assert error.value.code == "below_floor"


def test_without_interest_and_past_maturity() -> None:
    past = loan(paid=10, annual_rate_pct="0", as_of="2026-03-20")
    proposal = affordable(past, "6000")
    assert dues(proposal) == [
        ("2026-04-15", "6000.00"), ("2026-05-15", "6000.00"), ("2026-06-15", "4666.70")
    ]  # fmt: skip
    with pytest.raises(ReliefError) as error:
        affordable(past, "13.88")
    assert error.value.code == "too_many_instalments"
    assert len(affordable(past, "13.89").to_pay) == 1200


def test_overdue_interest_and_penalties_beyond_the_principal() -> None:
    position = pay(loan(paid=11, as_of="2026-03-20", fee="400.00", penalty_on=[12]), 12, principal="8796.00")
    proposal = affordable(position, "100")
    # 0.88 of principal, 87.97 of interest, 400.00 and 20.00, and a cent of interest for each month more.
    assert [str(row.due) for row in proposal.to_pay] == ["100.00"] * 5 + ["8.91"]
    assert [row.principal for row in proposal.to_pay[:-1]] == [0] * 5


def test_only_a_fee_is_left() -> None:
    position = pay(loan(paid=11, as_of="2026-01-02", fee="50.00"), 12, principal="8796.88", interest="87.97")
    assert [str(row.due) for row in affordable(position, "20").to_pay] == ["20.00", "20.00", "10.00"]


def test_huge_and_tiny_amounts() -> None:
    huge = loan(principal="9000000000000.00", as_of="2025-01-20")
    assert affordable(huge, "500000000000").totals.principal == Decimal("9000000000000.00")
    tiny = loan(principal="0.05", instalments=1, as_of="2025-01-20")
    assert [str(row.due) for row in affordable(tiny, "0.02").to_pay] == ["0.02", "0.02", "0.01"]


def test_interest_is_waived_and_the_rest_paid_as_one_can() -> None:
    late = loan(paid=3, as_of="2025-07-20", penalty_on=[4, 5])
    proposal = compute_all(
        [("affordable", {"pay": "6000"}), ("waive", {"penalty": 100, "interest": 50})], late
    )
    assert proposal.totals.penalty == 0
    assert proposal.totals.interest < affordable(late, "6000").totals.interest - proposal.waived.interest
    assert max(row.due for row in proposal.to_pay) == 6000


@pytest.mark.parametrize("count", [1, 9, 12, 60])
def test_the_smallest_instalment_for_a_number_of_them(count: int) -> None:
    position = loan(paid=3, as_of="2025-06-01", fee="5.00")
    smallest = smallest_instalment(position, count)
    assert len(affordable(position, str(smallest)).to_pay) == count
    assert len(affordable(position, str(smallest - Decimal("0.01"))).to_pay) == count + 1


@pytest.mark.parametrize(
    ("position", "amount", "code"),
    [
        (loan(paid=12), "800", "closed_loan"),
        (loan(paid=3), "8884.88", "nothing_changes"),
        (loan(paid=3), "-800", "bad_param"),
        (loan(paid=3), "0", "bad_param"),
        (loan(paid=3), "800.001", "bad_param"),
        (loan(paid=3), "1e40", "bad_param"),
        (loan(paid=3), "Infinity", "bad_param"),
        (loan(paid=3), "八百", "bad_param"),
        (loan(paid=3), None, "bad_param"),
    ],
)
def test_an_amount_that_makes_no_sense(position: Position, amount: Any, code: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute("affordable", position, {"pay": amount})
    assert error.value.code == code
    assert error.value.zh and error.value.en


def test_a_part_for_three_months_and_as_many_instalments_after() -> None:
    position = loan(paid=3)
    proposal = compute("partial_payment", position, {"pay": "4000", "months": 3})
    assert [str(row.due) for row in proposal.to_pay[:3]] == ["4000.00"] * 3
    assert len(proposal.to_pay) == 12 and proposal.extension_months == 3
    after = compute(
        "reamortise", loan(principal="66293.77", instalments=9, as_of="2025-01-16"), {"instalments": 10}
    )
    assert after.totals.principal == sum(row.principal for row in proposal.to_pay[3:])
    assert len({row.due for row in proposal.to_pay[3:-1]}) == 1
    assert proposal.params == {"pay": "4000.00", "months": 3, "term": "extend"}


def test_less_than_the_interest_is_carried_as_simple_interest() -> None:
    proposal = compute("partial_payment", loan(paid=3), {"pay": "500", "months": 3, "term": "keep"})
    assert [(row.interest, row.principal) for row in proposal.to_pay[:3]] == [(500, 0)] * 3
    # 261.08 short three times, over six instalments.
    assert [str(row.interest_carried) for row in proposal.to_pay[3:]] == ["130.54"] * 6
    assert proposal.totals.principal == Decimal("76108.02")
    assert proposal.new_maturity == proposal.old_maturity
    assert proposal.to_pay[3].interest == Decimal("761.08") + Decimal("130.54")
    assert len({row.due for row in proposal.to_pay[3:-1]}) == 1


def test_overdue_interest_fees_and_penalties_come_within_what_is_paid_or_wait() -> None:
    late = loan(paid=3, as_of="2025-07-20", fee="5.00", penalty_on=[4, 5])
    proposal = compute("partial_payment", late, {"pay": "1000", "months": 2})
    assert [str(row.due) for row in proposal.to_pay[:2]] == ["1000.00", "1000.00"]
    assert proposal.totals.penalty == 40 and proposal.totals.fee == 45
    assert proposal.to_pay[2].penalty == Decimal("6.67")


def test_a_bullet_loan_pays_a_part_of_its_interest_for_a_while() -> None:
    proposal = compute("partial_payment", loan(method="bullet", paid=3), {"pay": "400", "months": 3})
    assert [str(row.due) for row in proposal.to_pay[:4]] == ["400.00", "400.00", "400.00", "1200.00"]
    assert proposal.to_pay[-1].principal == 100000


def test_two_instalments_on_a_date_are_compared_with_what_is_paid_together() -> None:
    moved = after(loan(paid=3), compute("extension", loan(paid=3), {"months": 1}))
    proposal = compute("partial_payment", moved, {"pay": "10000", "months": 1})
    assert dues(proposal)[0] == ("2025-06-15", "10000.00")


@pytest.mark.parametrize(
    ("position", "params", "code"),
    [
        (loan(paid=12), {"pay": "800", "months": 3}, "closed_loan"),
        (loan(paid=3), {"pay": "8884.88", "months": 3}, "not_less"),
        (loan(paid=3), {"pay": "8000", "months": 20}, "pays_off"),
        (loan(paid=3), {"pay": "800", "months": 9, "term": "keep"}, "term_too_short"),
        (loan(paid=10, as_of="2026-03-01"), {"pay": "800", "months": 3}, "past_maturity"),
        (loan(paid=3), {"pay": "-800", "months": 3}, "bad_param"),
        (loan(paid=3), {"pay": "0", "months": 3}, "bad_param"),
        (loan(paid=3), {"pay": "800", "months": "-1"}, "bad_param"),
        (loan(paid=3), {"pay": "800", "months": 3, "term": "longer"}, "bad_param"),
    ],
)
def test_a_partial_payment_that_makes_no_sense(position: Position, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute("partial_payment", position, params)
    assert error.value.code == code
    assert error.value.zh and error.value.en


def test_what_is_not_less_is_named_in_figures() -> None:
    with pytest.raises(ReliefError, match=r"¥9,000.00 each time .* ¥8,884.88"):
        compute("partial_payment", loan(paid=3), {"pay": "9000", "months": 3})
