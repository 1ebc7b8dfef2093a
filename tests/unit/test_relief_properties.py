"""What must hold of every relief that puts payments off: no money appears or disappears, nothing is negative."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loans.contract import METHODS
from loans.daycount import DAY_COUNTS
from loans.options import facts_of, outcome_of
from loans.relief import Components, Position, Proposal, ReliefError, compute
from loans.relief.position import add_up
from policies.relief import evaluate
from policies.rulebook import load_rulebook
from tests.unit.relief_positions import after, loan

RULEBOOK = load_rulebook()
TODAY = st.integers(0, 900).map(lambda days: date(2025, 1, 15) + timedelta(days=days))


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """An open loan of any method, somewhere in its life, with whole and part payments."""
    count = draw(st.integers(1, 24))
    method = draw(st.sampled_from([method for method in METHODS if method not in ("balloon", "flat")]))
    fee = draw(st.sampled_from(["0.00", "3.33"]))
    position = loan(
        principal=str(draw(st.decimals("50", "500000", places=2))),
        annual_rate_pct=str(draw(st.decimals("0", "36", places=2))),
        instalments=count,
        method=method,
        day_count=draw(st.sampled_from(DAY_COUNTS)),
        period=draw(st.sampled_from([{"n": 1}, {"n": 1}, {"n": 3}, {"n": 2, "unit": "week"}])),
        first_due_on=draw(st.sampled_from(["2025-02-15", "2025-02-28", "2025-01-31", "2025-03-03"])),
        paid=draw(st.integers(0, count - 1)),
        fee=fee,
        penalty_on=draw(st.lists(st.integers(1, count), max_size=3)),
    )
    position = replace(position, as_of=draw(TODAY))
    return _pay_some(draw, position) if draw(st.booleans()) else position


def _pay_some(draw: st.DrawFn, position: Position) -> Position:
    number = position.unpaid[0].number
    share = draw(st.integers(0, 100))
    instalments = tuple(
        replace(each, paid=_share(each.due, share)) if each.number == number else each
        for each in position.instalments
    )
    return replace(position, instalments=instalments)


def _share(due: Components, percent: int) -> Components:
    cents = Decimal("0.01")
    parts = (due.principal, due.interest, due.fee, due.penalty)
    return Components(*((part * percent / 100).quantize(cents) for part in parts))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """One of the reliefs that put payments off, with parameters."""
    kind = draw(st.sampled_from(["deferral", "extension", "interest_only", "reamortise"]))
    months = draw(st.integers(1, 14))
    term = draw(st.sampled_from(["keep", "extend"]))
    if kind == "reamortise":
        return kind, {"instalments": draw(st.integers(1, 40))}
    if kind == "deferral":
        interest = draw(st.sampled_from(["simple", "capitalised"]))
        placement = draw(st.sampled_from(["first", "spread"]))
        return kind, {"months": months, "interest": interest, "placement": placement, "term": term}
    if kind == "interest_only":
        return kind, {"months": months, "term": term}
    if draw(st.booleans()):
        return kind, {"until": draw(TODAY).isoformat()}
    return kind, {"months": months}


def proposal_for(position: Position, request: tuple[str, dict[str, Any]]) -> Proposal:
    """The proposal, or no example when the loan's state makes no sense of it."""
    assume(not position.is_closed)
    try:
        return compute(request[0], position, request[1])
    except ReliefError as error:
        assert error.code != "closed_loan"
        assume(False)
        raise


@settings(max_examples=300)
@given(positions(), requests())
def test_no_money_appears_or_disappears(position: Position, request: tuple[str, dict[str, Any]]) -> None:
    proposal = proposal_for(position, request)
    before, to_pay = position.outstanding, proposal.totals
    assert to_pay.principal == before.principal + proposal.capitalised_interest
    assert to_pay.fee == before.fee
    assert to_pay.penalty == before.penalty
    assert to_pay.interest >= position.arrears.interest
    paid = add_up(each.paid for each in position.instalments)
    assert add_up(row.amounts for row in proposal.rows if row.kept) == paid
    everything = add_up(row.amounts for row in proposal.rows)
    assert everything.principal == position.principal + proposal.capitalised_interest
    assert proposal.interest_difference == to_pay.interest + proposal.capitalised_interest - before.interest


@settings(max_examples=300)
@given(positions(), requests())
def test_the_new_rows_are_in_order_and_never_negative(
    position: Position, request: tuple[str, dict[str, Any]]
) -> None:
    proposal = proposal_for(position, request)
    for row in proposal.rows:
        assert min(row.principal, row.interest, row.fee, row.penalty, row.balance) >= 0
        assert row.due == row.principal + row.interest + row.fee + row.penalty
    numbers = [row.number for row in proposal.rows]
    assert numbers == sorted(set(numbers))
    due_on = [row.due_on for row in proposal.to_pay]
    assert due_on == sorted(due_on)
    assert due_on[0] >= position.as_of
    assert proposal.rows[-1].balance == 0
    assert after(position, proposal).days_past_due == 0


@given(positions(), requests())
def test_kept_rows_are_exactly_what_was_paid(position: Position, request: tuple[str, dict[str, Any]]) -> None:
    proposal = proposal_for(position, request)
    paid = {each.number: each.paid for each in position.instalments if each.paid.total or each.is_paid}
    assert {row.number: row.amounts for row in proposal.rows if row.kept} == paid


@given(positions(), requests(), requests(), st.integers(0, 40))
def test_interest_carried_by_one_relief_survives_the_next(
    position: Position, first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]], days: int
) -> None:
    once = proposal_for(position, first)
    relieved = after(position, once, position.as_of + timedelta(days=days))
    again = proposal_for(relieved, second)
    assert again.totals.principal == once.totals.principal + again.capitalised_interest
    carried = sum((max(row.interest_carried, Decimal(0)) for row in once.to_pay), Decimal(0))
    assert again.totals.interest + again.capitalised_interest >= carried


@given(positions(), requests())
def test_the_same_request_gives_the_same_figures(
    position: Position, request: tuple[str, dict[str, Any]]
) -> None:
    proposal = proposal_for(position, request)
    assert compute(proposal.kind, position, proposal.params) == proposal


@given(positions(), st.integers(1, 12), st.integers(1, 12))
def test_a_longer_extension_never_costs_less(position: Position, months: int, more: int) -> None:
    short = proposal_for(position, ("extension", {"months": months}))
    long = proposal_for(position, ("extension", {"months": months + more}))
    assert long.interest_difference >= short.interest_difference - Decimal("0.02")
    assert short.interest_difference >= 0


@settings(max_examples=60)
@given(st.lists(st.tuples(requests(), st.integers(0, 45)), min_size=1, max_size=8), st.integers(1, 120))
def test_no_sequence_of_allowed_reliefs_exceeds_the_cumulative_limit(
    steps: list[tuple[tuple[str, dict[str, Any]], int]], term: int
) -> None:
    position = loan(instalments=term, as_of="2025-02-01")
    limit = Decimal(term) if term <= 12 else Decimal(term) / 2 if term <= 60 else Decimal(36)
    for (kind, params), days in steps:
        try:
            proposal = compute(kind, position, params)
        except ReliefError:
            continue
        wanted = [(kind, proposal.params)]
        if not evaluate(RULEBOOK, facts_of(position), wanted, outcome_of(position, proposal)).allowed:
            continue
        total = position.prior_extension_months + proposal.extension_months
        assert total <= limit
        position = replace(
            after(position, proposal, position.as_of + timedelta(days=days)),
            prior_extension_months=total,
            restructure_count=0,
        )
