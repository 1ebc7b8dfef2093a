"""Terms at the edge and beyond: a right schedule, or an error in both languages that names the field."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loans.contract import METHODS
from loans.daycount import DAY_COUNTS
from loans.schedule import ScheduleError
from loans.schedule_json import terms_from_json
from tests.unit.loan_schedules import must_be_consistent, schedule

SEASON = {"unit": "season", "months": [6, 10]}
DIGITS = "1" * 5000


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"principal": "0"}, "principal"),
        ({"principal": "-1000"}, "principal"),
        ({"principal": "1000.001"}, "principal"),
        ({"principal": "many"}, "principal"),
        ({"principal": "NaN"}, "principal"),
        ({"principal": "1E+40"}, "principal"),
        ({"principal": "9000000000000.01"}, "principal"),
        ({"principal": DIGITS}, "principal"),
        ({"principal": "1E-9999999"}, "principal"),
        ({"principal": True}, "principal"),
        ({"principal": ["1000"]}, "principal"),
        ({"annual_rate_pct": "-1"}, "annual_rate_pct"),
        ({"annual_rate_pct": "10000.01"}, "annual_rate_pct"),
        ({"annual_rate_pct": "1E-21"}, "annual_rate_pct"),
        ({"annual_rate_pct": "Infinity"}, "annual_rate_pct"),
        ({"annual_rate_pct": None}, "annual_rate_pct"),
        ({"instalments": 0}, "instalments"),
        ({"instalments": -3}, "instalments"),
        ({"instalments": 1.5}, "instalments"),
        ({"instalments": "1E+9999999"}, "instalments"),
        ({"instalments": 36601}, "instalments"),
        ({"instalments": 9000, "period": {"n": 12}}, "instalments"),
        ({"instalments": 8000, "period": {"n": 60, "unit": "week"}}, "instalments"),
        ({"method": "magic"}, "method"),
        ({"method": None}, "method"),
        ({"method": 3}, "method"),
        ({"day_count": "31/365"}, "day_count"),
        ({"disbursed_on": "2023-02-29"}, "disbursed_on"),
        ({"disbursed_on": "20240101"}, "disbursed_on"),
        ({"first_due_on": "2024-01-01"}, "first_due_on"),
        ({"first_due_on": "2023-12-31"}, "first_due_on"),
        ({"first_due_on": "soon"}, "first_due_on"),
        ({"first_due_on": 20240201}, "first_due_on"),
        ({"first_due_on": "2024-02-01", "period": SEASON}, "first_due_on"),
        ({"period": "month"}, "period"),
        ({"period": {"n": 0}}, "period"),
        ({"period": {"n": -1}}, "period"),
        ({"period": {"unit": "fortnight"}}, "period"),
        ({"period": {"unit": "season"}}, "period"),
        ({"period": {"unit": "season", "n": 2, "months": [2]}}, "period"),
        ({"period": {"unit": "season", "months": []}}, "period"),
        ({"period": {"unit": "season", "months": [0, 2]}}, "period"),
        ({"period": {"unit": "season", "months": [2, 13]}}, "period"),
        ({"period": {"unit": "season", "months": [10, 2]}}, "period"),
        ({"period": {"unit": "season", "months": [2, 2]}}, "period"),
        ({"period": {"unit": "season", "months": "2"}}, "period.months"),
        ({"period": {"unit": "season", "months": ["June"]}}, "period.months"),
        ({"period": {"unit": "month", "months": [2]}}, "period"),
        ({"rounding": {"mode": "DOWN"}}, "rounding"),
        ({"rounding": {"unit": "0"}}, "rounding"),
        ({"rounding": {"unit": "-0.01"}}, "rounding"),
        ({"rounding": {"unit": "0.0000001"}}, "rounding"),
        ({"rounding": {"unit": "0.0500001"}}, "rounding"),
        ({"rounding": {"unit": "1E+9"}}, "rounding"),
        ({"interest_only_periods": 12}, "interest_only_periods"),
        ({"interest_only_periods": -1}, "interest_only_periods"),
        ({"interest_only_periods": 1, "method": "bullet"}, "interest_only_periods"),
        ({"balloon": "100"}, "balloon"),
        ({"method": "balloon"}, "balloon"),
        ({"method": "balloon", "balloon": "-1"}, "balloon"),
        ({"method": "balloon", "balloon": "2000000"}, "balloon"),
        ({"instalment_unit": "-1"}, "instalment_unit"),
        ({"instalment_unit": "0"}, "instalment_unit"),
        ({"instalment_unit": "0.12345678"}, "instalment_unit"),
        ({"instalment_unit": "50000"}, "instalment_unit"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_terms_that_make_no_sense_are_named(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleError) as error:
        schedule("TXT-02", **terms)
    assert error.value.field == field
    assert error.value.en and any("\u4e00" <= letter <= "\u9fff" for letter in error.value.zh)


@pytest.mark.parametrize("given", [None, [], "terms", 12, {}])
def test_what_is_no_set_of_terms_says_so(given: object) -> None:
    with pytest.raises(ScheduleError):
        terms_from_json(given)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("day_count", DAY_COUNTS)
def test_at_no_interest_only_the_principal_is_paid(method: str, day_count: str) -> None:
    balloon = "40000" if method == "balloon" else None
    made = schedule("TXT-02", annual_rate_pct="0", method=method, day_count=day_count, balloon=balloon)
    must_be_consistent(made, Decimal(100000))
    assert made.totals.interest == 0 and made.apr_pct == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_single_instalment_pays_all(method: str) -> None:
    made = schedule("TXT-02", instalments=1, method=method, balloon="100" if method == "balloon" else None)
    assert [(row.principal, row.interest) for row in made.rows] == [(100000, 1000)]


@pytest.mark.parametrize("method", METHODS)
def test_a_hundred_years_are_counted_to_the_end(method: str) -> None:
    made = schedule("TXT-02", instalments=1200, method=method, balloon="100" if method == "balloon" else None)
    must_be_consistent(made, Decimal(100000))
    assert made.rows[-1].due_on == date(2124, 1, 1)


def test_a_hundred_years_of_days_too() -> None:
    made = schedule("TXT-02", instalments=36525, period={"unit": "day"}, first_due_on="2024-01-02")
    must_be_consistent(made, Decimal(100000))
    assert made.rows[-1].due_on == date(2124, 1, 2)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "balloon"])
@pytest.mark.parametrize("principal", ["0.01", "0.03", "9000000000000.00"])
@pytest.mark.parametrize("rate", ["0.0000000001", "12", "10000"])
def test_the_smallest_and_the_largest_amounts(method: str, principal: str, rate: str) -> None:
    made = schedule(principal=principal, annual_rate_pct=rate, instalments=24, method=method)
    must_be_consistent(made, Decimal(principal))


def test_a_cent_cannot_be_divided() -> None:
    made = schedule(principal="0.01", annual_rate_pct="0", instalments=2)
    assert [row.due for row in made.rows] == [Decimal("0.01"), 0]


def test_a_rate_too_large_to_write_leaves_the_yearly_cost_out() -> None:
    made = schedule(
        principal="0.01",
        annual_rate_pct="12",
        instalments=1,
        first_due_on="2024-01-02",
        rounding={"mode": "UP"},
    )
    assert made.totals.interest == Decimal("0.01") and made.apr_pct is None


@pytest.mark.parametrize(
    ("disbursed_on", "first_due_on", "then"),
    [
        ("2024-01-29", "2024-02-29", ["2024-03-29", "2024-04-29"]),
        ("2024-01-31", "2024-02-29", ["2024-03-31", "2024-04-30"]),
        ("2025-01-29", "2025-02-28", ["2025-03-29", "2025-04-29"]),
        ("2024-02-29", "2025-02-28", ["2025-03-29", "2025-04-29"]),
        ("2024-02-28", "2024-03-28", ["2024-04-28", "2024-05-28"]),
    ],
)
def test_leap_days_do_not_move_the_dates_after_them(
    disbursed_on: str, first_due_on: str, then: list[str]
) -> None:
    made = schedule("TXT-02", disbursed_on=disbursed_on, first_due_on=first_due_on)
    assert [row.due_on.isoformat() for row in made.rows[1:3]] == then


@pytest.mark.parametrize(
    ("day_count", "interest"),
    [("30/360", "1000.00"), ("actual/365", "953.42"), ("actual/360", "966.67"), ("actual/actual", "950.82")],
)
def test_a_leap_day_counts_as_the_day_count_says(day_count: str, interest: str) -> None:
    made = schedule("TXT-02", disbursed_on="2024-02-01", first_due_on="2024-03-01", day_count=day_count)
    assert str(made.rows[0].interest) == interest
