"""Interest pause (停息): no interest for some days, the rate in force before and after.

The instalment stays as large as it is, so that more of it repays principal; the last ones shrink or fall away.
Where the instalment is not level, or no longer a regular one, each keeps its principal and has less interest;
see `loans.relief.anew`. What is overdue stays as it is, on its dates. Source: Apache Fineract,
LoanInterestPause.feature, which frees the day before each of the days free here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from loans.money import ZERO
from loans.relief.anew import rows_anew
from loans.relief.checks import require_open
from loans.relief.dates import months_later
from loans.relief.errors import ReliefError
from loans.relief.params import Params
from loans.relief.position import Position
from loans.relief.proposal import ParamValue, Proposal, propose, unchanged
from loans.relief.rates import changed_rates, highest_rate, require_interest_to_come
from policies.wording import day

KIND = "interest_pause"
PARAMS = ("months", "from", "until")
ONE_DAY = timedelta(days=1)


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """No interest from the day `from` until the day `until`, both included, or for `months` from `from` on.

    By default months begin on the next due date, so that whole periods are free, or today when that is the
    last one; days begin today. Days already free stay free. A deferral's interest agreed before stays as
    agreed. Raises ReliefError when the loan is closed, past maturity or bears no interest, the days make no
    sense, or they are free already.
    """
    read = Params(params, PARAMS)
    require_open(position)
    start, end, stored = _days(position, read)
    require_interest_to_come(position, start)
    if not highest_rate(position.contract, start):
        raise ReliefError(
            "no_interest",
            "这笔贷款不计利息，不需要停息",
            "this loan bears no interest, so there is none to pause",
        )
    if not highest_rate(position.contract, start, end):
        last = end - ONE_DAY
        raise ReliefError(
            "already_paused",
            f"{day(start, 'zh')}到{day(last, 'zh')}已经停息，请选择之后的日期",
            f"no interest counts from {day(start, 'en')} to {day(last, 'en')} already; choose later days",
        )
    terms = replace(position.terms, rate_changes=changed_rates(position.contract, lambda _: ZERO, start, end))
    contract = replace(position.contract, rate_changes=terms.rate_changes)
    rows = rows_anew(position, contract, keep_level=True)
    overdue = [unchanged(instalment) for instalment in position.overdue]
    return propose(position, KIND, stored, [*overdue, *rows], terms=terms)


def _days(position: Position, read: Params) -> tuple[date, date, dict[str, ParamValue]]:
    """The first day without interest, the first day after, and the parameters as stored."""
    if read.has("months") == read.has("until"):
        raise ReliefError(
            "bad_param",
            "请说明停息几个月（months），或停到哪一天（until），二选一",
            "give either months or until (a date), not both",
        )
    if read.has("months"):
        months = read.count("months", "月", "months")
        start = read.day("from") if read.has("from") else _next_period(position)
        return start, months_later(position, start, months), {"months": months, "from": start.isoformat()}
    start, until = read.day("from") if read.has("from") else position.as_of, read.day("until")
    if until < start or until == date.max:
        raise ReliefError(
            "bad_param",
            f"停息的最后一天{day(until, 'zh')}不能早于第一天{day(start, 'zh')}",
            f"the last day without interest, {day(until, 'en')}, must not come before the first, {day(start, 'en')}",
        )
    return start, until + ONE_DAY, {"from": start.isoformat(), "until": until.isoformat()}


def _next_period(position: Position) -> date:
    due_on = position.upcoming[0].due_on if position.upcoming else position.as_of
    return due_on if due_on < position.maturity_on else position.as_of
