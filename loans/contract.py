"""What a loan contract says about interest, and the one function that turns a balance into instalments."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from loans.calendar import MONTHLY, Period
from loans.daycount import ACTUAL_360, THIRTY_360, year_fraction, year_ratio
from loans.money import EXACT, ZERO, Rounding, grain_of, in_grains, in_proportion, round_money, round_whole

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
        """The exact part of a year from `start` to `end`; see `loans.daycount.year_fraction`, errors too.

        Under 30/360 a plan by weeks or days counts real days over 360: it has no months to even out.
        """
        return year_fraction(start, end, self._day_count)

    def interest(self, amount: Decimal, start: date, end: date) -> Decimal:
        """Simple interest on `amount` from `start` to `end` at the rates in force, in the loan's currency.

        It is exact until it is rounded, once, by the contract's rounding. Raises ValueError when `end` is before
        `start`.
        """
        percent, years = self.percent_years(start, end)
        return in_proportion(amount, percent, 100 * years, self.rounding)

    def rate(self, start: date, end: date) -> Decimal:
        """The interest of the time from `start` to `end` as a fraction of the amount (0.01 for one percent).

        It has 50 digits. Errors as in `interest`.
        """
        percent, years = self.percent_years(start, end)
        return EXACT.divide(percent, 100 * years)

    def rate_on(self, day: date) -> Decimal:
        """The rate in force on a day, in percent a year."""
        rate = self.annual_rate_pct
        for change in self.rate_changes:
            if change.from_date <= day:
                rate = change.annual_rate_pct
        return rate

    def percent_years(self, start: date, end: date) -> tuple[int, int]:
        """The rate in percent times the part of a year, exact: two whole numbers, the first over the second.

        Each rate counts for its own days. Under 30/360 a period's part of a year is shared among its rates by
        actual days, as Apache Fineract does: the parts of a month always add up to the month. Errors as in
        `interest`.
        """
        changes = [change for change in self.rate_changes if start < change.from_date < end]
        if not changes:
            rate, one = self.rate_on(start).as_integer_ratio()
            part, year = year_ratio(start, end, self._day_count)
            return rate * part, one * year
        days = [start, *(change.from_date for change in changes), end]
        spans = list(pairwise(days))
        if self.day_count != THIRTY_360:
            each = (Fraction(self.rate_on(a)) * self.fraction(a, b) for a, b in spans)
            return sum(each, Fraction(0)).as_integer_ratio()
        weighted = sum((Fraction(self.rate_on(a)) * (b - a).days for a, b in spans), Fraction(0))
        return (self.fraction(start, end) * weighted / (end - start).days).as_integer_ratio()

    @cached_property
    def _day_count(self) -> str:
        return ACTUAL_360 if self.day_count == THIRTY_360 and not self.period.in_months else self.day_count

    @property
    def instalment_rounding(self) -> Rounding:
        """How the regular instalment is rounded."""
        return self.rounding.with_unit(max(self.instalment_unit or ZERO, self.rounding.unit))


class Part(NamedTuple):
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
    """`balance` repaid on the dates `due_on`, with interest from `start`, by the contract's method.

    Methods: level instalments (annuity, 等额本息); level principal (equal principal, 等额本金); interest until
    the last date (bullet and interest-only, 先息后本); level instalments with a larger last one (balloon); level
    principal with interest on the amount first lent (flat). Amounts are in the loan's currency, dates in order.

    The first `interest_only` instalments carry no principal. `balloon` is paid with the last instalment on
    top of the regular one. `carried_interest` is interest already earned; it is added to the first
    instalment, and for an annuity the level instalment takes it in, so that the first is no larger than the
    others where it can be. `level` gives the regular amount instead of computing it: the last instalment then
    differs by whatever that leaves.

    Each period's interest is rounded once, by the contract's rounding, and the regular amount by its
    instalment rounding; the last instalment takes whatever principal is left. No part is ever negative: when
    a period's interest exceeds the level instalment, that instalment is the interest alone; when that is the
    first one with principal, as after a long first period, the others are levelled anew.
    Raises ValueError when a date lies before the one before it.
    """
    periods = list(zip((start, *due_on[:-1]), due_on, strict=True))
    percent_years = [contract.percent_years(begin, end) for begin, end in periods]
    is_ours = level is None
    if level is None:
        taken_in = ZERO if interest_only else carried_interest
        level = _regular_amount(balance, percent_years[interest_only:], contract, balloon, taken_in)
    grain = grain_of(balance, carried_interest, level, contract.flat_principal, contract.rounding.unit)
    left, carried, regular, flat, unit = (
        in_grains(amount, grain)
        for amount in (balance, carried_interest, level, contract.flat_principal, contract.rounding.unit)
    )
    mode, last, parts = contract.rounding.mode, len(periods) - 1, []
    with decimal.localcontext(EXACT):
        for index, (begin, end) in enumerate(periods):
            percent, years = percent_years[index]
            base = flat if contract.method == "flat" else left
            interest = round_whole(base * percent, 100 * years * unit, mode) * unit
            if index == 0:
                interest += carried
            if index == last:
                principal = left
            elif index < interest_only or contract.method in PRINCIPAL_AT_THE_END:
                principal = 0
            elif contract.method in EQUAL_PARTS:
                principal = min(regular, left)
            else:
                principal = min(max(regular - interest, 0), left)
                if is_ours and index == interest_only and interest > regular:
                    rest = _regular_amount(left * grain, percent_years[index + 1 :], contract, balloon, ZERO)
                    regular = in_grains(rest, grain)
            left -= principal
            parts.append(Part(begin, end, principal * grain, interest * grain, left * grain))
    return parts


def _regular_amount(
    balance: Decimal,
    percent_years: Sequence[tuple[int, int]],
    contract: Contract,
    balloon: Decimal,
    carried_interest: Decimal,
) -> Decimal:
    """The level instalment, or for equal principal and flat interest the level principal part.

    Annuity with any periods: A = (B * g - balloon) / s, where g is the product of all 1 + r_i and s the sum
    of what 1 paid on each date has grown to at the end (Apache Fineract's rate factors).
    """
    if contract.method in PRINCIPAL_AT_THE_END:
        return ZERO
    with decimal.localcontext(EXACT):
        if contract.method in EQUAL_PARTS:
            return round_money((balance - balloon) / len(percent_years), contract.instalment_rounding)
        factors = {ratio: 1 + Decimal(ratio[0]) / (100 * ratio[1]) for ratio in set(percent_years)}
        growth, paid = Decimal(1), ZERO
        for ratio in percent_years:
            growth *= factors[ratio]
            paid = paid * factors[ratio] + 1
        return round_money(
            ((balance + carried_interest) * growth - balloon) / paid, contract.instalment_rounding
        )
