"""Due dates: steps of months that remember their day, of weeks and of days."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta

UNITS = ("month", "week", "day")
_DAYS = {"week": 7, "day": 1}


@dataclass(frozen=True)
class Period:
    """The time between two due dates: `n` months, weeks or days. Raises ValueError when it makes no sense."""

    n: int = 1
    unit: str = "month"

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"period unit {self.unit!r} is unknown; use one of {', '.join(UNITS)}")
        if self.n < 1:
            raise ValueError(f"period n is {self.n}; give at least 1")

    @property
    def in_months(self) -> bool:
        """Whether the period is counted in months."""
        return self.unit == "month"


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
    """The date `steps` periods after `first`. Raises OverflowError outside the calendar."""
    if period.in_months:
        return add_months(first, steps * period.n, anchor_day)
    return first + timedelta(days=steps * period.n * _DAYS[period.unit])


def due_dates(first: date, count: int, period: Period, anchor_day: int | None = None) -> tuple[date, ...]:
    """`count` due dates, each counted from `first`, so that a short month shifts none after it."""
    return (first, *(step(first, steps, period, anchor_day) for steps in range(1, count)))


def months_between(start: date, end: date) -> int:
    """The months needed from `start` to `end`, a part of a month counted as one; never negative."""
    if end <= start:
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month
    return months + 1 if add_months(start, months) < end else max(months, 1)
