"""The terms a schedule version carries beside its rows: later reliefs are computed by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from loans.calendar import MONTHLY, Period
from loans.contract import RateChange


@dataclass(frozen=True)
class Terms:
    """How a loan is repaid and at which rates: the method, the period, and every change of its contract rate.

    `due_day` is the day of the month (1 to 31) a plan by months was moved to; None, the day its dates show.
    """

    method: str
    period: Period = MONTHLY
    rate_changes: tuple[RateChange, ...] = ()
    due_day: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The terms as JSON values: rates as decimal strings, dates as ISO dates."""
        return {
            "method": self.method,
            "period": self.period.as_json(),
            "rate_changes": [
                {"from": change.from_date.isoformat(), "annual_rate_pct": str(change.annual_rate_pct)}
                for change in self.rate_changes
            ],
            "due_day": self.due_day,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Terms:
        """The terms written by `as_json`."""
        return cls(
            method=given["method"],
            period=Period.from_json(given["period"]),
            rate_changes=tuple(
                RateChange(date.fromisoformat(change["from"]), Decimal(change["annual_rate_pct"]))
                for change in given["rate_changes"]
            ),
            due_day=given.get("due_day"),
        )
