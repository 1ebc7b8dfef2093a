"""Changing a contract's rate for some time: what a rate cut, an interest pause and a renewal have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from loans.contract import Contract, RateChange
from loans.money import ZERO
from loans.relief.errors import ReliefError
from loans.relief.position import Position
from policies import wording


def changed_rates(
    contract: Contract, change: Callable[[Decimal], Decimal], start: date, end: date | None = None
) -> tuple[RateChange, ...]:
    """The contract's rate changes when `change` makes a new rate of every rate in force from `start` on.

    Rates are percent a year. The rates from `end` on stay as they are.
    """
    days = {start, *(each.from_date for each in contract.rate_changes), *([end] if end else [])}
    changes = []
    before = contract.annual_rate_pct
    for day in sorted(days):
        rate = contract.rate_on(day)
        if day >= start and (end is None or day < end):
            rate = change(rate)
        if rate != before:
            changes.append(RateChange(day, rate))
        before = rate
    return tuple(changes)


def highest_rate(contract: Contract, start: date, end: date | None = None) -> Decimal:
    """The highest rate in force from `start` on, until before `end`, in percent a year."""
    later = (
        each.annual_rate_pct
        for each in contract.rate_changes
        if start < each.from_date and (end is None or each.from_date < end)
    )
    return max(contract.rate_on(start), *later, ZERO)


def lasting_rate(contract: Contract) -> Decimal:
    """The rate in force once every pause is over, in percent a year."""
    return contract.rate_changes[-1].annual_rate_pct if contract.rate_changes else contract.annual_rate_pct


def require_interest_to_come(position: Position, start: date) -> None:
    """Raises ReliefError when a change of the rate on `start` comes too early or too late to be counted.

    The interest of instalments already due, or of a period before the one running now, is never rewritten.
    """
    if not position.upcoming:
        raise ReliefError(
            "past_maturity",
            "这笔贷款已过到期日，没有后续利息可以调整；可以申请减免利息或分期结清",
            "this loan is past its maturity and no interest is to come; ask for a waiver or a settlement instead",
        )
    earliest = min(position.accrues_from, position.as_of)
    if start < earliest:
        day_zh, day_en = (wording.day(earliest, language) for language in ("zh", "en"))
        raise ReliefError(
            "too_early",
            f"{day_zh}之前的利息已经计入各期，不能改动；请从{day_zh}或之后开始，或申请减免利息",
            f"interest before {day_en} is already in instalments and stays; start on {day_en} or later, "
            "or ask to waive interest",
        )
    if start > position.maturity_on:
        zh, en = (
            [wording.day(each, language) for each in (start, position.maturity_on)]
            for language in ("zh", "en")
        )
        raise ReliefError(
            "too_late",
            f"{zh[0]}在到期日{zh[1]}之后，没有利息可以调整；请选择更早的日期",
            f"{en[0]} is after the maturity, {en[1]}, with no interest to change; choose an earlier date",
        )
