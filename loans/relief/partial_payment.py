"""Partial payment plan (部分还款计划): for some months the borrower pays less each time, then the loan goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from loans.contract import amortise
from loans.money import NOTHING, by_day, split_evenly
from loans.relief.checks import require_principal
from loans.relief.dates import dates_until, months_later, shifted, upcoming_dates
from loans.relief.errors import ReliefError
from loans.relief.paced import pay_within
from loans.relief.params import Params
from loans.relief.position import Components, Position
from loans.relief.proposal import (
    NewRow,
    ParamValue,
    Proposal,
    carry_interest,
    credit_interest,
    propose,
    row_of,
)
from policies.wording import counted, money

KIND = "partial_payment"
PARAMS = ("pay", "months", "term")


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """`pay` on each due date for `months` from the next one, then the rest by the loan's own method.

    Each of these instalments pays interest first (overdue interest too), then fees, penalties and principal.
    Interest that does not fit is simple interest: it bears none itself, and with the fees and penalties that
    wait is spread evenly over the instalments after. `term` is extend (default: as many instalments after as
    are left today, later) or keep (those left up to the same maturity).
    Raises ReliefError when the loan is closed, past maturity, `pay` is not less than what is due today on any
    of these dates, all would be repaid within the months, or no date is left after them.
    """
    read = Params(params, PARAMS)
    pay = read.amount("pay")
    months = read.count("months", "月", "months")
    term = read.choice("term", ("extend", "keep"))
    require_principal(position)
    reduced, after = _new_dates(position, months, term)
    _require_less(position, pay, reduced)
    rows, left = pay_within(position, pay, reduced)
    if not left.principal:
        raise ReliefError(
            "pays_off",
            f"这样 {len(rows)} 期就已还清，不需要之后的期次；请缩短时间，或申请每期还得起的方案（affordable）",
            f"this repays everything in {counted(len(rows), 'instalment')}; choose a shorter time, or ask for the plan "
            "affordable",
        )
    stored: dict[str, ParamValue] = {"pay": str(pay), "months": months, "term": term}
    return propose(position, KIND, stored, [*rows, *_rest(position, reduced[-1], after, left)])


def _new_dates(position: Position, months: int, term: str) -> tuple[list[date], list[date]]:
    """The due dates on which less is paid, and those after them."""
    dates = upcoming_dates(position)
    if not dates:
        raise ReliefError(
            "past_maturity",
            "这笔贷款已过到期日，没有后续期次；可以申请每期还得起的方案（affordable）",
            "this loan is past its maturity and has no instalments to come; ask for the plan affordable",
        )
    end = months_later(position, dates[0], months)
    if term == "extend":
        return dates_until(position, dates[0], end), shifted(position, dates, months)
    after = [day for day in dates if day >= end]
    if not after:
        raise ReliefError(
            "term_too_short",
            f"剩余 {len(dates)} 期，之后没有还款日；请缩短时间，或延长期限（term=extend）",
            f"no instalment is left after these months, with {counted(len(dates), 'instalment')} to come; choose a "
            "shorter time or extend the term too (term=extend)",
        )
    return [day for day in dates if day < end], after


def _require_less(position: Position, pay: Decimal, reduced: list[date]) -> None:
    due = by_day((each.due_on, each.unpaid.total) for each in position.upcoming if each.due_on <= reduced[-1])
    most = max(due.values())
    if pay >= most:
        zh, en = (
            [money(amount, position.currency, language) for amount in (pay, most)]
            for language in ("zh", "en")
        )
        raise ReliefError(
            "not_less",
            f"每期还 {zh[0]}，不比现在这几期最多的 {zh[1]} 少；请填更小的金额",
            f"{en[0]} each time is not less than now: the largest of these instalments is {en[1]}; "
            "name a smaller amount",
        )


def _rest(position: Position, start: date, dates: list[date], left: Components) -> list[NewRow]:
    """What is left, by the loan's own method; what had to wait is spread evenly."""
    parts = amortise(left.principal, start, dates, position.contract)
    rows = credit_interest([row_of(part) for part in parts], max(-left.interest, NOTHING))
    interest, fees, penalties = (
        split_evenly(amount, len(rows), position.rounding)
        for amount in (max(left.interest, NOTHING), left.fee, left.penalty)
    )
    charged = [
        replace(row, fee=fee, penalty=penalty)
        for row, fee, penalty in zip(rows, fees, penalties, strict=True)
    ]
    return carry_interest(charged, interest)
