"""Settlement: the agreed part of what is owed today, in equal parts, without interest from today on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.contract import RateChange
from loans.money import NOTHING, split_evenly
from loans.relief import (
    ChargeWaiver,
    Components,
    OpenCharge,
    OpenInstalment,
    Position,
    Proposal,
    ReliefError,
    compute,
    compute_all,
    position_after,
)
from loans.relief.proposal import NewRow, propose
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import dues, loan

ALL_OF_IT = {"principal_pct": 100, "interest_pct": 100, "penalty_pct": 100, "fee_pct": 100}
FINERACT: dict[str, Any] = {
    **{"principal": "100.00", "annual_rate_pct": "7", "instalments": 6, "rounding": {"mode": "HALF_EVEN"}},
    **{"disbursed_on": "2024-01-01", "first_due_on": "2024-02-01", "as_of": "2024-03-15"},
}


@pytest.mark.parametrize(
    ("vector", "period", "unit"),
    [("FIN-22", 1, "1.00"), ("FIN-23", 1, "1.00"), ("FIN-24", 2, "0.01")],
)
def test_a_loan_without_interest_is_settled_as_fineract_re_ages_it(
    vector: str, period: int, unit: str
) -> None:
    given = inputs(vector)
    position = loan(
        principal=given["outstanding"],
        annual_rate_pct="0",
        instalments=1,
        method="bullet",
        disbursed_on="2024-01-01",
        first_due_on=given["start"],
        as_of="2024-02-20",
        period={"n": period},
        rounding={"mode": "HALF_EVEN", "unit": unit},
    )
    proposal = compute("settlement", position, {"instalments": given["number"]})
    assert [amount for _, amount in dues(proposal)] == expected(vector)
    if "dates" in given:
        assert [day for day, _ in dues(proposal)] == given["dates"]


def test_interest_is_what_is_earned_today_as_fineract_re_ages_payable_interest() -> None:
    given, published = inputs("FIN-26"), expected("FIN-26")
    position = loan(paid=1, **FINERACT)
    assert str(position.outstanding.principal) == given["outstanding_principal"]
    proposal = compute("settlement", position, {**ALL_OF_IT, "instalments": given["number"]})
    assert [str(row.principal) for row in proposal.to_pay] == published["principal_split"]
    assert [str(row.interest) for row in proposal.to_pay] == published["interest_split"]
    assert str(proposal.totals.interest) == published["interest"]
    assert str(proposal.totals.total) == published["total_due"]
    assert proposal.next_due_on.isoformat() == given["start"]
    assert not proposal.waived.total


def all_interest_of_the_old_schedule(position: Position, count: int) -> Proposal:
    """Fineract's re-age with EQUAL_AMORTIZATION_FULL_INTEREST, which none of our products uses.

    The old schedule's interest, with what the overdue principal has earned in the running period, in equal parts.
    """
    paused = replace(position.contract, rate_changes=(RateChange(position.as_of, Decimal(0)),))
    running = position.upcoming[0]
    late = paused.interest(position.arrears.principal, position.accrues_from, running.due_on)
    settled = compute("settlement", position, {**ALL_OF_IT, "instalments": count})
    shares = split_evenly(position.outstanding.interest + late, count, position.rounding)
    rows = [replace(row, interest=interest) for row, interest in zip(settled.to_pay, shares, strict=True)]
    return propose(position, "settlement", {}, rows)


def test_all_interest_of_the_old_schedule_in_equal_parts_as_fineract_re_ages_it() -> None:
    published = expected("FIN-27")
    proposal = all_interest_of_the_old_schedule(loan(paid=1, **FINERACT), inputs("FIN-27")["number"])
    assert [str(row.principal) for row in proposal.to_pay] == published["principal_split"]
    assert [str(row.interest) for row in proposal.to_pay] == published["interest_split"]
    assert str(proposal.totals.interest) == published["interest"]
    assert str(proposal.totals.total) == published["total_due"]


def treated_by_component(position: Position, waived: Components, treatments: dict[str, str]) -> Proposal:
    """frappe/lending's restructure, which none of our products uses: each balance is capitalised, put in the
    first instalment, or stays as it is."""
    left = position.arrears - waived
    unaccrued = position.earned_interest - position.arrears.interest
    capitalised = sum(
        (
            amount
            for name, amount in (
                ("interest", left.interest),
                ("unaccrued", unaccrued),
                ("penalty", left.penalty),
            )
            if treatments[name] == "Capitalize"
        ),
        NOTHING,
    )
    first_extra = unaccrued if treatments["unaccrued"] == "Add To First EMI" else NOTHING
    principal = position.outstanding.principal + capitalised
    row = NewRow(
        0, position.as_of, position.maturity_on, principal, first_extra, NOTHING, NOTHING, NOTHING,
        interest_carried=first_extra,
    )  # fmt: skip
    return propose(position, "treatment", {}, [row], capitalised_interest=capitalised, waived=waived)


def test_balances_treated_one_by_one_as_frappe_restructures() -> None:
    given, published = inputs("FRA-06"), expected("FRA-06")
    principal, unaccrued = Decimal(given["pending_principal"]), Decimal(given["unaccrued"])
    overdue = Components(
        interest=Decimal(given["interest_overdue"]), penalty=Decimal(given["penalty_overdue"])
    )
    position = replace(
        loan(principal=given["disbursed"], as_of="2025-07-01"),
        instalments=(
            OpenInstalment(1, date(2025, 1, 15), date(2025, 6, 15), overdue),
            OpenInstalment(
                2,
                date(2025, 7, 1),
                date(2026, 6, 15),
                Components(principal, unaccrued),
                interest_carried=unaccrued,
            ),
        ),
        charges=(OpenCharge("legal", date(2025, 6, 1), "fee", Decimal(given["charges"])),),
    )
    waived = Components(interest=Decimal(given["interest_waiver"]), penalty=Decimal(given["penalty_waiver"]))
    proposal = treated_by_component(position, waived, given["treatments"])
    restructured = position_after(position, proposal)
    assert str(restructured.outstanding.principal) == published["new_principal"]
    assert str(restructured.earned_interest) == published["first_instalment_extra_interest"]
    assert [str(charge.left) for charge in restructured.charges] == [published["carried_charges"]]
    assert restructured.outstanding.principal <= Decimal(given["disbursed"])
    assert proposal.rows[-1].balance == 0


@pytest.fixture
def late() -> Position:
    charges = (
        OpenCharge("legal", date(2025, 6, 1), "fee", Decimal("300.00")),
        OpenCharge("late", date(2025, 5, 20), "penalty", Decimal("60.00")),
    )
    return loan(paid=3, as_of="2025-07-20", fee="5.00", penalty_on=[4, 5], state={"charges": charges})


def test_penalties_and_fees_are_forgiven_unless_something_else_is_agreed(late: Position) -> None:
    proposal = compute("settlement", late, {})
    assert len(proposal.to_pay) == 1
    # Overdue interest of three instalments, and 5 of 31 days of July's on all principal left, less 41.03 for the
    # same five days on the 24,615.93 that is overdue: they bear a penalty instead.
    interest = Decimal("2038.71") + Decimal("122.75") - Decimal("41.03")
    assert proposal.totals == Components(Decimal("76108.02"), interest)
    # Three overdue fees of 5.00, that of the period now running, and a charge of 300.00; later fees fall away.
    assert proposal.waived == Components(fee=Decimal("320.00"), penalty=Decimal("100.00"))
    assert sorted(waiver.kind for waiver in proposal.waived_charges) == ["late", "legal"]
    assert position_after(late, proposal).charges == ()


def test_charges_are_waived_first_and_what_is_left_of_one_stays_a_charge(late: Position) -> None:
    proposal = compute("settlement", late, {"fee_pct": "20", "penalty_pct": "50"})
    # Of 320.00 in fees 256.00 is waived, all of it of the charge; of 100.00 in penalties 50.00.
    assert proposal.waived_charges == (
        ChargeWaiver("late", date(2025, 5, 20), Decimal("50.00")),
        ChargeWaiver("legal", date(2025, 6, 1), Decimal("256.00")),
    )
    assert proposal.totals.fee == Decimal("20.00") and proposal.totals.penalty == Decimal("40.00")
    left = {charge.kind: charge.left for charge in position_after(late, proposal).charges}
    assert left == {"legal": Decimal("44.00"), "late": Decimal("10.00")}


def test_part_of_the_principal_can_be_forgiven_and_is_stated(late: Position) -> None:
    proposal = compute("settlement", late, {"principal_pct": "62.5", "interest_pct": 0, "instalments": 4})
    assert proposal.totals.principal == Decimal("76108.02") * Decimal("0.625") - Decimal("0.0025")
    assert proposal.waived.principal == Decimal("28540.51")
    assert proposal.rows[-1].balance == 0
    assert [str(row.due) for row in proposal.to_pay] == ["11891.88", "11891.88", "11891.88", "11891.87"]


def test_no_interest_is_earned_after_a_settlement(late: Position) -> None:
    settled = position_after(late, compute("settlement", late, {"instalments": 2}))
    later = compute("extension", settled, {"months": 6})
    assert later.totals == settled.outstanding
    slower = compute("affordable", settled, {"pay": "3000"})
    assert slower.totals == settled.outstanding


def test_past_maturity_instalments_start_a_period_after_today() -> None:
    past = loan(paid=11, as_of="2026-03-31")
    proposal = compute("settlement", past, {"instalments": 2})
    assert [day for day, _ in dues(proposal)] == ["2026-04-30", "2026-05-31"]
    assert proposal.totals.interest == Decimal("87.97")


def test_a_bullet_loan_is_settled_in_equal_parts_and_a_part_of_them_can_move() -> None:
    position = loan(method="bullet", paid=6, as_of="2025-08-01")
    proposal = compute_all([("extension", {"months": 1}), ("settlement", {"instalments": 3})], position)
    assert [str(row.principal) for row in proposal.to_pay] == ["33333.33", "33333.33", "33333.34"]
    assert [day for day, _ in dues(proposal)] == ["2025-09-15", "2025-09-15", "2025-10-15"]


@pytest.mark.parametrize(
    ("position", "params", "code"),
    [
        (loan(paid=12), {}, "closed_loan"),
        (loan(paid=3), {"principal_pct": 0, "interest_pct": 0}, "nothing_to_pay"),
        (loan(principal="1.00", instalments=1), {"instalments": 150}, "too_many_instalments"),
        (loan(paid=3), {"principal_pct": "-1"}, "bad_param"),
        (loan(paid=3), {"interest_pct": "100.01"}, "bad_param"),
        (loan(paid=3), {"fee_pct": "33.333"}, "bad_param"),
        (loan(paid=3), {"penalty_pct": 0.5}, "bad_param"),
        (loan(paid=3), {"penalty_pct": "half"}, "bad_param"),
        (loan(paid=3), {"instalments": 0}, "bad_param"),
        (loan(paid=3), {"pay": "1"}, "unknown_param"),
    ],
)
def test_a_settlement_that_makes_no_sense(position: Position, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ReliefError) as error:
        compute("settlement", position, params)
    assert error.value.code == code
    assert error.value.zh and error.value.en
