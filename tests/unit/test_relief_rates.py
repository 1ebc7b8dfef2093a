"""Rate cuts and interest pauses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loans.contract import RateChange, amortise
from loans.money import NOTHING
from loans.relief import NewRow, Position, Proposal, ReliefError, Wanted, compute, compute_all
from loans.relief.rates import changed_rates, highest_rate, lasting_rate
from tests.unit.loan_vectors import expected, inputs
from tests.unit.relief_positions import after, dues, loan, pay
from tests.unit.relief_strategies import MONTHS, RATE, positions, proposal_for

FINERACT: dict[str, Any] = {
    **{"principal": "100.00", "annual_rate_pct": "7", "instalments": 6, "rounding": {"mode": "HALF_EVEN"}},
    **{"disbursed_on": "2024-01-01", "first_due_on": "2024-02-01", "as_of": "2024-02-01"},
}


def day_earlier(fineract: str) -> str:
    """Apache Fineract counts day d as the time from d-1 to d; here it is the time from d to d+1."""
    return (date.fromisoformat(fineract) - timedelta(days=1)).isoformat()


def figures(row: NewRow) -> list[str]:
    """A row as the vectors write it: principal, interest, due, balance."""
    return [str(row.principal), str(row.interest), str(row.due), str(row.balance)]


def total_interest(proposal: Proposal) -> str:
    """All interest of the loan's life, paid and to come."""
    return str(sum((row.interest for row in proposal.rows), NOTHING))


def paused(vector: str) -> Proposal:
    first, last = (day_earlier(day) for day in inputs(vector)["pause"])
    return compute("interest_pause", loan(paid=1, **FINERACT), {"from": first, "until": last})


@pytest.mark.parametrize("vector", ["FIN-10", "FIN-11", "FIN-12"])
def test_an_interest_pause_keeps_the_instalment_and_shrinks_the_last_as_in_fineract(vector: str) -> None:
    proposal = paused(vector)
    assert [figures(row) for row in proposal.to_pay] == expected(vector)["rows_2_to_6"]
    assert total_interest(proposal) == expected(vector)["total_interest"]


@pytest.mark.parametrize("vector", ["FIN-13", "FIN-14"])
def test_a_rate_cut_makes_the_instalment_smaller_as_in_fineract(vector: str) -> None:
    wanted = {
        "annual_rate_pct": inputs(vector)["new_rate_pct"],
        "from": day_earlier(inputs(vector)["reschedule_from"]),
    }
    proposal = compute("reduce_rate", loan(paid=1, **FINERACT), wanted)
    assert [figures(row) for row in proposal.to_pay] == expected(vector)["rows_2_to_6"]
    assert total_interest(proposal) == expected(vector)["total_interest"]


def test_a_rate_cut_on_the_textbook_loan() -> None:
    wanted = {"annual_rate_pct": inputs("TXT-10")["new_rate_pct"], "from": "2025-04-15"}
    proposal = compute("reduce_rate", loan(paid=3), wanted)
    published = expected("TXT-10")
    assert {str(row.due) for row in proposal.to_pay[:-1]} == {published["instalment"]}
    assert str(proposal.to_pay[-1].due) == published["last_instalment"]
    assert str(proposal.totals.interest) == published["total_interest"]
    assert str(-proposal.interest_difference) == published["saving"]
    assert (proposal.extension_months, proposal.capitalised_interest) == (0, 0)


def test_a_rate_cut_on_flat_interest() -> None:
    given = inputs("FIN-42")
    position = loan(
        principal=given["principal"],
        annual_rate_pct=given["annual_rate_pct"],
        instalments=given["number_of_instalments"],
        method="flat",
        disbursed_on="2023-07-01",
        first_due_on="2023-08-01",
        as_of="2023-08-01",
        paid=1,
    )
    # Theirs changes the interest of the instalment due on that day: the month before it.
    wanted = {"annual_rate_pct": given["new_rate_pct"], "from": "2023-08-01"}
    proposal = compute("reduce_rate", position, wanted)
    assert [str(row.interest) for row in proposal.rows] == expected("FIN-42")["interest"]
    assert [str(row.due) for row in proposal.rows] == expected("FIN-42")["due"]
    assert str(sum((row.due for row in proposal.rows), NOTHING)) == expected("FIN-42")["total_due"]


def test_a_re_age_that_overlaps_a_pause_is_what_amortise_makes_of_their_level_instalment() -> None:
    # Theirs computes the level instalment without the pause and over the overdue interest; ours would not.
    given, published = inputs("FIN-28"), expected("FIN-28")
    position = after(loan(paid=1, **FINERACT), paused("FIN-12"), given["reage_on"])
    principal, overdue = Decimal(given["outstanding_principal"]), position.arrears.interest
    start = date.fromisoformat(given["reage_on"])
    dates = [date(2024, month, 1) for month in range(4, 10)]
    plain = replace(position.contract, rate_changes=())
    level = amortise(principal, start, dates, plain, carried_interest=overdue)[1]
    parts = amortise(
        principal,
        start,
        dates,
        position.contract,
        carried_interest=overdue,
        level=level.principal + level.interest,
    )
    rows = [
        [str(each) for each in (part.principal, part.interest, part.principal + part.interest, part.balance)]
        for part in parts
    ]
    assert rows == published["rows"]
    assert rows[0][2] == published["instalment"]


def test_a_rate_cut_within_a_period_counts_each_rate_for_its_own_days() -> None:
    proposal = compute("reduce_rate", loan(paid=3), {"annual_rate_pct": "6"})
    first = proposal.to_pay[0]
    # 16 of the 30 days from 15 April are before 1 May: 761.08 * 16/30 + 380.54 * 14/30.
    assert first.interest == Decimal("583.49")
    assert proposal.terms.rate_changes == (RateChange(date(2025, 5, 1), Decimal(6)),)


def test_what_is_overdue_stays_where_it_is_and_is_not_made_cheaper() -> None:
    late = loan(paid=3, as_of="2025-06-20", fee="5.00", penalty_on=[4])
    for kind, params in (("reduce_rate", {"annual_rate_pct": "6"}), ("interest_pause", {"months": 2})):
        proposal = compute(kind, late, params)
        assert [(row.due_on, row.amounts) for row in proposal.to_pay[:2]] == [
            (each.due_on, each.unpaid) for each in late.overdue
        ]
        assert after(late, proposal).days_past_due == late.days_past_due
        assert proposal.totals.principal == late.outstanding.principal
        assert [row.fee for row in proposal.to_pay] == [Decimal("5.00")] * 9


@pytest.mark.parametrize("kind", ["reduce_rate", "interest_pause"])
def test_instalments_that_were_moved_or_paid_in_part_keep_their_principal(kind: str) -> None:
    moved = after(loan(paid=3), compute("extension", loan(paid=3), {"months": 2}))
    part_paid = pay(loan(paid=3), 4, interest="761.08", principal="1000.00")
    params = {"annual_rate_pct": "6"} if kind == "reduce_rate" else {"months": 2}
    for position in (moved, part_paid):
        proposal = compute(kind, position, params)
        for row, old in zip(proposal.to_pay, position.upcoming, strict=True):
            assert row.principal == old.unpaid.principal
            assert row.interest <= old.unpaid.interest


def test_an_interest_only_time_stays_one_when_the_rate_falls() -> None:
    position = after(loan(paid=3), compute("interest_only", loan(paid=3), {"months": 3}))
    proposal = compute("reduce_rate", position, {"annual_rate_pct": "6", "from": "2025-04-15"})
    assert [str(row.due) for row in proposal.to_pay[:3]] == ["380.54"] * 3
    assert len({row.due for row in proposal.to_pay[3:-1]}) == 1


def test_a_balloon_stays_as_large_as_it_was_when_the_rate_falls() -> None:
    position = loan(method="balloon", balloon="40000.00", paid=3)
    proposal = compute("reduce_rate", position, {"annual_rate_pct": "6", "from": "2025-04-15"})
    level = proposal.to_pay[0].due
    assert level < position.upcoming[0].unpaid.total
    assert {row.due for row in proposal.to_pay[:-1]} == {level}
    assert abs(proposal.to_pay[-1].due - level - 40000) < 1


def test_a_bullet_loan_pays_no_interest_in_a_pause_and_the_principal_on_the_same_day() -> None:
    position = loan(method="bullet", paid=3)
    proposal = compute("interest_pause", position, {"months": 3})
    assert [str(row.interest) for row in proposal.to_pay[:5]] == [
        *("1000.00", "0.00", "0.00", "0.00", "1000.00")
    ]
    assert proposal.to_pay[-1].principal == position.outstanding.principal
    assert proposal.new_maturity == proposal.old_maturity


def test_a_long_pause_repays_sooner() -> None:
    position = loan(paid=1, annual_rate_pct="36", as_of="2025-02-20")
    proposal = compute("interest_pause", position, {"months": 11})
    assert proposal.new_maturity < proposal.old_maturity
    assert proposal.totals.principal == position.outstanding.principal
    assert {row.due for row in proposal.to_pay[:-1]} == {position.upcoming[0].unpaid.total}
    assert 0 < proposal.to_pay[-1].due < proposal.to_pay[0].due


def test_months_without_interest_begin_on_the_next_due_date_and_days_today() -> None:
    by_months = compute("interest_pause", loan(paid=3), {"months": "2"})
    assert by_months.params == {"months": 2, "from": "2025-05-15"}
    assert [change.from_date.isoformat() for change in by_months.terms.rate_changes] == [
        *("2025-05-15", "2025-07-15")
    ]
    by_days = compute("interest_pause", loan(paid=3), {"until": "2025-06-30"})
    assert by_days.params == {"from": "2025-05-01", "until": "2025-06-30"}
    last = compute("interest_pause", loan(paid=11, as_of="2026-01-01"), {"months": 1})
    assert last.params["from"] == "2026-01-01"


def test_pauses_that_overlap_are_one() -> None:
    once = compute("interest_pause", loan(paid=3), {"from": "2025-06-01", "until": "2025-07-10"})
    relieved = after(loan(paid=3), once)
    twice = compute("interest_pause", relieved, {"from": "2025-07-01", "until": "2025-07-31"})
    assert twice.terms.rate_changes == (
        RateChange(date(2025, 6, 1), Decimal(0)),
        RateChange(date(2025, 8, 1), Decimal(12)),
    )
    with pytest.raises(ReliefError) as error:
        compute("interest_pause", relieved, {"from": "2025-06-20", "until": "2025-07-10"})
    assert error.value.code == "already_paused"


def test_a_rate_cut_during_a_pause_holds_from_its_end() -> None:
    pause = compute("interest_pause", loan(paid=3), {"from": "2025-05-15", "until": "2025-08-14"})
    relieved = after(loan(paid=3), pause, "2025-06-01")
    cut = compute("reduce_rate", relieved, {"annual_rate_pct": "6"})
    assert cut.terms.rate_changes == (
        RateChange(date(2025, 5, 15), Decimal(0)),
        RateChange(date(2025, 8, 15), Decimal(6)),
    )


def test_later_reliefs_count_by_the_rates_agreed_before() -> None:
    cut = compute("reduce_rate", loan(paid=3), {"annual_rate_pct": "6", "from": "2025-04-15"})
    deferral = compute("deferral", after(loan(paid=3), cut), {"months": 3, "placement": "first"})
    # Three months of 380.54 and the interest of the first new period.
    assert deferral.to_pay[0].interest == Decimal("1522.16")
    pause = compute("interest_pause", loan(paid=3), {"from": "2025-05-15", "until": "2025-07-14"})
    extension = compute("extension", after(loan(paid=3), pause), {"months": 3})
    # 8123.80 of principal wait three months, and 31 of their 92 days bear interest.
    moved = next(row for row in extension.to_pay if row.due_on == date(2025, 8, 15) and row.interest_carried)
    assert moved.interest - moved.interest_carried == Decimal("82.12")


def test_interest_free_time_can_be_added_to_the_end_of_a_bullet_loan() -> None:
    position = loan(method="bullet", paid=11, as_of="2026-01-05")
    wanted: list[Wanted] = [
        ("extension", {"months": 3}),
        ("interest_pause", {"from": "2026-01-15", "until": "2026-04-14"}),
    ]
    proposal = compute_all(wanted, position)
    assert dues(proposal)[0] == ("2026-01-15", "1000.00")
    assert dues(proposal)[-1] == ("2026-04-15", "100000.00")
    assert proposal.interest_difference == 0


def test_a_rate_that_changes_no_payment_is_no_relief() -> None:
    position = loan(method="bullet", paid=11, as_of="2026-01-05")
    beyond = ("interest_pause", {"from": "2026-01-15", "until": "2026-04-14"})
    with pytest.raises(ReliefError) as error:
        compute_all([beyond], position)
    assert error.value.code == "nothing_changes"


def test_interest_paid_ahead_is_counted_first_and_never_paid_back() -> None:
    position = pay(loan(paid=3), 4, interest="761.08")
    proposal = compute("reduce_rate", position, {"annual_rate_pct": "0"})
    assert proposal.totals.interest == 0
    proposal = compute("reduce_rate", position, {"annual_rate_pct": "6"})
    assert proposal.to_pay[0].interest == 0
    assert proposal.to_pay[1].interest < position.upcoming[1].unpaid.interest / 2


@pytest.mark.parametrize(
    ("position", "kind", "params", "code"),
    [
        (loan(paid=3), "reduce_rate", {"annual_rate_pct": "12"}, "not_lower"),
        (loan(paid=3), "reduce_rate", {"annual_rate_pct": "15%"}, "not_lower"),
        (loan(paid=3, annual_rate_pct="0"), "reduce_rate", {"annual_rate_pct": 0}, "not_lower"),
        (loan(paid=3), "reduce_rate", {"annual_rate_pct": "-1"}, "bad_param"),
        (loan(paid=3), "reduce_rate", {"annual_rate_pct": "NaN"}, "bad_param"),
        (loan(paid=3), "reduce_rate", {}, "bad_param"),
        (loan(paid=3), "reduce_rate", {"annual_rate_pct": "9", "from": "2025-04-14"}, "too_early"),
        (loan(paid=3), "reduce_rate", {"annual_rate_pct": "9", "from": "2026-01-16"}, "too_late"),
        (loan(paid=9, as_of="2026-02-01"), "reduce_rate", {"annual_rate_pct": "9"}, "past_maturity"),
        (loan(paid=12), "reduce_rate", {"annual_rate_pct": "9"}, "closed_loan"),
        (loan(paid=3, annual_rate_pct="0"), "interest_pause", {"months": 2}, "no_interest"),
        (loan(paid=3), "interest_pause", {"months": 0}, "bad_param"),
        (loan(paid=3), "interest_pause", {}, "bad_param"),
        (loan(paid=3), "interest_pause", {"months": 1, "until": "2025-06-01"}, "bad_param"),
        (loan(paid=3), "interest_pause", {"until": "2025-04-30"}, "bad_param"),
        (loan(paid=3), "interest_pause", {"months": 2, "from": "2025-01-01"}, "too_early"),
        (loan(paid=3), "interest_pause", {"months": 2, "from": "2026-03-01"}, "too_late"),
        (loan(paid=9, as_of="2026-02-01"), "interest_pause", {"months": 2}, "past_maturity"),
        (loan(paid=12), "interest_pause", {"months": 2}, "closed_loan"),
    ],
)
def test_what_makes_no_sense_is_refused(
    position: Position, kind: str, params: dict[str, Any], code: str
) -> None:
    with pytest.raises(ReliefError) as error:
        compute(kind, position, params)
    assert error.value.code == code
    assert error.value.zh and error.value.en


def cents(position: Position) -> Decimal:
    """What rounding may add: a unit for each instalment to come."""
    return len(position.upcoming) * position.rounding.unit


def cut(position: Position, percent: int) -> Proposal:
    """A rate cut by a percentage of the lasting rate."""
    rate = lasting_rate(position.contract) * (100 - percent) / 100
    return proposal_for(position, ("reduce_rate", {"annual_rate_pct": str(round(rate, 6))}))


PERCENT = st.integers(1, 100)


@given(positions(), PERCENT)
def test_a_rate_cut_never_costs_more(position: Position, percent: int) -> None:
    proposal = cut(position, percent)
    assert proposal.interest_difference <= cents(position)
    assert {row.due_on for row in proposal.to_pay} <= {each.due_on for each in position.unpaid}
    new = after(position, proposal).contract
    assert highest_rate(new, position.as_of) < highest_rate(position.contract, position.as_of)


@given(positions(), PERCENT, PERCENT)
def test_a_deeper_cut_never_costs_more_than_a_smaller_one(position: Position, one: int, other: int) -> None:
    deep, light = cut(position, max(one, other)), cut(position, min(one, other))
    assert deep.interest_difference <= light.interest_difference + cents(position)


@given(positions(), MONTHS)
def test_no_interest_is_earned_in_a_pause(position: Position, months: int) -> None:
    proposal = proposal_for(position, ("interest_pause", {"months": months}))
    assert proposal.interest_difference <= cents(position)
    relieved = after(position, proposal)
    first = date.fromisoformat(str(proposal.params["from"]))
    free_until = next(
        (each.from_date for each in relieved.rate_changes if each.from_date > first and each.annual_rate_pct),
        date.max,
    )
    assert relieved.contract.interest(Decimal("1000000.00"), first, free_until) == 0
    for row in proposal.to_pay:
        if first <= row.from_date and row.due_on <= free_until and row.due_on >= position.as_of:
            assert row.interest <= max(row.interest_carried, NOTHING)
    assert highest_rate(relieved.contract, free_until) == highest_rate(position.contract, free_until)


@given(positions(), MONTHS, MONTHS)
def test_a_longer_pause_never_costs_more(position: Position, months: int, more: int) -> None:
    start = position.as_of.isoformat()
    short = proposal_for(position, ("interest_pause", {"months": months, "from": start}))
    long = proposal_for(position, ("interest_pause", {"months": months + more, "from": start}))
    assert long.interest_difference <= short.interest_difference + cents(position)


DATES = st.integers(0, 600).map(lambda days: date(2025, 1, 1) + timedelta(days=days))


@given(st.lists(st.tuples(DATES, DATES, RATE.map(Decimal)), max_size=4), DATES)
def test_changing_a_rate_for_some_days_changes_it_on_no_other_day(
    spans: list[tuple[date, date, Decimal]], probe: date
) -> None:
    contract = loan(paid=3).contract
    for start, end, rate in spans:
        assume(start < end)
        before = contract
        contract = replace(contract, rate_changes=changed_rates(before, lambda _, to=rate: to, start, end))  # type: ignore[misc]
        inside = start <= probe < end
        assert contract.rate_on(probe) == (rate if inside else before.rate_on(probe))
        days = [change.from_date for change in contract.rate_changes]
        assert days == sorted(set(days))
