"""Waivers: what is forgiven is stated to the cent, and nothing else changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.relief import (
    ChargeWaiver,
    Components,
    OpenCharge,
    Position,
    ReliefError,
    compute,
    compute_all,
    position_after,
)
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import dues, loan, pay


@pytest.fixture
def late() -> Position:
    return loan(paid=3, as_of="2025-07-20", fee="5.00", penalty_on=[4, 5])


def with_charges(position: Position, *charges: tuple[str, str, str, str]) -> Position:
    """The position with (kind, due_on, component, left) outside its instalments."""
    left = tuple(
        OpenCharge(kind, date.fromisoformat(day), component, Decimal(amount))
        for kind, day, component, amount in charges
    )
    return Position(**{**vars_of(position), "charges": left})


def vars_of(position: Position) -> dict[str, Any]:
    return {name: getattr(position, name) for name in position.__dataclass_fields__}


@pytest.mark.parametrize("percent", ["50", "100"])
def test_a_penalty_waiver_is_rounded_and_the_rest_is_what_is_left(percent: str) -> None:
    penalty = Components(principal=Decimal("1000.00"), penalty=Decimal(inputs("TXT-15")["penalty"]))
    position = loan(principal="1000.00", instalments=1, annual_rate_pct="0", as_of="2025-03-01")
    owed = tuple(type(each)(1, each.from_date, each.due_on, penalty) for each in position.instalments)
    proposal = compute("waive", Position(**{**vars_of(position), "instalments": owed}), {"penalty": percent})
    assert [str(proposal.waived.penalty), str(proposal.totals.penalty)] == expected("TXT-15")[f"{percent}%"]


def test_penalties_go_and_everything_else_stays_where_it_was(late: Position) -> None:
    proposal = compute("waive", late, {"penalty": 100})
    assert proposal.waived == Components(penalty=Decimal("40.00"))
    assert proposal.totals == late.outstanding - proposal.waived
    assert [row.due_on for row in proposal.to_pay] == [each.due_on for each in late.unpaid]
    assert proposal.extension_months == 0 and proposal.interest_difference == 0
    assert proposal.params == {"penalty": "100", "fee": "0", "interest": "0"}


def test_the_oldest_debt_is_forgiven_first_whether_it_is_in_an_instalment_or_not(late: Position) -> None:
    position = with_charges(
        late, ("late", "2025-05-20", "penalty", "30.00"), ("legal", "2025-06-01", "fee", "9.00")
    )
    proposal = compute("waive", position, {"penalty": "50"})
    # Half of 70.00: the 20.00 of 15 May, then 15.00 of the charge of 20 May.
    assert [row.penalty for row in proposal.to_pay[:2]] == [0, 20]
    assert proposal.waived_charges == (ChargeWaiver("late", date(2025, 5, 20), Decimal("15.00")),)
    assert proposal.waived == Components(penalty=Decimal("35.00"))
    left = {charge.kind: charge.left for charge in position_after(position, proposal).charges}
    assert left == {"late": Decimal("15.00"), "legal": Decimal("9.00")}


def test_every_unpaid_fee_can_be_forgiven(late: Position) -> None:
    position = with_charges(late, ("legal", "2025-06-01", "fee", "9.00"))
    proposal = compute("waive", position, {"fee": "100"})
    assert proposal.waived == Components(fee=Decimal("54.00"))
    assert proposal.totals.fee == 0
    assert position_after(position, proposal).charges == ()


def test_only_interest_earned_by_today_is_forgiven(late: Position) -> None:
    proposal = compute("waive", late, {"interest": 100})
    # Three overdue instalments, and 5 of 30 days of the 514.92 due on 15 August.
    assert proposal.waived.interest == Decimal("2038.71") + Decimal("85.82")
    assert [str(row.interest) for row in proposal.to_pay[:5]] == ["0.00", "0.00", "0.00", "429.10", "431.22"]
    assert proposal.interest_difference == -proposal.waived.interest
    with pytest.raises(ReliefError, match="nothing to waive"):
        compute("waive", loan(paid=3, as_of="2025-04-15"), {"interest": 100})


def test_interest_forgiven_is_not_asked_for_again_by_the_next_relief(late: Position) -> None:
    plain = ("interest_only", {"months": 2})
    waived = compute_all([("waive", {"interest": 100}), plain], late)
    assert waived.waived.interest == Decimal("2124.53")
    assert waived.totals.interest == compute_all([plain], late).totals.interest - waived.waived.interest


def test_a_penalty_is_forgiven_and_the_instalments_move_in_one_step(late: Position) -> None:
    proposal = compute_all([("extension", {"months": 2}), ("waive", {"penalty": 100})], late)
    assert proposal.kind == "waive+extension"
    assert proposal.waived == Components(penalty=Decimal("40.00"))
    assert proposal.totals.penalty == 0
    assert proposal.totals.fee == late.outstanding.fee
    assert position_after(late, proposal).days_past_due == 0


def test_an_instalment_of_which_nothing_is_left_goes() -> None:
    position = pay(
        loan(paid=3, as_of="2025-07-20", penalty_on=[4]), 4, principal="8123.80", interest="761.08"
    )
    proposal = compute("waive", position, {"penalty": 100})
    assert dues(proposal)[0][0] == "2025-06-15"
    assert len(proposal.to_pay) == 8


def test_a_loan_that_owes_only_a_penalty_is_settled_by_its_waiver() -> None:
    position = pay(
        loan(paid=11, as_of="2026-02-01", penalty_on=[12]), 12, principal="8796.88", interest="87.97"
    )
    proposal = compute("waive", position, {"penalty": 100})
    assert dues(proposal) == [("2026-01-15", "0.00")]
    assert position_after(position, proposal).is_closed
    with pytest.raises(ReliefError) as error:
        compute_all([("waive", {"penalty": 100}), ("affordable", {"pay": "10"})], position)
    assert error.value.code == "nothing_left"


@pytest.mark.parametrize(
    ("position", "params", "code"),
    [
        (loan(paid=12), {"penalty": 50}, "closed_loan"),
        (loan(paid=3), {"penalty": 50, "fee": 100}, "nothing_to_waive"),
        (loan(paid=3), {}, "bad_param"),
        (loan(paid=3), {"penalty": 0}, "bad_param"),
        (loan(paid=3), {"penalty": "-5"}, "bad_param"),
        (loan(paid=3), {"interest": "101"}, "bad_param"),
        (loan(paid=3), {"interest": "nan"}, "bad_param"),
        (loan(paid=3), {"fee": True}, "bad_param"),
        (loan(paid=3), {"principal": 50}, "unknown_param"),
    ],
)
def test_a_waiver_that_makes_no_sense(position: Position, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute("waive", position, params)
    assert error.value.code == code
    assert error.value.zh and error.value.en


def test_protection_of_the_credit_record_moves_no_payment(late: Position) -> None:
    proposal = compute("credit_protection", late, {"months": 3})
    assert [(row.due_on, row.amounts) for row in proposal.to_pay] == [
        (each.due_on, each.unpaid) for each in late.unpaid
    ]
    assert proposal.totals == late.outstanding and proposal.terms == late.terms
    assert proposal.extension_months == 0 and proposal.params == {"months": 3}
    for months in (0, "-3", None):
        with pytest.raises(ReliefError, match="whole number of months"):
            compute("credit_protection", late, {"months": months})
