"""Schedules: the published vectors to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from loans.calendar import Period, due_dates
from loans.contract import Contract, amortise
from loans.daycount import year_fraction
from loans.money import Rounding, round_money
from loans.schedule_json import schedule_to_json
from tests.unit.loan_schedules import figures, schedule, totals
from tests.unit.loan_vectors import expected, inputs, vectors

HALF_EVEN = {"mode": "HALF_EVEN"}


def test_every_vector_is_named_by_a_test() -> None:
    tests = [path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].glob("*/test_*.py")]
    assert len(vectors()) == 73
    assert [name for name in vectors() if not any(f'"{name}"' in text for text in tests)] == []


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
