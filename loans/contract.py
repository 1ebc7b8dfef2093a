"""What a loan contract says about interest, and the one function that turns a balance into instalments."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from loans.calendar import MONTHLY, Period
from loans.daycount import THIRTY_360, year_fraction
from loans.money import EXACT, NOTHING, ZERO, Rounding, round_money, written

METHODS = ("annuity", "equal_principal", "bullet", "interest_only", "flat", "balloon")
EQUAL_PARTS = ("equal_principal", "flat")
PRINCIPAL_AT_THE_END = ("bullet", "interest_only")


@dataclass(frozen=True, order=True)
class RateChange:
    """From `from_date` on, that day included, interest is `annual_rate_pct` percent a year; 0 is a pause."""

    from_date: date
    annual_rate_pct: Decimal


@dataclass(frozen=True)
class Contract:
    """The conventions interest and instalments follow.

    `annual_rate_pct` is percent a year until the first of `rate_changes`, which are in the order of their
    dates. `instalment_unit` rounds the level instalment (for equal principal and flat interest, the principal
    part) to a larger multiple than `rounding` does. `flat_principal` is the amount flat interest is always
    counted on.
    """

    annual_rate_pct: Decimal
    method: str = "annuity"
    day_count: str = THIRTY_360
    rounding: Rounding = field(default_factory=Rounding)
    period: Period = MONTHLY
    instalment_unit: Decimal | None = None
    flat_principal: Decimal = ZERO
    rate_changes: tuple[RateChange, ...] = ()

    def fraction(self, start: date, end: date) -> Fraction:
        """The part of a year from `start` to `end`.

        Under 30/360 a plan by weeks or days counts real days over 360: it has no months to even out.
        """
        if self.day_count == THIRTY_360 and not self.period.in_months:
            return Fraction((end - start).days, 360)
        return year_fraction(start, end, self.day_count)

    def interest(self, amount: Decimal, start: date, end: date) -> Decimal:
        """Simple interest on `amount` from `start` to `end` at the rates in force, rounded once."""
        with decimal.localcontext(EXACT):
            part = self._percent_years(start, end)
            return round_money(amount * part.numerator / (100 * part.denominator), self.rounding)

    def rate(self, start: date, end: date) -> Decimal:
        """The interest rate of the time from `start` to `end` as a fraction of the amount, not rounded."""
        part = self._percent_years(start, end)
        return Decimal(part.numerator) / (100 * part.denominator)

    def rate_on(self, day: date) -> Decimal:
        """The rate in force on a day, in percent a year."""
        rate = self.annual_rate_pct
        for change in self.rate_changes:
            if change.from_date <= day:
                rate = change.annual_rate_pct
        return rate

    def _percent_years(self, start: date, end: date) -> Fraction:
        """The rate times the part of a year; a rate that changes on the way counts for its own days.

        Under 30/360 a period's part of a year is shared among its rates by actual days, as Apache Fineract
        does: the parts of a month always add up to the month.
        """
        changes = [change for change in self.rate_changes if start < change.from_date < end]
        if not changes:
            return Fraction(self.rate_on(start)) * self.fraction(start, end)
        days = [start, *(change.from_date for change in changes), end]
        spans = list(pairwise(days))
        if self.day_count != THIRTY_360:
            return sum((Fraction(self.rate_on(a)) * self.fraction(a, b) for a, b in spans), Fraction(0))
        weighted = sum((Fraction(self.rate_on(a)) * (b - a).days for a, b in spans), Fraction(0))
        return self.fraction(start, end) * weighted / (end - start).days

    @property
    def instalment_rounding(self) -> Rounding:
        """How the regular instalment is rounded."""
        return self.rounding.with_unit(max(self.instalment_unit or ZERO, self.rounding.unit))


@dataclass(frozen=True)
class Part:
    """One instalment to come: its period, its principal and interest, and the principal left after it."""

    from_date: date
    due_on: date
    principal: Decimal
    interest: Decimal
    balance: Decimal


def amortise(
    balance: Decimal,
    start: date,
    due_on: Sequence[date],
    contract: Contract,
    *,
    interest_only: int = 0,
    balloon: Decimal = ZERO,
    carried_interest: Decimal = ZERO,
    level: Decimal | None = None,
) -> list[Part]:
    """`balance` repaid on the dates `due_on`, with interest from `start`.

    The first `interest_only` instalments carry no principal. `balloon` is paid with the last instalment on
    top of the regular one. `carried_interest` is interest already earned; it is added to the first
    instalment, and for an annuity the level instalment takes it in, so that the first is no larger than the
    others where it can be. `level` gives the regular amount instead of computing it: the last instalment then
    differs by whatever that leaves. Each period's interest is rounded; the last instalment takes whatever principal is
    left. No part is ever negative: when a period's interest exceeds the level instalment, that instalment is
    the interest alone.
    """
    with decimal.localcontext(EXACT):
        starts = (start, *due_on[:-1])
        periods = list(zip(starts, due_on, strict=True))
        taken_in = ZERO if interest_only else carried_interest
        regular = (
            _regular_amount(balance, periods[interest_only:], contract, balloon, taken_in)
            if level is None
            else level
        )
        parts = []
        left = written(balance)
        for index, (begin, end) in enumerate(periods):
            base = contract.flat_principal if contract.method == "flat" else left
            interest = contract.interest(base, begin, end)
            if index == 0:
                interest += carried_interest
            if index == len(periods) - 1:
                principal = left
            elif index < interest_only or contract.method in PRINCIPAL_AT_THE_END:
                principal = NOTHING
            elif contract.method in EQUAL_PARTS:
                principal = min(regular, left)
            else:
                principal = min(max(regular - interest, NOTHING), left)
            left -= principal
            parts.append(Part(begin, end, principal, interest, left))
        return parts


def _regular_amount(
    balance: Decimal,
    periods: Sequence[tuple[date, date]],
    contract: Contract,
    balloon: Decimal,
    carried_interest: Decimal,
) -> Decimal:
    """The level instalment, or for equal principal and flat interest the level principal part.

    Annuity with any periods: A = (B - balloon * v_n) / sum(v_k), v_k the product of 1 / (1 + r_i) up to k.
    """
    if contract.method in PRINCIPAL_AT_THE_END:
        return ZERO
    if contract.method in EQUAL_PARTS:
        return round_money((balance - balloon) / len(periods), contract.instalment_rounding)
    discount, annuity = Decimal(1), ZERO
    for begin, end in periods:
        discount /= 1 + contract.rate(begin, end)
        annuity += discount
    return round_money(
        (balance + carried_interest - balloon * discount) / annuity, contract.instalment_rounding
    )
