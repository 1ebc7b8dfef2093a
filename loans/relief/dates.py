"""The dates a new schedule falls due on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count as count_from
from itertools import islice

from loans.calendar import step
from loans.relief.errors import ReliefError
from loans.relief.position import Position


def upcoming_dates(position: Position) -> list[date]:
    """The due dates still to come, each once, in order."""
    return sorted({instalment.due_on for instalment in position.upcoming})


def next_dates(position: Position, count: int) -> list[date]:
    """`count` due dates: first those still to come, then on by the loan's own period, none in the past.

    Raises ReliefError when the calendar ends first.
    """
    return list(islice(dates_ahead(position), count))


def dates_ahead(position: Position) -> Iterator[date]:
    """Due dates without end: first those still to come, then on by the loan's own period, none in the past.

    Raises ReliefError when the calendar ends.
    """
    dates = upcoming_dates(position)
    yield from dates
    last = dates[-1] if dates else position.maturity_on
    for steps in count_from(1):
        day = _step(position, last, steps)
        if day >= position.as_of:
            yield day


def dates_in_row(position: Position, count: int) -> list[date]:
    """`count` due dates a period apart, from the next due date on; with none left, from a period after today.

    Raises ReliefError when the calendar ends first.
    """
    upcoming = upcoming_dates(position)
    if upcoming:
        return dates_from(position, upcoming[0], count)
    return dates_from(position, position.as_of, count + 1)[1:]


def dates_from(position: Position, first: date, count: int) -> list[date]:
    """`count` dates from `first` on, by the loan's own period. Raises ReliefError when the calendar ends first."""
    return [first, *(_step(position, first, steps) for steps in range(1, count))]


def dates_until(position: Position, first: date, end: date) -> list[date]:
    """The due dates from `first` on, by the loan's own period, that lie before `end`."""
    dates = []
    day = first
    while day < end:
        dates.append(day)
        day = _step(position, first, len(dates))
    return dates


def months_later(position: Position, day: date, months: int) -> date:
    """The date `months` after `day`. Raises ReliefError outside the calendar."""
    try:
        return position.months_later(day, months)
    except OverflowError:
        raise _too_far() from None


def shifted(position: Position, dates: list[date], months: int) -> list[date]:
    """The dates moved later together: by months in a monthly plan, else by the days the first one moves."""
    if position.period.in_months:
        return [months_later(position, day, months) for day in dates]
    by = months_later(position, dates[0], months) - dates[0]
    return [_plus(day, by) for day in dates]


def _plus(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        raise _too_far() from None


def _step(position: Position, first: date, steps: int) -> date:
    try:
        return step(first, steps, position.period, position.anchor_day(first))
    except OverflowError:
        raise _too_far() from None


def _too_far() -> ReliefError:
    return ReliefError(
        "beyond_calendar",
        "新的还款日超出可用日期，请选择更短的时间",
        "the new dates lie outside the calendar; choose a shorter time",
    )
