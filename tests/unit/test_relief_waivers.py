"""What must hold of waivers, settlements and plans of what one can pay, on every loan."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loans.contract import amortise
from loans.money import CENT, NOTHING
from loans.relief import Components, Position, Proposal, ReliefError, compute, position_after
from loans.relief.dates import next_dates
from loans.relief.position import add_up
from tests.unit.loan_strategies import open_loans
from tests.unit.relief_strategies import positions, proposal_for, requests

COMPONENTS = ("principal", "interest", "fee", "penalty")
PERCENT = st.one_of(st.sampled_from([0, 50, 100]), st.decimals("0", "100", places=2).map(str))
PAY = st.decimals("5", "60000", places=2)


def charges_of(position: Position) -> Components:
    """What is left of the charges outside the instalments."""
    return add_up(Components(**{charge.component: charge.left}) for charge in position.charges)


def rounded_part(amount: Decimal, percent: Any) -> Decimal:
    part: Decimal = (amount * Decimal(percent) / 100).quantize(CENT, ROUND_HALF_UP)
    return part


@settings(max_examples=200)
@given(positions(), PERCENT, PERCENT, PERCENT)
def test_a_waiver_takes_away_what_it_states_and_nothing_else(
    position: Position, penalty: Any, fee: Any, interest: Any
) -> None:
    proposal = proposal_for(position, ("waive", {"penalty": penalty, "fee": fee, "interest": interest}))
    relieved = position_after(position, proposal)
    before = position.outstanding + charges_of(position)
    assert relieved.outstanding + charges_of(relieved) == before - proposal.waived
    assert proposal.waived.penalty == rounded_part(before.penalty, penalty)
    assert proposal.waived.fee == rounded_part(before.fee, fee)
    assert proposal.waived.interest <= before.interest
    assert proposal.waived.principal == 0
    assert [row.due_on for row in proposal.to_pay if row.principal] == [
        each.due_on for each in position.unpaid if each.unpaid.principal
    ]
    in_charges = sum((waiver.amount for waiver in proposal.waived_charges), NOTHING)
    assert in_charges == charges_of(position).total - charges_of(relieved).total


@settings(max_examples=200)
@given(positions())
def test_interest_to_come_is_never_waived(position: Position) -> None:
    proposal = proposal_for(position, ("waive", {"interest": 100}))
    for each in position.upcoming:
        if each.from_date >= position.as_of and each.interest_carried <= 0:
            left = sum((row.interest for row in proposal.to_pay if row.due_on == each.due_on), NOTHING)
            assert left >= each.unpaid.interest


@settings(max_examples=200)
@given(positions())
def test_what_is_waived_once_cannot_be_waived_again(position: Position) -> None:
    everything = {"penalty": 100, "fee": 100, "interest": 100}
    once = position_after(position, proposal_for(position, ("waive", everything)))
    assume(not once.is_closed)
    try:
        again = compute("waive", once, everything)
    except ReliefError as error:
        assert error.code == "nothing_to_waive"
    else:
        raise AssertionError(again.waived)


@settings(max_examples=200)
@given(positions(), PERCENT, PERCENT, PERCENT, PERCENT, st.integers(1, 24))
def test_a_settlement_asks_for_the_stated_part_of_each_component(
    position: Position, principal: Any, interest: Any, fee: Any, penalty: Any, count: int
) -> None:
    percents = {"principal": principal, "interest": interest, "fee": fee, "penalty": penalty}
    params = {**{f"{name}_pct": percent for name, percent in percents.items()}, "instalments": count}
    proposal = proposal_for(position, ("settlement", params))
    settled = position_after(position, proposal)
    paid = proposal.totals + charges_of(settled)
    owed = paid + proposal.waived
    due = replace(position.outstanding, fee=position.begun_fees) + charges_of(position)
    assert replace(owed, interest=NOTHING) == replace(due, interest=NOTHING)
    for name, percent in percents.items():
        whole, part = getattr(owed, name), getattr(paid, name)
        assert whole - part == rounded_part(whole, 100 - Decimal(percent))
    assert proposal.totals.interest <= max(position.earned_interest, owed.interest)
    assert len(proposal.to_pay) == count
    assert (
        max(row.due for row in proposal.to_pay) - min(row.due for row in proposal.to_pay) <= 4 * count * CENT
    )
    assert proposal.rows[-1].balance == 0


@settings(max_examples=200)
@given(positions(), st.integers(1, 12), st.integers(0, 400))
def test_a_settled_loan_earns_no_interest(position: Position, count: int, days: int) -> None:
    settled = position_after(position, proposal_for(position, ("settlement", {"instalments": count})))
    contract = settled.contract
    assert contract.interest(Decimal(100000), settled.as_of, settled.maturity_on) == 0
    again = position_after(settled, compute("settlement", settled, {"instalments": 1}))
    assert replace(again.outstanding, fee=NOTHING, penalty=NOTHING) == settled.outstanding


@settings(max_examples=200)
@given(positions(), PAY)
def test_no_instalment_is_more_than_can_be_paid(position: Position, pay: Decimal) -> None:
    proposal = proposal_for(position, ("affordable", {"pay": str(pay)}))
    *level, last = [row.due for row in proposal.to_pay]
    assert set(level) <= {pay}
    assert 0 < last <= pay
    assert_only_interest_changes(position, proposal)


@settings(max_examples=200)
@given(open_loans(fees=("0.00",)), PAY)
def test_one_instalment_fewer_would_not_do(position: Position, pay: Decimal) -> None:
    assume(position.method != "flat" and not position.overdue and not position.outstanding.penalty)
    assume(not position.prepaid_interest)
    proposal = proposal_for(position, ("affordable", {"pay": str(pay)}))
    count = len(proposal.to_pay)
    assume(count > 1)
    contract = replace(position.contract, method="annuity")
    start, principal = position.accrues_from, position.outstanding.principal
    fewer = amortise(principal, start, next_dates(position, count - 1), contract, level=pay)
    assume(all(part.principal + part.interest <= pay for part in fewer[:-1]))
    assert fewer[-1].principal + fewer[-1].interest > pay


@settings(max_examples=200)
@given(positions(), st.integers(1, 99), st.integers(1, 6), st.sampled_from(["keep", "extend"]))
def test_less_is_paid_for_the_months_agreed(position: Position, percent: int, months: int, term: str) -> None:
    assume(position.upcoming)
    pay = max(rounded_part(position.upcoming[0].unpaid.total, percent), CENT)
    params = {"pay": str(pay), "months": months, "term": term}
    proposal = proposal_for(position, ("partial_payment", params))
    end = position.months_later(position.upcoming[0].due_on, months)
    assert {row.due for row in proposal.to_pay if row.due_on < end} == {pay}
    if term == "keep":
        assert proposal.new_maturity == position.maturity_on
    assert_only_interest_changes(position, proposal)


def assert_only_interest_changes(position: Position, proposal: Proposal) -> None:
    before = position.outstanding
    assert replace(proposal.totals, interest=before.interest) == before
    assert not proposal.waived.total
    own = sum((row.interest - row.interest_carried for row in proposal.to_pay), NOTHING)
    owed = position.earned_interest - position.prepaid_interest
    assert proposal.totals.interest == max(own + owed, NOTHING)


@settings(max_examples=100)
@given(positions(), requests("waive", "settlement", "partial_payment", "affordable"), requests())
def test_the_next_relief_starts_from_what_this_one_left(
    position: Position, first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]]
) -> None:
    once = proposal_for(position, first)
    relieved = position_after(position, once)
    assume(not relieved.is_closed)
    assert relieved.outstanding == once.totals
    again = proposal_for(relieved, second)
    assert (
        again.totals.principal + again.waived.principal == once.totals.principal + again.capitalised_interest
    )
    for row in again.rows:
        assert min(row.principal, row.interest, row.fee, row.penalty, row.balance) >= 0


@given(positions(), requests("waive", "settlement", "partial_payment", "affordable", "credit_protection"))
def test_the_same_request_gives_the_same_proposal(
    position: Position, request: tuple[str, dict[str, Any]]
) -> None:
    proposal = proposal_for(position, request)
    assert compute(proposal.kind, position, proposal.params) == proposal


@given(positions(), st.integers(1, 24))
def test_protecting_the_credit_record_changes_no_figure(position: Position, months: int) -> None:
    proposal = proposal_for(position, ("credit_protection", {"months": months}))
    protected = position_after(position, proposal)
    assert protected.outstanding == position.outstanding and protected.charges == position.charges
    assert protected.days_past_due == position.days_past_due
    assert (protected.earned_interest, protected.prepaid_interest) == (
        position.earned_interest,
        position.prepaid_interest,
    )
    assert all(getattr(proposal.waived, name) == 0 for name in COMPONENTS)


@given(positions(), st.decimals("-1000", "0", places=2))
def test_negative_parameters_are_refused_in_both_languages(position: Position, given_number: Decimal) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("waive", {"penalty": str(given_number), "fee": "-0.01"}),
        ("settlement", {"principal_pct": str(given_number - 1)}),
        ("settlement", {"instalments": int(given_number)}),
        ("affordable", {"pay": str(given_number)}),
        ("partial_payment", {"pay": str(given_number), "months": 3}),
        ("credit_protection", {"months": int(given_number)}),
    ]
    for kind, params in asked:
        try:
            compute(kind, position, params)
        except ReliefError as error:
            assert error.code == "bad_param" and error.zh and error.en
        else:
            raise AssertionError(kind)
