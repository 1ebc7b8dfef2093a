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
    """How a loan is repaid and at which rates: the method, the period, and every change of its contract rate."""

    method: str
    period: Period = MONTHLY
    rate_changes: tuple[RateChange, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The terms as JSON values: rates as decimal strings, dates as ISO dates."""
        return {
            "method": self.method,
            "period": {"n": self.period.n, "unit": self.period.unit},
            "rate_changes": [
                {"from": change.from_date.isoformat(), "annual_rate_pct": str(change.annual_rate_pct)}
                for change in self.rate_changes
            ],
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Terms:
        """The terms written by `as_json`."""
        return cls(
            method=given["method"],
            period=Period(**given["period"]),
            rate_changes=tuple(
                RateChange(date.fromisoformat(change["from"]), Decimal(change["annual_rate_pct"]))
                for change in given["rate_changes"]
            ),
        )
