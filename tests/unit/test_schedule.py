"""Schedules: the published vectors to the cent, and terms that make no sense."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.calendar import Period, due_dates
from loans.contract import METHODS, Contract, amortise
from loans.daycount import DAY_COUNTS, year_fraction
from loans.money import Rounding, round_money, split_evenly
from loans.schedule import Row, Schedule, ScheduleError, build_schedule
from loans.schedule_json import schedule_to_json, terms_from_json
from tests.unit.loan_vectors import NOT_COVERED, expected, inputs, vectors


def schedule(vector: str | None = None, **terms: Any) -> Schedule:
    """A schedule from JSON terms, taking principal, rate and count from a vector when one is named."""
    found = inputs(vector) if vector else {}
    base: dict[str, Any] = {
        "principal": found.get("principal"),
        "annual_rate_pct": found.get("annual_rate_pct"),
        "instalments": found.get("number_of_instalments"),
        "method": "annuity",
        "disbursed_on": "2024-01-01",
        "first_due_on": "2024-02-01",
    }
    return build_schedule(terms_from_json(base | terms))


def figures(row: Row) -> list[str]:
    """A row as the vectors write it: principal, interest, due, balance."""
    return [str(row.principal), str(row.interest), str(row.due), str(row.balance)]


def totals(made: Schedule) -> dict[str, str]:
    """The totals as the vectors write them."""
    return {name: str(getattr(made.totals, name)) for name in ("principal", "interest", "due")}


HALF_EVEN = {"mode": "HALF_EVEN"}


def test_every_vector_is_either_covered_or_listed_with_a_reason() -> None:
    assert not set(NOT_COVERED) & set(vectors())
    assert len(NOT_COVERED) + len(vectors()) == 73


@pytest.mark.parametrize(
    ("vector", "terms"),
    [
        ("FIN-01", {}),
        ("FIN-05", {"period": {"n": 15, "unit": "day"}, "first_due_on": "2024-01-16"}),
        ("FIN-09", {}),
        ("FIN-15", {"interest_only_periods": 2}),
        ("FIN-17", {"method": "bullet"}),
        ("FIN-17", {"method": "interest_only"}),
    ],
)
def test_all_rows_of_a_published_schedule(vector: str, terms: dict[str, Any]) -> None:
    made = schedule(vector, rounding=HALF_EVEN, **terms)
    assert [figures(row) for row in made.rows] == expected(vector)["rows"]
    assert totals(made) == expected(vector).get("totals", totals(made))


@pytest.mark.parametrize(
    ("vector", "terms"),
    [
        ("FIN-29", {"method": "flat", "instalment_unit": "1"}),
        ("FIN-30", {"instalment_unit": "1"}),
        (
            "FIN-31",
            {
                "instalment_unit": "1",
                "day_count": "actual/365",
                "disbursed_on": "2022-11-01",
                "first_due_on": "2022-12-01",
            },
        ),
        ("FIN-32", {"method": "equal_principal"}),
        ("FIN-33", {"interest_only_periods": 3, "instalment_unit": "1"}),
    ],
)
def test_published_rows_and_totals(vector: str, terms: dict[str, Any]) -> None:
    made = schedule(vector, rounding=HALF_EVEN, **terms)
    published = expected(vector)
    for name, row in published.items():
        if name.startswith("row_") or name in ("first", "last"):
            number = {"first": 1, "last": len(made.rows)}.get(name) or int(name.removeprefix("row_"))
            assert figures(made.rows[number - 1]) == row, f"row {number}"
    assert totals(made) == published["totals"]


def test_an_instalment_rounded_up_to_whole_units() -> None:
    made = schedule("FRA-01", rounding={"mode": "UP", "unit": "0.000001"}, instalment_unit="1")
    published = expected("FRA-01")
    assert made.rows[0].due == Decimal(published["instalment"])
    assert [str(round(made.totals.interest)), str(round(made.totals.due))] == [
        published["total_interest"],
        published["total_payment"],
    ]
    for number in (4, 18, 20):
        row = made.rows[number - 1]
        assert [str(round(x)) for x in (row.principal, row.interest, row.balance)] == published[
            f"row_{number}"
        ]


def test_the_split_of_a_first_instalment() -> None:
    row = schedule("FRA-03", rounding={"mode": "UP"}, instalment_unit="1").rows[0]
    assert [str(row.interest), str(row.principal)] == [
        expected("FRA-03")["interest"],
        expected("FRA-03")["principal"],
    ]


@pytest.mark.parametrize("vector", ["TXT-01", "TXT-02"])
def test_textbook_annuities(vector: str) -> None:
    made, published = schedule(vector), expected(vector)
    assert str(made.rows[0].due) == published["instalment"]
    assert str(made.rows[-1].due) == published["last_instalment"]
    assert str(made.totals.interest) == published["total_interest"]


def test_the_balance_after_some_payments() -> None:
    made = schedule("TXT-02")
    assert str(made.rows[2].balance) == expected("TXT-03")["balance"]
    assert str(sum(row.interest for row in made.rows[3:])) == expected("TXT-03")["remaining_interest"]


def test_textbook_equal_principal() -> None:
    made, published = schedule("TXT-04", method="equal_principal"), expected("TXT-04")
    dues = [made.rows[0].due, made.rows[1].due, made.rows[-1].due, made.totals.interest]
    assert [str(due) for due in dues] == [
        published[name] for name in ("first", "second", "last", "total_interest")
    ]


def test_a_balloon_comes_on_top_of_the_last_level_instalment() -> None:
    made = schedule(
        principal=inputs("TXT-28")["balance"],
        annual_rate_pct="12",
        instalments=9,
        method="balloon",
        balloon=inputs("TXT-28")["balloon"],
    )
    assert {str(row.due) for row in made.rows[:-1]} == {expected("TXT-28")["instalment"]}
    assert abs(made.rows[-1].due - Decimal("26750.07")) < Decimal("0.10")


def test_a_bullet_loan_with_one_instalment_pays_all_at_maturity() -> None:
    made = schedule(
        principal=inputs("TXT-29")["principal"],
        annual_rate_pct="4.00",
        instalments=1,
        method="bullet",
        day_count="actual/360",
        disbursed_on="2025-01-10",
        first_due_on="2025-07-10",
    )
    assert [str(row.interest) for row in made.rows] == [expected("TXT-29")["original_interest"]]
    assert made.rows[0].principal == 200000


def test_rates_of_real_days() -> None:
    days = [date(2024, month, 1) for month in range(1, 8)]
    rate = Decimal(inputs("FIN-08")["annual_rate_fraction"]) * 100
    for day_count, name in (("actual/365", "act/365"), ("actual/actual", "act/act")):
        contract = Contract(rate, day_count=day_count)
        rates = [contract.rate(start, end) for start, end in pairwise(days)]
        assert [f"{each:.12f}" for each in rates] == expected("FIN-08")[name]


def test_dates_keep_their_day_through_short_months() -> None:
    dates = due_dates(date(2024, 1, 31), 6, Period(), 31)
    assert [day.isoformat() for day in dates[1:]] == expected("TXT-26")
    made = schedule("TXT-02", disbursed_on="2024-01-31", first_due_on="2024-02-29")
    assert [row.due_on for row in made.rows[:5]] == list(dates[1:])


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2025-01-31", "2025-02-28", 30),
        ("2025-02-28", "2025-03-31", 30),
        ("2025-01-28", "2025-02-28", 30),
        ("2025-02-28", "2025-03-28", 30),
        ("2024-02-29", "2024-03-15", 16),
        ("2024-01-01", "2024-03-15", 74),
        ("2024-12-15", "2025-01-15", 30),
    ],
)
def test_thirty_360_has_months_of_thirty_days(start: str, end: str, days: int) -> None:
    assert year_fraction(date.fromisoformat(start), date.fromisoformat(end), "30/360") * 360 == days


def test_half_a_cent_is_rounded_as_the_terms_say() -> None:
    contract = {
        mode: Contract(Decimal(6), rounding=Rounding(mode)) for mode in ("HALF_UP", "HALF_EVEN", "UP")
    }
    month = date(2025, 1, 1), date(2025, 2, 1)
    assert {mode: str(made.interest(Decimal("5.00"), *month)) for mode, made in contract.items()} == {
        "HALF_UP": "0.03",
        "HALF_EVEN": "0.02",
        "UP": "0.03",
    }
    assert str(round_money(Decimal("1.12"), Rounding("HALF_UP", Decimal("0.05")))) == "1.10"


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"principal": "0"}, "principal"),
        ({"principal": "1000.001"}, "principal"),
        ({"principal": "many"}, "principal"),
        ({"principal": "1E+40"}, "principal"),
        ({"annual_rate_pct": "-1"}, "annual_rate_pct"),
        ({"annual_rate_pct": None}, "annual_rate_pct"),
        ({"instalments": 0}, "instalments"),
        ({"instalments": 1.5}, "instalments"),
        ({"instalments": 36601}, "instalments"),
        ({"instalments": 9000, "period": {"n": 12}}, "instalments"),
        ({"method": "magic"}, "method"),
        ({"day_count": "31/365"}, "day_count"),
        ({"first_due_on": "2024-01-01"}, "first_due_on"),
        ({"first_due_on": "soon"}, "first_due_on"),
        ({"period": {"n": 0}}, "period"),
        ({"period": {"unit": "fortnight"}}, "period"),
        ({"rounding": {"mode": "DOWN"}}, "rounding"),
        ({"rounding": {"unit": "0"}}, "rounding"),
        ({"interest_only_periods": 12}, "interest_only_periods"),
        ({"balloon": "100"}, "balloon"),
        ({"method": "balloon"}, "balloon"),
        ({"method": "balloon", "balloon": "2000000"}, "balloon"),
        ({"instalment_unit": "-1"}, "instalment_unit"),
        ({"instalment_unit": "50000"}, "instalment_unit"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_terms_that_make_no_sense_are_named(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleError) as error:
        schedule("TXT-02", **terms)
    assert error.value.field == field
    assert error.value.en and error.value.zh


def test_every_method_day_count_rounding_and_period_is_consistent() -> None:
    units = (
        {"n": 1, "unit": "month"},
        {"n": 3, "unit": "month"},
        {"n": 2, "unit": "week"},
        {"n": 10, "unit": "day"},
    )
    roundings: tuple[dict[str, str], ...] = (
        {},
        {"mode": "HALF_EVEN"},
        {"mode": "UP", "unit": "0.01"},
        {"unit": "1"},
        {"unit": "0.05"},
    )
    for method, day_count, period, rounding in product(METHODS, DAY_COUNTS, units, roundings):
        made = schedule(
            principal="123450.00",
            annual_rate_pct="11.7",
            instalments=11,
            method=method,
            day_count=day_count,
            period=period,
            rounding=rounding,
            balloon="20000" if method == "balloon" else None,
        )
        _must_be_consistent(made, Decimal("123450.00"))


@given(
    principal=st.decimals("0.01", "9000000000", places=2),
    rate=st.decimals("0", "400", places=3),
    count=st.integers(1, 130),
    method=st.sampled_from([method for method in METHODS if method != "balloon"]),
    day_count=st.sampled_from(DAY_COUNTS),
    mode=st.sampled_from(["HALF_UP", "HALF_EVEN", "UP"]),
    wait=st.integers(1, 400),
    start=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
)
def test_no_component_is_negative_and_the_principal_is_repaid_exactly(
    principal: Decimal,
    rate: Decimal,
    count: int,
    method: str,
    day_count: str,
    mode: str,
    wait: int,
    start: date,
) -> None:
    made = schedule(
        principal=str(principal),
        annual_rate_pct=str(rate),
        instalments=count,
        method=method,
        day_count=day_count,
        rounding={"mode": mode},
        disbursed_on=start.isoformat(),
        first_due_on=date.fromordinal(start.toordinal() + wait).isoformat(),
    )
    _must_be_consistent(made, principal)


def _must_be_consistent(made: Schedule, principal: Decimal) -> None:
    balance = principal
    for row in made.rows:
        assert row.principal >= 0 and row.interest >= 0
        assert row.due == row.principal + row.interest
        balance -= row.principal
        assert row.balance == balance
    assert balance == 0
    assert made.totals.principal == principal
    assert made.totals.due == sum(row.due for row in made.rows)
    assert [row.due_on for row in made.rows] == sorted({row.due_on for row in made.rows})


@given(total=st.decimals("0", "100000", places=2), parts=st.integers(1, 60))
def test_splitting_loses_nothing(total: Decimal, parts: int) -> None:
    shares = split_evenly(total, parts, Rounding("UP"))
    assert sum(shares) == total and len(shares) == parts and min(shares) >= 0


def test_a_zero_rate_a_hundred_years_and_a_single_cent() -> None:
    assert schedule("TXT-02", annual_rate_pct="0").totals.interest == 0
    assert len(schedule("TXT-02", instalments=1200).rows) == 1200
    assert [
        row.due for row in schedule("TXT-02", principal="0.01", instalments=2, annual_rate_pct="0").rows
    ] == [
        Decimal("0.01"),
        0,
    ]


def test_the_json_has_decimal_strings_and_iso_dates() -> None:
    made = schedule_to_json(schedule("TXT-02"))
    assert made["rows"][0] == {
        "number": 1,
        "due_on": "2024-02-01",
        "principal": "7884.88",
        "interest": "1000.00",
        "due": "8884.88",
        "balance": "92115.12",
    }
    assert made["totals"] == {"principal": "100000.00", "interest": "6618.53", "due": "106618.53"}
    assert made["apr_pct"] == "12.6747"


def test_an_instalment_never_repays_more_than_is_left() -> None:
    parts = amortise(
        Decimal("10.00"),
        date(2025, 1, 1),
        due_dates(date(2025, 2, 1), 12, Period()),
        Contract(Decimal(0), rounding=Rounding("UP"), instalment_unit=Decimal(4)),
    )
    assert [part.principal for part in parts[:4]] == [4, 4, 2, 0]
