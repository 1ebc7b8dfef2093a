"""What must hold of every relief on every loan: no money appears or disappears, nothing is negative."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loans.options import facts_of, outcome_of
from loans.relief import KINDS, Components, Position, Proposal, ReliefError, compute, compute_all
from loans.relief.position import add_up
from loans.relief.registry import MODULES
from policies.kinds import PARAMS
from policies.relief import evaluate
from policies.rulebook import load_rulebook
from tests.unit.relief_positions import after, loan
from tests.unit.relief_strategies import COMBINATIONS, Request, positions, proposal_for, requests

RULEBOOK = load_rulebook()
WANTED = st.one_of(requests().map(lambda request: [request]), COMBINATIONS)


def waived_in_instalments(position: Position, proposal: Proposal) -> Components:
    """What is forgiven of the instalments, charges outside them apart."""
    outside = {"fee": Decimal(0), "penalty": Decimal(0)}
    component = {(charge.kind, charge.due_on): charge.component for charge in position.charges}
    for waiver in proposal.waived_charges:
        outside[component[waiver.kind, waiver.due_on]] += waiver.amount
    return proposal.waived - Components(**outside)


def test_the_engine_and_the_rulebook_know_the_same_kinds_with_the_same_parameters() -> None:
    assert {module.KIND: module.PARAMS for module in MODULES} == dict(PARAMS)
    assert set(KINDS) == set(PARAMS)


@given(positions(), WANTED)
def test_no_money_appears_or_disappears(position: Position, wanted: list[Request]) -> None:
    proposal = proposal_for(position, *wanted)
    before, to_pay = position.outstanding, proposal.totals
    waived = waived_in_instalments(position, proposal)
    assert to_pay.principal == before.principal + proposal.capitalised_interest - waived.principal
    fallen_away = before.fee - waived.fee - to_pay.fee
    settles = any(kind == "settlement" for kind, _ in wanted)
    assert 0 <= fallen_away <= (before.fee - position.begun_fees if settles else 0)
    assert to_pay.penalty == before.penalty - waived.penalty
    assert to_pay.interest >= position.arrears.interest - waived.interest
    assert to_pay == add_up(row.amounts for row in proposal.to_pay)
    paid = add_up(each.paid for each in position.instalments)
    assert add_up(row.amounts for row in proposal.rows if row.kept) == paid
    assert proposal.interest_difference == to_pay.interest + proposal.capitalised_interest - before.interest


@given(positions(), WANTED)
def test_the_new_rows_are_in_order_and_never_negative(position: Position, wanted: list[Request]) -> None:
    proposal = proposal_for(position, *wanted)
    for row in proposal.rows:
        assert min(row.principal, row.interest, row.fee, row.penalty, row.balance) >= 0
        assert row.due == row.principal + row.interest + row.fee + row.penalty
    numbers = [row.number for row in proposal.rows]
    assert numbers == sorted(set(numbers))
    due_on = [row.due_on for row in proposal.to_pay]
    assert due_on == sorted(due_on)
    assert proposal.rows[-1].balance == 0
    assert min(proposal.waived.principal, proposal.waived.interest) >= 0
    assert min(proposal.waived.fee, proposal.waived.penalty) >= 0


@given(positions(), WANTED)
def test_nothing_is_asked_for_on_a_day_gone_by_but_what_was_overdue_then(
    position: Position, wanted: list[Request]
) -> None:
    relieved = after(position, proposal_for(position, *wanted))
    assert relieved.days_past_due <= position.days_past_due
    due: dict[object, Decimal] = {}
    for each in position.overdue:
        due[each.due_on] = due.get(each.due_on, Decimal(0)) + each.unpaid.total
    for each in relieved.overdue:
        due[each.due_on] -= each.unpaid.total
    assert min(due.values(), default=Decimal(0)) >= 0


@given(positions(), WANTED)
def test_kept_rows_are_exactly_what_was_paid(position: Position, wanted: list[Request]) -> None:
    proposal = proposal_for(position, *wanted)
    paid = {each.number: each.paid for each in position.instalments if each.paid.total}
    assert {row.number: row.amounts for row in proposal.rows if row.kept and row.due} == paid


@given(positions(most_reliefs=1), requests(), st.integers(0, 40))
def test_interest_carried_by_one_relief_survives_the_next(
    position: Position, request: Request, days: int
) -> None:
    relieved = replace(position, as_of=position.as_of + timedelta(days=days))
    again = proposal_for(relieved, request)
    carried = sum(
        (each.interest_carried - each.paid.interest for each in relieved.upcoming), relieved.arrears.interest
    )
    assert again.totals.interest + again.capitalised_interest + again.waived.interest >= carried


@given(positions(), WANTED)
def test_the_same_request_gives_the_same_figures(position: Position, wanted: list[Request]) -> None:
    proposal = proposal_for(position, *wanted)
    assert compute_all([(step.kind, step.params) for step in proposal.steps], position) == proposal


@given(positions(), st.integers(1, 12), st.integers(1, 12))
def test_a_longer_extension_never_costs_less(position: Position, months: int, more: int) -> None:
    short = proposal_for(position, ("extension", {"months": months}))
    long = proposal_for(position, ("extension", {"months": months + more}))
    assert long.interest_difference >= short.interest_difference - Decimal("0.02")
    assert short.interest_difference >= 0


@given(st.lists(st.tuples(requests(), st.integers(0, 45)), min_size=1, max_size=8), st.integers(1, 120))
def test_no_sequence_of_allowed_reliefs_exceeds_the_cumulative_limit(
    steps: list[tuple[Request, int]], term: int
) -> None:
    position = loan(instalments=term, as_of="2025-02-01")
    limit = Decimal(term) if term <= 12 else Decimal(term) / 2 if term <= 60 else Decimal(36)
    for (kind, params), days in steps:
        try:
            proposal = compute(kind, position, params)
            facts = facts_of(position)
        except ReliefError:
            continue
        wanted = [(kind, proposal.params)]
        if not evaluate(RULEBOOK, facts, wanted, outcome_of(position, proposal)).allowed:
            continue
        total = position.prior_extension_months + proposal.extension_months
        is_new_contract = kind == "renewal"
        assert is_new_contract or not proposal.extension_months or total <= limit
        position = replace(
            after(position, proposal, position.as_of + timedelta(days=days)),
            prior_extension_months=total,
            restructure_count=0,
        )
