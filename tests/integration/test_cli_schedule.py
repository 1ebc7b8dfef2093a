"""`tideover schedule --json` on every method, day count, rounding and period, beside numpy-financial and pyxirr."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise, product
from typing import Any

import jsonschema
import numpy_financial
import pytest
import pyxirr

from loans.contract import METHODS
from loans.daycount import DAY_COUNTS
from loans.money import MODES
from tests.support.desk import SCHEMAS, call, matches

PRINCIPAL, RATE, COUNT, BALLOON = Decimal("123450.00"), Decimal("11.7"), 11, Decimal("20000")
UNITS = ("0.01", "0.05", "1")
PERIODS: tuple[dict[str, Any], ...] = (
    {"n": 1, "unit": "month"},
    {"n": 3, "unit": "month"},
    {"n": 2, "unit": "week"},
    {"n": 10, "unit": "day"},
    {"unit": "season", "months": [6, 10]},
)
TERMS = {"$defs": json.loads((SCHEMAS / "schedule.json").read_text(encoding="utf-8"))["$defs"]}
Case = tuple[dict[str, Any], dict[str, Any]]
"""The terms given and the schedule printed for them."""


def ask(terms: list[dict[str, Any]], status: int = 0) -> list[dict[str, Any]]:
    lines = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in terms)
    result = call("schedule", "--json", given=lines)
    assert result.exit_code == status, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    terms = [
        {
            "principal": str(PRINCIPAL),
            "annual_rate_pct": str(RATE),
            "instalments": COUNT,
            "method": method,
            "disbursed_on": "2023-12-30",
            "first_due_on": "2024-06-30" if "months" in period else "2024-01-30",
            "period": period,
            "day_count": day_count,
            "rounding": {"mode": mode, "unit": unit},
            "balloon": str(BALLOON) if method == "balloon" else None,
        }
        for method, day_count, period, mode, unit in product(METHODS, DAY_COUNTS, PERIODS, MODES, UNITS)
    ]
    return list(zip(terms, ask(terms), strict=True))


def flows(case: Case) -> Iterator[tuple[date, Decimal]]:
    """What the borrower receives, negative, and pays back."""
    yield date(2023, 12, 30), -PRINCIPAL
    for row in case[1]["rows"]:
        yield date.fromisoformat(row["due_on"]), Decimal(row["due"])


def monthly(cases: list[Case], *methods: str, unit: str = "0.01") -> Iterator[Case]:
    """The cases in which every period is a twelfth of a year."""
    for terms, made in cases:
        every_month = terms["day_count"] == "30/360" and terms["period"] == PERIODS[0]
        if every_month and terms["method"] in methods and terms["rounding"]["unit"] == unit:
            yield terms, made


def test_there_is_a_schedule_for_every_combination(cases: list[Case]) -> None:
    assert len(cases) == len(METHODS) * len(DAY_COUNTS) * len(PERIODS) * len(MODES) * len(UNITS) == 1080
    for terms, made in cases[::31]:
        jsonschema.validate(terms, {**TERMS, "$ref": "#/$defs/terms"})
        matches(made, "schedule.json")


def test_the_sums_close_and_the_last_balance_is_zero(cases: list[Case]) -> None:
    for _, made in cases:
        left, interest = PRINCIPAL, Decimal(0)
        for number, row in enumerate(made["rows"], start=1):
            principal, own = Decimal(row["principal"]), Decimal(row["interest"])
            assert row["number"] == number and principal >= 0 and own >= 0
            assert Decimal(row["due"]) == principal + own
            left -= principal
            interest += own
            assert Decimal(row["balance"]) == left
        assert left == 0 and len(made["rows"]) == COUNT
        totals = {name: Decimal(amount) for name, amount in made["totals"].items()}
        assert totals == {"principal": PRINCIPAL, "interest": interest, "due": PRINCIPAL + interest}


def test_the_dates_follow_the_period(cases: list[Case]) -> None:
    for terms, made in cases:
        days = [date.fromisoformat(row["due_on"]) for row in made["rows"]]
        period = terms["period"]
        if "months" in period:
            assert [(day.month, day.day) for day in days] == [(6, 30), (10, 30)] * 5 + [(6, 30)]
        elif period["unit"] == "month":
            months = [day.year * 12 + day.month for day in days]
            assert {later - earlier for earlier, later in pairwise(months)} == {period["n"]}
            assert {day.day for day in days} <= {30, 29, 28}
        else:
            gap = period["n"] * (7 if period["unit"] == "week" else 1)
            assert {(later - earlier).days for earlier, later in pairwise(days)} == {gap}


def test_the_yearly_cost_is_that_of_pyxirr(cases: list[Case]) -> None:
    for case in cases:
        days, amounts = zip(*flows(case), strict=True)
        theirs = pyxirr.xirr(days, [float(amount) for amount in amounts])
        assert float(case[1]["apr_pct"]) == pytest.approx((theirs or 0) * 100, abs=0.00006)


def test_what_is_paid_is_worth_the_principal_at_the_rate_of_each_period(cases: list[Case]) -> None:
    for case in cases:
        terms, _ = case
        if terms["method"] == "flat":
            continue
        value, factor = 0.0, 1.0
        for (start, _), (end, due) in pairwise(flows(case)):
            factor /= 1 + float(RATE) / 100 * years(start, end, terms)
            value += float(due) * factor
        assert value == pytest.approx(float(PRINCIPAL), abs=COUNT * float(terms["rounding"]["unit"]))


def years(start: date, end: date, terms: dict[str, Any]) -> float:
    """The part of a year, by pyxirr's day counts. Months on the 30th, or cut from it, are thirty days each."""
    if terms["day_count"] == "30/360" and terms["period"].get("unit") in ("month", "season"):
        return ((end.year - start.year) * 12 + end.month - start.month) / 12
    names = {
        "30/360": pyxirr.DayCount.ACT_360,
        "actual/360": pyxirr.DayCount.ACT_360,
        "actual/365": pyxirr.DayCount.ACT_365F,
        "actual/actual": pyxirr.DayCount.ACT_ACT_ISDA,
    }
    return float(pyxirr.year_fraction(start, end, names[terms["day_count"]]))


def test_the_level_instalment_is_that_of_numpy_financial(cases: list[Case]) -> None:
    for terms, made in monthly(cases, "annuity", "balloon"):
        balloon = float(terms["balloon"] or 0)
        theirs = numpy_financial.pmt(float(RATE) / 1200, COUNT, -float(PRINCIPAL), balloon)
        within = 0.01 if terms["rounding"]["mode"] == "UP" else 0.005
        assert {abs(float(row["due"]) - theirs) <= within for row in made["rows"][:-1]} == {True}
        assert float(made["rows"][-1]["due"]) - balloon == pytest.approx(theirs, abs=COUNT * within * 2)


def test_the_parts_of_each_instalment_are_those_of_numpy_financial(cases: list[Case]) -> None:
    for _, made in monthly(cases, "annuity"):
        for row in made["rows"]:
            given = (float(RATE) / 1200, row["number"], COUNT, -float(PRINCIPAL))
            assert float(row["interest"]) == pytest.approx(numpy_financial.ipmt(*given), abs=0.02)
            assert float(row["principal"]) == pytest.approx(numpy_financial.ppmt(*given), abs=0.25)


def test_the_return_of_each_period_is_that_of_numpy_financial(cases: list[Case]) -> None:
    for case in monthly(cases, *[method for method in METHODS if method != "flat"]):
        amounts = [float(amount) for _, amount in flows(case)]
        assert numpy_financial.irr(amounts) * 1200 == pytest.approx(float(RATE), abs=0.0003)
        assert (pyxirr.irr(amounts) or 0) * 1200 == pytest.approx(float(RATE), abs=0.0003)


def test_flat_interest_is_the_same_every_month(cases: list[Case]) -> None:
    for _, made in monthly(cases, "flat"):
        assert len({row["interest"] for row in made["rows"]}) == 1


def test_a_bad_line_is_answered_in_both_languages_and_the_others_still_are() -> None:
    good = {
        "principal": "1000",
        "annual_rate_pct": 12,
        "instalments": 2,
        "method": "annuity",
        "disbursed_on": "2024-01-01",
        "first_due_on": "2024-02-01",
    }
    bad, made = ask([{**good, "principal": -1}, good], status=1)
    assert bad["error"]["field"] == "principal"
    assert matches(bad, "schedule.json")["error"]["zh"] and matches(made, "schedule.json")["rows"]


@pytest.mark.parametrize(
    "line",
    ["{", "[1, 2]", "null", '"terms"', '{"principal": ' + "1" * 5000 + "}", "[" * 100_000, '{"\\ud800": 1}'],
)
def test_a_line_of_nonsense_is_an_error_and_no_trace(line: str) -> None:
    result = call("schedule", "--json", given=f"{line}\n")
    assert result.exit_code == 1
    assert matches(json.loads(result.stdout), "schedule.json")["error"]["zh"]
