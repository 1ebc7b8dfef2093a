"""What must hold of all schedule arithmetic, for whatever terms."""

from __future__ import annotations

import decimal
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loans.calendar import MONTHLY, Period, due_dates, is_month_end, months_between, step
from loans.contract import METHODS, Contract, RateChange, amortise
from loans.daycount import DAY_COUNTS, THIRTY_360, year_fraction
from loans.money import MODES, Rounding, grain_of, in_grains, places, round_money, round_whole, split_evenly
from loans.schedule import build_schedule
from loans.schedule_json import schedule_to_json, terms_from_json
from tests.unit.loan_schedules import must_be_consistent

DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))
GAPS = st.integers(0, 4000).map(timedelta)
AMOUNTS = st.decimals("0.01", "9000000000", places=2)
RATES = st.decimals("0", "400", places=3)
UNITS = st.sampled_from(["0.000001", "0.01", "0.05", "1"]).map(Decimal)
ROUNDINGS = st.builds(Rounding, st.sampled_from(sorted(MODES)), UNITS)
PERIODS = st.one_of(
    st.builds(Period, st.integers(1, 12)),
    st.builds(Period, st.integers(1, 8), st.sampled_from(["week", "day"])),
    st.sets(st.integers(1, 12), min_size=1).map(lambda months: Period(1, "season", tuple(sorted(months)))),
)


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    """JSON terms of a schedule, all of them valid."""
    method = draw(st.sampled_from(METHODS))
    principal, count = draw(AMOUNTS), draw(st.integers(1, 130))
    period, start = draw(PERIODS), draw(DAYS)
    first = start + timedelta(days=draw(st.integers(1, 400)))
    if period.months:
        first = step(first, 1, period)
    only = 0 if method == "bullet" else draw(st.integers(0, min(count - 1, 12)))
    cents = int(principal * 100)
    return {
        "principal": str(principal),
        "annual_rate_pct": str(draw(RATES)),
        "instalments": count,
        "method": method,
        "disbursed_on": start.isoformat(),
        "first_due_on": first.isoformat(),
        "period": period.as_json(),
        "day_count": draw(st.sampled_from(DAY_COUNTS)),
        "rounding": {"mode": draw(st.sampled_from(sorted(MODES))), "unit": str(draw(UNITS))},
        "interest_only_periods": only,
        "balloon": str(Decimal(draw(st.integers(1, cents))) / 100) if method == "balloon" else None,
    }


@st.composite
def contracts(draw: st.DrawFn, **given: Any) -> Contract:
    """A contract, its rate changing a few times in the years in which `DAYS` lie."""
    change = st.builds(RateChange, DAYS, st.decimals("0", "100", places=2))
    changes = draw(st.lists(change, max_size=3, unique_by=lambda each: each.from_date).map(sorted))
    made: dict[str, Any] = {
        "annual_rate_pct": draw(RATES),
        "method": draw(st.sampled_from(METHODS)),
        "day_count": draw(st.sampled_from(DAY_COUNTS)),
        "rounding": draw(ROUNDINGS),
        "flat_principal": draw(AMOUNTS),
        "rate_changes": tuple(changes),
    }
    return Contract(**made | given)


@given(terms())
def test_nothing_is_negative_and_the_principal_is_repaid_exactly(given_terms: dict[str, Any]) -> None:
    must_be_consistent(build_schedule(terms_from_json(given_terms)), Decimal(given_terms["principal"]))


@given(terms())
def test_every_figure_is_a_multiple_of_the_unit_but_the_last_principal(given_terms: dict[str, Any]) -> None:
    unit = Decimal(given_terms["rounding"]["unit"])
    for row in build_schedule(terms_from_json(given_terms)).rows:
        assert row.interest % unit == 0
        assert row.principal % unit == 0 or row.balance == 0


@given(terms())
def test_the_json_says_the_same_as_the_schedule(given_terms: dict[str, Any]) -> None:
    made = build_schedule(terms_from_json(given_terms))
    shape = schedule_to_json(made)
    assert [Decimal(row["due"]) for row in shape["rows"]] == [row.due for row in made.rows]
    assert [date.fromisoformat(row["due_on"]) for row in shape["rows"]] == [row.due_on for row in made.rows]
    assert all("E" not in row[name] for row in shape["rows"] for name in ("principal", "interest", "balance"))


@given(contracts(), AMOUNTS, DAYS, st.integers(1, 40))
def test_amortising_ten_times_the_amount_in_tenfold_units_is_ten_times_the_rows(
    contract: Contract, balance: Decimal, start: date, count: int
) -> None:
    dates = due_dates(step(start, 1, MONTHLY), count, MONTHLY)
    large = Contract(
        contract.annual_rate_pct,
        contract.method,
        contract.day_count,
        contract.rounding.with_unit(contract.rounding.unit * 10),
        flat_principal=contract.flat_principal * 10,
        rate_changes=contract.rate_changes,
    )
    small_parts = amortise(balance, start, dates, contract)
    large_parts = amortise(balance * 10, start, dates, large)
    assert [(part.principal * 10, part.interest * 10) for part in small_parts] == [
        (part.principal, part.interest) for part in large_parts
    ]


@given(contracts(method="annuity"), AMOUNTS, DAYS, st.integers(2, 40), st.data())
def test_going_on_at_the_same_level_gives_the_rows_that_were_left(
    contract: Contract, balance: Decimal, start: date, count: int, data: st.DataObject
) -> None:
    dates = due_dates(step(start, 1, MONTHLY), count, MONTHLY)
    level = data.draw(st.decimals(0, balance, places=2))
    parts = amortise(balance, start, dates, contract, level=level)
    done = data.draw(st.integers(1, count - 1))
    again = amortise(parts[done - 1].balance, dates[done - 1], dates[done:], contract, level=level)
    assert again == parts[done:]


@given(contracts(method="annuity"), AMOUNTS, DAYS, st.integers(2, 60))
def test_the_level_instalment_is_level(contract: Contract, balance: Decimal, start: date, count: int) -> None:
    parts = amortise(balance, start, due_dates(step(start, 1, MONTHLY), count, MONTHLY), contract)
    repaying = [part for part in parts[:-1] if part.principal and part.balance]
    assert len({part.principal + part.interest for part in repaying}) <= 1


@given(contracts(), AMOUNTS, DAYS, st.integers(1, 30), AMOUNTS)
def test_interest_carried_in_is_paid_once(
    contract: Contract, balance: Decimal, start: date, count: int, carried: Decimal
) -> None:
    dates = due_dates(step(start, 1, MONTHLY), count, MONTHLY)
    parts = amortise(balance, start, dates, contract, carried_interest=carried)
    first = contract.flat_principal if contract.method == "flat" else balance
    assert parts[0].interest == carried + contract.interest(first, start, dates[0])
    assert sum(part.principal for part in parts) == balance


@given(contracts(), AMOUNTS, DAYS, GAPS)
def test_interest_is_the_rate_of_the_time_rounded_once(
    contract: Contract, amount: Decimal, start: date, gap: timedelta
) -> None:
    percent, years = contract.percent_years(start, start + gap)
    exact = Fraction(amount) * percent / (100 * years)
    away = Fraction(contract.interest(amount, start, start + gap)) - exact
    unit = Fraction(contract.rounding.unit)
    assert (0 <= away < unit) if contract.rounding.mode == "UP" else (abs(away) <= unit / 2)


@given(contracts(), AMOUNTS, AMOUNTS, DAYS, GAPS, GAPS)
def test_more_money_or_more_time_never_bears_less_interest(
    contract: Contract, amount: Decimal, more: Decimal, start: date, gap: timedelta, longer: timedelta
) -> None:
    interest = contract.interest(amount, start, start + gap)
    assert contract.interest(amount + more, start, start + gap) >= interest
    if contract.day_count != THIRTY_360 or not contract.rate_changes:
        assert contract.interest(amount, start, start + gap + longer) >= interest


@given(contracts(rate_changes=()), AMOUNTS, DAYS, GAPS, GAPS)
def test_a_change_to_the_same_rate_changes_nothing(
    contract: Contract, amount: Decimal, start: date, before: timedelta, after: timedelta
) -> None:
    change = RateChange(start + before, contract.annual_rate_pct)
    changed = Contract(
        contract.annual_rate_pct,
        day_count=contract.day_count,
        rounding=contract.rounding,
        rate_changes=(change,),
    )
    end = start + before + after
    assert changed.interest(amount, start, end) == contract.interest(amount, start, end)


@given(contracts(rate_changes=()), AMOUNTS, DAYS, GAPS, GAPS)
def test_a_pause_bears_no_interest(
    contract: Contract, amount: Decimal, start: date, gap: timedelta, longer: timedelta
) -> None:
    paused = Contract(
        contract.annual_rate_pct,
        day_count=contract.day_count,
        rounding=contract.rounding,
        rate_changes=(RateChange(start, Decimal(0)), RateChange(start + gap + longer, Decimal(9))),
    )
    assert paused.interest(amount, start, start + gap) == 0


@given(DAYS, GAPS, GAPS, st.sampled_from([each for each in DAY_COUNTS if each != THIRTY_360]))
def test_actual_days_add_up(start: date, gap: timedelta, more: timedelta, day_count: str) -> None:
    middle, end = start + gap, start + gap + more
    parts = year_fraction(start, middle, day_count) + year_fraction(middle, end, day_count)
    assert parts == year_fraction(start, end, day_count)


@given(DAYS, st.integers(1, 120), st.integers(0, 3))
def test_months_of_thirty_days_add_up_whatever_their_ends(first: date, months: int, later: int) -> None:
    dates = due_dates(first, months + 1, MONTHLY, _anchor(first, later))
    parts = sum(year_fraction(start, end, THIRTY_360) for start, end in pairwise(dates))
    assert parts * 12 == months
    assert year_fraction(dates[0], dates[-1], THIRTY_360) * 12 == months


@given(DAYS, st.integers(2, 200), PERIODS, st.integers(0, 3))
def test_due_dates_come_in_order_on_their_day(first: date, count: int, period: Period, later: int) -> None:
    anchor = _anchor(first, later)
    dates = due_dates(first, count, period, anchor)
    assert all(early < late for early, late in pairwise(dates))
    if period.in_months:
        assert all(day.day == anchor or (is_month_end(day) and day.day < anchor) for day in dates)
    else:
        assert len({late - early for early, late in pairwise(dates)}) == 1


@given(DAYS, st.integers(2, 60), st.sets(st.integers(1, 12), min_size=1))
def test_a_season_falls_due_in_each_of_its_months_once_a_year(
    first: date, count: int, months: set[int]
) -> None:
    dates = due_dates(first, count, Period(1, "season", tuple(sorted(months))))
    assert {day.month for day in dates[1:]} <= months
    in_between = [
        (first.year + index // 12, index % 12 + 1)
        for index in range(first.month, (dates[-1].year - first.year) * 12 + dates[-1].month)
        if index % 12 + 1 in months
    ]
    assert [(day.year, day.month) for day in dates[1:]] == in_between


@given(DAYS, GAPS)
def test_as_many_months_as_are_needed_reach_the_end_and_one_fewer_does_not(
    start: date, gap: timedelta
) -> None:
    end, months = start + gap, months_between(start, start + gap)
    assert step(start, months, MONTHLY) >= end
    assert months <= 1 or step(start, months - 1, MONTHLY) < end


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6), st.sampled_from(sorted(MODES)))
def test_whole_numbers_are_rounded_as_decimals_are(numerator: int, denominator: int, mode: str) -> None:
    with decimal.localcontext(prec=50):
        exact = Decimal(numerator) / denominator
    assert round_whole(numerator, denominator, mode) == exact.to_integral_value(MODES[mode])


@given(st.decimals(-(10**9), 10**9, places=4), ROUNDINGS)
def test_rounding_twice_is_rounding_once(amount: Decimal, rounding: Rounding) -> None:
    once = round_money(amount, rounding)
    assert once % rounding.unit == 0 and abs(once - amount) < rounding.unit
    assert round_money(once, rounding) == once


@given(st.decimals("0", "100000", places=2), st.integers(1, 60), ROUNDINGS)
def test_splitting_loses_nothing(total: Decimal, parts: int, rounding: Rounding) -> None:
    shares = split_evenly(total, parts, rounding)
    assert sum(shares) == total and len(shares) == parts and min(shares) >= 0


@given(st.lists(st.decimals(0, 10**9, places=7), min_size=1))
def test_every_amount_is_a_whole_number_of_grains(amounts: list[Decimal]) -> None:
    grain = grain_of(*amounts)
    assert [in_grains(amount, grain) * grain for amount in amounts] == amounts
    assert grain == Decimal("0.01") or max(places(amount) for amount in amounts) == places(grain)


def _anchor(first: date, later: int) -> int:
    """The day a plan keeps to when its first date may have been cut from a later day of the month."""
    return min(first.day + later, 31) if is_month_end(first) else first.day
