"""Due dates: by months that remember their day, by production seasons, by weeks and by days."""

from __future__ import annotations

from bisect import bisect_right
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

SEASON = "season"
UNITS = ("month", "week", "day", SEASON)
_DAYS = {"week": 7, "day": 1}
_DAYS_A_MONTH = Decimal("30.4375")


@dataclass(frozen=True)
class Period:
    """The time between two due dates: `n` months, weeks or days (a fortnight is two weeks).

    With the unit season a plan follows the harvest: it falls due in `months` (1 to 12) of every year.
    Raises ValueError when it makes no sense.
    """

    n: int = 1
    unit: str = "month"
    months: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"period unit {self.unit!r} is unknown; use one of {', '.join(UNITS)}")
        if self.n < 1:
            raise ValueError(f"period n is {self.n}; give at least 1")
        if self.unit == SEASON:
            self._check_season()
        elif self.months:
            raise ValueError("only a season has months; leave them out or set the unit to season")

    def _check_season(self) -> None:
        if self.n != 1:
            raise ValueError("a season has no n; give only the months in which instalments fall due")
        in_order = tuple(sorted(set(self.months)))
        if not self.months or self.months != in_order or not 1 <= in_order[0] <= in_order[-1] <= 12:
            raise ValueError(
                "give the season's months once each, in order, from 1 to 12, for example 6 and 10"
            )

    @property
    def in_months(self) -> bool:
        """Whether due dates keep to a day of the month, rather than to a number of days."""
        return self.unit not in _DAYS

    @property
    def average_months(self) -> Decimal:
        """How many months lie between two due dates, on average over the years."""
        if self.unit == SEASON:
            return Decimal(12) / len(self.months)
        return Decimal(self.n) if self.in_months else self.n * _DAYS[self.unit] / _DAYS_A_MONTH

    def as_json(self) -> dict[str, Any]:
        """The period as JSON values."""
        if self.unit == SEASON:
            return {"unit": SEASON, "months": list(self.months)}
        return {"n": self.n, "unit": self.unit}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Period:
        """The period written by `as_json`."""
        return cls(given.get("n", 1), given["unit"], tuple(given.get("months", ())))


MONTHLY = Period()


_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def month_length(year: int, month: int) -> int:
    """How many days a month has."""
    return 29 if month == 2 and isleap(year) else _MONTH_LENGTHS[month - 1]


def add_months(day: date, months: int, anchor_day: int | None = None) -> date:
    """The date `months` later on `anchor_day` (its own day by default), or a shorter month's last day.

    Raises OverflowError beyond the year 9999.
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(f"{months} months from {day} lies outside the calendar")
    return date(year, month0 + 1, min(anchor_day or day.day, month_length(year, month0 + 1)))


def is_month_end(day: date) -> bool:
    """Whether `day` is the last day of its month."""
    return day.day >= 28 and day.day == month_length(day.year, day.month)


def anchor_day_of(day: date, *earlier: date) -> int:
    """The day of the month a monthly plan keeps to.

    It is the day of `day`, unless `day` is a month's last day and an earlier date of the same plan was later
    in its month: 29 February after 31 January is kept to the 31st.
    """
    if is_month_end(day):
        return max(day.day, *(other.day for other in earlier), 0)
    return day.day


def step(first: date, steps: int, period: Period, anchor_day: int | None = None) -> date:
    """The date `steps` periods after `first`, kept to `anchor_day` (its own by default) in a plan by months.

    In a plan by season it is the `steps`-th season month after the month of `first`.
    Raises OverflowError outside the calendar.
    """
    if period.unit == SEASON and steps:
        years, index = divmod(bisect_right(period.months, first.month) + steps - 1, len(period.months))
        return add_months(first, years * 12 + period.months[index] - first.month, anchor_day)
    if period.in_months:
        return add_months(first, steps * period.n, anchor_day)
    return first + timedelta(days=steps * period.n * _DAYS[period.unit])


def due_dates(first: date, count: int, period: Period, anchor_day: int | None = None) -> tuple[date, ...]:
    """`count` due dates, each counted from `first`, so that a short month shifts none after it."""
    return (first, *(step(first, steps, period, anchor_day) for steps in range(1, count)))


def months_between(start: date, end: date, anchor_day: int | None = None) -> int:
    """The months needed from `start` to `end`, a part of a month counted as one; never negative.

    `anchor_day` is the day of the month that dates counted from `start` keep to, by default its own: from 28
    February to 30 April are two months where dates keep to the 31st.
    """
    if end <= start:
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month
    return months + 1 if add_months(start, months, anchor_day) < end else max(months, 1)
