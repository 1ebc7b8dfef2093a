"""Day counts: which part of a year lies between two dates, as an exact fraction.

The fraction is kept as a ratio of whole numbers, so that interest is divided once, at the end, and a half
cent is exactly a half cent when it is rounded.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date
from fractions import Fraction

from loans.calendar import is_month_end

THIRTY_360 = "30/360"
ACTUAL_365 = "actual/365"
ACTUAL_360 = "actual/360"
ACTUAL_ACTUAL = "actual/actual"
DAY_COUNTS = (THIRTY_360, ACTUAL_365, ACTUAL_360, ACTUAL_ACTUAL)


def year_fraction(start: date, end: date, day_count: str) -> Fraction:
    """The part of a year from `start` (counted) to `end` (not counted).

    30/360: every month has 30 days. A date at the end of a shorter month stands for the day it was cut from,
    so 31 January to 28 February is one month, and so is 28 February to 31 March (ISDA 2006 section 4.16(g)
    with month-end dates kept together).
    actual/365 and actual/360: days passed over 365 or 360, leap year or not.
    actual/actual: days in leap years over 366 plus days in other years over 365 (ISDA 2006 section 4.16(b)).
    Raises ValueError when `end` is before `start` or the day count is unknown.
    """
    return Fraction(*year_ratio(start, end, day_count))


def year_ratio(start: date, end: date, day_count: str) -> tuple[int, int]:
    """`year_fraction` as two whole numbers, not reduced; errors as there."""
    days = (end - start).days
    if days < 0:
        raise ValueError(f"the period ends on {end}, before it starts on {start}")
    if day_count == THIRTY_360:
        return _days_of_30(start, end), 360
    if day_count == ACTUAL_365:
        return days, 365
    if day_count == ACTUAL_360:
        return days, 360
    if day_count == ACTUAL_ACTUAL:
        return _actual_actual(start, end)
    raise ValueError(f"day count {day_count!r} is unknown; use one of {', '.join(DAY_COUNTS)}")


def _days_of_30(start: date, end: date) -> int:
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.day == end.day:
        return months * 30
    anchor = max(start.day, end.day)
    return months * 30 + _day_of_30(end, anchor) - _day_of_30(start, anchor)


def _day_of_30(day: date, anchor: int) -> int:
    return min(30, anchor if is_month_end(day) else day.day)


def _actual_actual(start: date, end: date) -> tuple[int, int]:
    if start.year == end.year:
        return (end - start).days, 366 if isleap(start.year) else 365
    in_leap_years = in_others = 0
    while start < end:
        until = end if start.year == end.year else date(start.year + 1, 1, 1)
        days = (until - start).days
        if isleap(start.year):
            in_leap_years += days
        else:
            in_others += days
        start = until
    return in_leap_years * 365 + in_others * 366, 365 * 366
