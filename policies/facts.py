"""What the relief rules look at: plain facts about a loan, without any loan book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class ReliefFacts:
    """A loan on the day `as_of`. Amounts are in `currency`, the rate is percent a year, terms are in months.

    `term_months` is the original term. `movable_on` is the due date an extension would move: the due
    instalment's, or the maturity of a bullet loan. `period_months` is the length of one instalment period.
    """

    as_of: date
    currency: str
    outstanding_principal: Decimal
    annual_rate_pct: Decimal
    method: str
    term_months: int
    remaining_instalments: int
    movable_on: date
    maturity_on: date
    days_past_due: int = 0
    prior_extension_months: int = 0
    restructure_count: int = 0
    secured: bool = False
    guarantor: bool = False
    period_months: Decimal = Decimal(1)
    reason: str | None = None
