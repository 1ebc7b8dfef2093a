"""Schedules made from JSON terms, and what must hold of every one of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from loans.schedule import Row, Schedule, build_schedule
from loans.schedule_json import terms_from_json
from tests.unit.loan_vectors import inputs


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


def must_be_consistent(made: Schedule, principal: Decimal) -> None:
    """Nothing is negative, the sums close, every balance follows from the row, and the last one is zero."""
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
