"""Loans repaid after each harvest: their dates, their interest, and every relief on them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loans.calendar import Period
from loans.options import facts_of
from loans.relief import Position, Terms, compute
from loans.relief.dates import dates_until, next_dates
from tests.unit.loan_schedules import must_be_consistent, schedule
from tests.unit.relief_positions import loan

HARVESTS = Period(1, "season", (6, 10))


def farm_loan(**changes: Any) -> Position:
    """60,000 at 12%, lent in March 2025, repaid in six equal parts on 15 June and 15 October."""
    terms: dict[str, Any] = {
        "principal": "60000",
        "instalments": 6,
        "method": "equal_principal",
        "disbursed_on": "2025-03-15",
        "first_due_on": "2025-06-15",
        "period": HARVESTS.as_json(),
    }
    return loan(**terms | {"as_of": "2025-06-01"} | changes)


def due(position: Position) -> list[str]:
    return [each.due_on.isoformat() for each in position.instalments]


def test_instalments_fall_due_in_the_seasons_of_every_year() -> None:
    assert due(farm_loan()) == [
        "2025-06-15",
        "2025-10-15",
        "2026-06-15",
        "2026-10-15",
        "2027-06-15",
        "2027-10-15",
    ]


def test_interest_is_for_the_months_that_have_passed() -> None:
    interest = [each.due.interest for each in farm_loan().instalments]
    assert interest == [1800, 2000, 3200, 1200, 1600, 400]


def test_a_single_season_comes_once_a_year() -> None:
    yearly = Period(1, "season", (9,)).as_json()
    made = schedule("TXT-02", instalments=3, period=yearly, first_due_on="2024-09-30")
    must_be_consistent(made, Decimal(100000))
    assert [row.due_on.isoformat() for row in made.rows] == ["2024-09-30", "2025-09-30", "2026-09-30"]


def test_seasons_keep_a_day_that_their_month_is_too_short_for() -> None:
    made = schedule(
        "TXT-02",
        instalments=4,
        period={"unit": "season", "months": [2, 12]},
        disbursed_on="2024-01-31",
        first_due_on="2024-02-29",
    )
    assert [row.due_on.isoformat() for row in made.rows] == [
        "2024-02-29",
        "2024-12-31",
        "2025-02-28",
        "2025-12-31",
    ]


def test_the_rules_see_half_a_year_between_instalments() -> None:
    assert facts_of(farm_loan()).period_months == 6


def test_the_terms_of_a_version_keep_the_season() -> None:
    terms = farm_loan().terms
    assert terms.as_json()["period"] == {"unit": "season", "months": [6, 10]}
    assert Terms.from_json(terms.as_json()) == terms


def test_more_instalments_go_on_by_the_season() -> None:
    position = farm_loan(paid=4, as_of="2027-01-10")
    assert [day.isoformat() for day in next_dates(position, 5)] == [
        "2027-06-15",
        "2027-10-15",
        "2028-06-15",
        "2028-10-15",
        "2029-06-15",
    ]
    spread = compute("reamortise", position, {"instalments": 4})
    assert [row.due_on.month for row in spread.to_pay] == [6, 10, 6, 10]
    assert spread.totals.principal == 20000


def test_dates_up_to_a_day_are_those_of_the_season() -> None:
    position = farm_loan()
    until = dates_until(position, position.instalments[1].due_on, position.maturity_on)
    assert [day.isoformat() for day in until] == ["2025-10-15", "2026-06-15", "2026-10-15", "2027-06-15"]


@pytest.mark.parametrize(
    ("kind", "params", "first"),
    [
        ("extension", {"months": 4}, "2025-10-15"),
        ("deferral", {"months": 12, "term": "extend"}, "2026-06-15"),
        ("deferral", {"months": 4, "term": "keep"}, "2025-10-15"),
        ("interest_only", {"months": 4, "term": "keep"}, "2025-06-15"),
    ],
)
def test_every_relief_works_on_a_season(kind: str, params: dict[str, Any], first: str) -> None:
    proposal = compute(kind, farm_loan(), params)
    assert proposal.next_due_on.isoformat() == first
    assert {row.due_on.month for row in proposal.to_pay} <= {6, 10}
    assert proposal.totals.principal == 60000
    assert proposal.rows[-1].balance == 0
