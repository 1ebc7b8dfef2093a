"""Another due date or cycle (改还款日、改还款周期): the instalments to come fall due on other dates.

What is overdue stays as it is, on its dates. The first period is as long as it really is, longer or shorter, and
bears interest for its days; Apache Fineract under 30/360 charges a whole month for it whatever its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from loans.calendar import SEASON, Period, add_months, step
from loans.contract import PRINCIPAL_AT_THE_END
from loans.money import NOTHING
from loans.relief.anew import amortised, coming, paid_ahead, rows_anew, without_principal
from loans.relief.checks import require_open
from loans.relief.dates import upcoming_dates
from loans.relief.errors import ReliefError
from loans.relief.params import Params
from loans.relief.period_words import period_words
from loans.relief.position import Position
from loans.relief.proposal import NewRow, ParamValue, Proposal, propose, unchanged
from loans.relief.terms import Terms
from loans.schedule import MOST_INSTALMENTS
from policies import wording

KIND = "move_due_date"
PARAMS = ("day", "first_due_on", "period")


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """Instalments on another `day` of the month, from another first date (`first_due_on`), or every `period`.

    With a `day`, the next instalment falls on the first such day on or after its present date; the others
    move by as many months. A `first_due_on` moves them all likewise, and its day is the plan's from then on.
    An instalment that was put off to another day never comes earlier when the next one comes later.
    In a plan by weeks or days all move by as many days as the first.

    With another `period` the next instalment comes no earlier than now and, where the new period is longer,
    a whole one after the last. The maturity is never later for it: the last instalment is the last date of
    the new cycle up to the old maturity, and principal due only at the end stays due on that day. The rest is
    repaid by the loan's method; carried interest, fees and penalties fall due with the first new instalment
    on or after their date.

    Raises ReliefError when the loan is closed or past maturity, the parameters make no sense, or no date
    would change.
    """
    read = Params(params, PARAMS)
    require_open(position)
    period = read.period("period") if read.has("period") else position.period
    if not position.upcoming:
        raise ReliefError(
            "past_maturity",
            "这笔贷款已过到期日，没有后续还款日可以改；可以申请重新分期",
            "this loan is past its maturity and has no due dates to come; ask to spread what is left instead",
        )
    old_dates = upcoming_dates(position)
    try:
        first, due_day, stored = _first_date(position, read, period)
        if period == position.period:
            dates = _moved_along(position, old_dates, first, due_day)
            terms = _terms(position, _season_moved(period, old_dates[0], first), due_day)
            rows = _rows_on(position, dict(zip(old_dates, dates, strict=True)))
        else:
            dates = _in_cycle(position, first, period, due_day)
            terms = _terms(position, period, due_day)
            rows = _rows_in_cycle(position, dates, period)
    except OverflowError:
        raise ReliefError(
            "beyond_calendar",
            "新的还款日超出可用日期，请选择更早的日期",
            "the new dates lie outside the calendar; choose an earlier date",
        ) from None
    if dates == old_dates:
        raise _nothing_changes()
    overdue = [unchanged(instalment) for instalment in position.overdue]
    return propose(position, KIND, stored, [*overdue, *rows], terms=terms)


def _first_date(
    position: Position, read: Params, period: Period
) -> tuple[date, int | None, dict[str, ParamValue]]:
    """The first new due date, the day of the month the plan keeps to, and the parameters as stored."""
    stored: dict[str, ParamValue] = {"period": period_words(period)} if read.has("period") else {}
    earliest = _earliest(position, period)
    if read.has("day") and read.has("first_due_on"):
        raise ReliefError(
            "bad_param",
            "请说明改到每月几号（day），或从哪一天开始（first_due_on），二选一",
            "give either day (of the month) or first_due_on (a date), not both",
        )
    if read.has("day"):
        day = read.day_of_month("day")
        if not period.in_months:
            raise ReliefError(
                "bad_param",
                "按周或按天还款没有固定的几号；请说明从哪一天开始（first_due_on）",
                "a plan by weeks or days has no day of the month; give the first date (first_due_on)",
            )
        first = add_months(earliest, 0, day)
        if first < earliest:
            first = add_months(earliest, 1, day)
        return first, day, {"day": day, **stored}
    if read.has("first_due_on"):
        first = read.day("first_due_on")
        after = max(position.as_of, position.accrues_from)
        if first <= after:
            raise ReliefError(
                "too_early",
                f"首个新还款日须在{wording.day(after, 'zh')}之后，不能是{wording.day(first, 'zh')}",
                f"the first new due date must come after {wording.day(after, 'en')}, not on {wording.day(first, 'en')}",
            )
        return first, first.day if period.in_months else None, {"first_due_on": first.isoformat(), **stored}
    if not stored:
        raise ReliefError(
            "bad_param",
            "请说明改到每月几号（day）、从哪一天开始（first_due_on）或还款周期（period）",
            "give a day of the month (day), a first date (first_due_on) or a period",
        )
    if period == position.period:
        raise _nothing_changes()
    return earliest, position.anchor_day(earliest) if period.in_months else None, stored


def _nothing_changes() -> ReliefError:
    return ReliefError(
        "nothing_changes",
        "新的还款日和现在的一样，请选择别的日期或周期",
        "the due dates would stay as they are; choose another day or period",
    )


def _earliest(position: Position, period: Period) -> date:
    """The first due date when only the cycle changes: no earlier than now, and a new, longer period is whole."""
    present = position.upcoming[0].due_on
    if period == position.period:
        return present
    whole = step(position.accrues_from, 1, period, position.anchor_day(position.accrues_from))
    return min(max(present, whole), position.upcoming[-1].due_on)


def _moved_along(position: Position, old: Sequence[date], first: date, due_day: int | None) -> list[date]:
    """The dates moved as the first one moves: by months to the same day, or by days.

    When the first comes later, a date that was off the plan's day does not come earlier.
    """
    if due_day is None:
        return [day + (first - old[0]) for day in old]
    months = (first.year - old[0].year) * 12 + first.month - old[0].month
    plan_day = position.anchor_day(old[0])
    moved: list[date] = []
    for day in old:
        not_before = date.min if add_months(day, 0, plan_day) == day or first < old[0] else day
        new = add_months(day, months, due_day)
        while new < not_before or (moved and new <= moved[-1]):
            new = add_months(new, 1, due_day)
        moved.append(new)
    return moved


def _season_moved(period: Period, old: date, new: date) -> Period:
    """The period; of a plan by season, with its months as much later as the first date is."""
    if period.unit != SEASON:
        return period
    months = sorted((month - old.month + new.month - 1) % 12 + 1 for month in period.months)
    return replace(period, months=tuple(months))


def _in_cycle(position: Position, first: date, period: Period, due_day: int | None) -> list[date]:
    end = position.upcoming[-1].due_on
    at_the_end = position.method in PRINCIPAL_AT_THE_END
    last = end - timedelta(days=1) if at_the_end else end
    dates = [first]
    while (day := step(first, len(dates), period, due_day)) <= last:
        dates.append(day)
        if len(dates) > MOST_INSTALMENTS:
            raise ReliefError(
                "too_many_instalments",
                "这样的周期期数过多，请选择更长的还款周期",
                "this cycle makes too many instalments; choose a longer period",
            )
    return [*dates, end] if at_the_end and first < end else dates


def _terms(position: Position, period: Period, due_day: int | None) -> Terms:
    return replace(position.terms, period=period, due_day=due_day)


def _rows_on(position: Position, new: Mapping[date, date]) -> list[NewRow]:
    return rows_anew(position, position.contract, [new[each.due_on] for each in position.upcoming])


def _rows_in_cycle(position: Position, dates: Sequence[date], period: Period) -> list[NewRow]:
    """The principal to come over other dates, and with it what is owed besides."""
    old = coming(position)
    if not any(each.principal for each in old):
        raise ReliefError(
            "no_principal",
            "后续各期没有本金，不能改变还款周期；可以改还款日",
            "the instalments to come hold no principal, so their cycle cannot change; move their dates instead",
        )
    interest_only_until = old[count - 1].due_on if (count := without_principal(old)) else date.min
    interest_only = min(sum(day <= interest_only_until for day in dates), len(dates) - 1)
    contract = replace(position.contract, period=period)
    parts = amortised(position, old, dates, contract, interest_only=interest_only)
    earned, fees, penalties = ([NOTHING] * len(dates) for _ in range(3))
    for each in old:
        at = next((index for index, day in enumerate(dates) if day >= each.due_on), len(dates) - 1)
        earned[at] += each.earned
        fees[at] += each.instalment.unpaid.fee
        penalties[at] += each.instalment.unpaid.penalty
    return paid_ahead(
        NewRow(
            0,
            part.from_date,
            part.due_on,
            part.principal,
            part.interest + carried,
            fee,
            penalty,
            NOTHING,
            interest_carried=carried,
        )
        for part, carried, fee, penalty in zip(parts, earned, fees, penalties, strict=True)
    )
