"""Loans as Hypothesis draws them: of any method, anywhere in their life, paid in whole or in part."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from hypothesis import strategies as st

from loans.contract import METHODS
from loans.daycount import DAY_COUNTS
from loans.relief import Components, Position
from tests.unit.relief_positions import loan

DAYS = st.integers(0, 900).map(lambda days: date(2025, 1, 15) + timedelta(days=days))
SHARE = st.integers(0, 99)


@st.composite
def open_loans(
    draw: st.DrawFn, *, fees: tuple[str, ...] = ("0.00", "3.33"), methods: tuple[str, ...] = METHODS
) -> Position:
    """An open loan on a day of 2025 to 2027, its first instalments paid and perhaps a part of the next."""
    count = draw(st.integers(1, 24))
    method = draw(st.sampled_from(methods))
    principal = draw(st.decimals("50", "500000", places=2))
    paid = draw(st.integers(0, count - 1))
    balloon: dict[str, Any] = {"balloon": str(principal / 4 // 1)} if method == "balloon" else {}
    position = loan(
        principal=str(principal),
        annual_rate_pct=str(draw(st.decimals("0", "36", places=2))),
        instalments=count,
        method=method,
        day_count=draw(st.sampled_from(DAY_COUNTS)),
        period=draw(st.sampled_from([{"n": 1}, {"n": 1}, {"n": 3}, {"n": 2, "unit": "week"}])),
        first_due_on=draw(st.sampled_from(["2025-02-15", "2025-02-28", "2025-01-31", "2025-03-03"])),
        paid=paid,
        fee=draw(st.sampled_from(fees)),
        penalty_on=draw(st.lists(st.integers(1, count), max_size=3)),
        **balloon,
    )
    share = draw(SHARE)
    instalments = tuple(
        replace(each, paid=_part(each.due, share)) if each.number == paid + 1 else each
        for each in position.instalments
    )
    return replace(position, as_of=draw(DAYS), instalments=instalments)


def _part(due: Components, percent: int) -> Components:
    cent = Decimal("0.01")
    parts = (due.principal, due.interest, due.fee, due.penalty)
    return Components(*((part * percent / 100).quantize(cent, ROUND_DOWN) for part in parts))
