"""Invented loans in the states the relief tests need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from loans.money import NOTHING
from loans.relief import Components, OpenInstalment, Position, Proposal, position_after
from loans.schedule import build_schedule
from loans.schedule_json import terms_from_json


def loan(
    *,
    paid: int = 0,
    as_of: str = "2025-05-01",
    fee: str = "0.00",
    penalty_on: Sequence[int] = (),
    state: dict[str, Any] | None = None,
    **terms: Any,
) -> Position:
    """The textbook loan (100,000 at 12%, 12 level instalments from 15 January 2025), its first `paid` ones paid.

    Each instalment carries `fee`; those in `penalty_on` carry a penalty of 20. `terms` change the schedule, `state`
    the position.
    """
    full = {
        **{"principal": "100000.00", "annual_rate_pct": "12", "instalments": 12, "method": "annuity"},
        **{"disbursed_on": "2025-01-15", "first_due_on": "2025-02-15"},
        **terms,
    }
    made = terms_from_json(full)
    rows = build_schedule(made).rows
    starts = [made.disbursed_on, *(row.due_on for row in rows)]
    instalments = []
    for start, row in zip(starts, rows, strict=False):
        penalty = Decimal("20.00") if row.number in penalty_on else NOTHING
        due = Components(row.principal, row.interest, Decimal(fee), penalty)
        instalments.append(
            OpenInstalment(row.number, start, row.due_on, due, due if row.number <= paid else Components())
        )
    position = Position(
        loan_ref="L1",
        currency="CNY",
        principal=made.principal,
        annual_rate_pct=made.annual_rate_pct,
        method=made.method,
        disbursed_on=made.disbursed_on,
        original_maturity_on=rows[-1].due_on,
        term_months=len(rows),
        as_of=date.fromisoformat(as_of),
        instalments=tuple(instalments),
        day_count=made.day_count,
        rounding=made.rounding,
        period=made.period,
    )
    return replace(position, **(state or {}))


def pay(position: Position, number: int, **amounts: str) -> Position:
    """The position after paying parts of one instalment, by component."""
    instalments = tuple(
        replace(
            each, paid=each.paid + Components(**{name: Decimal(value) for name, value in amounts.items()})
        )
        if each.number == number
        else each
        for each in position.instalments
    )
    return replace(position, instalments=instalments)


def after(position: Position, proposal: Proposal, as_of: str | date | None = None) -> Position:
    """The loan after the proposal became its schedule."""
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of or position.as_of
    return replace(position_after(position, proposal), as_of=day)


def dues(proposal: Proposal) -> list[tuple[str, str]]:
    """What is to be paid and when: (date, amount)."""
    return [(row.due_on.isoformat(), str(row.due)) for row in proposal.to_pay]
