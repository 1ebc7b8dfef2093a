"""Deferral (延期还本付息): no instalments for some months; the interest of that time is paid later.

The months count from the instalment due now, so the first payment comes that many months after it. Simple
interest is never compounded: it is paid with the first new instalment or spread evenly over all of them.
Capitalised interest joins the principal each month. Interest already overdue is never capitalised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from loans.contract import Contract, amortise
from loans.money import NOTHING, ZERO, split_evenly
from loans.relief.checks import require_principal
from loans.relief.dates import months_later, shifted
from loans.relief.errors import ReliefError
from loans.relief.params import Params
from loans.relief.position import Position
from loans.relief.proposal import (
    ParamValue,
    Proposal,
    add_charges,
    carry_interest,
    credit_interest,
    propose,
    row_of,
)
from loans.relief.rates import changed_rates
from policies.wording import counted, day

KIND = "deferral"
PARAMS = ("months", "interest", "placement", "term")


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """Deferral of all payments for `months`.

    `interest` is simple (default) or capitalised; `placement` of simple interest is spread (default) or
    first; `term` is extend (default: the same number of instalments, later) or keep (fewer, larger
    instalments up to the same maturity). Afterwards the loan is repaid by its own method.
    Raises ReliefError when the loan is closed, the first new date is not in the future, or no date is left.
    """
    read = Params(params, PARAMS)
    months = read.count("months", "月", "months")
    interest = read.choice("interest", ("simple", "capitalised"))
    placement = read.choice("placement", ("spread", "first"))
    term = read.choice("term", ("extend", "keep"))
    require_principal(position)
    resume_from, dates = _new_dates(position, months, term)
    principal, credit = position.outstanding.principal, position.prepaid_interest
    capitalised = deferred = NOTHING
    if interest == "capitalised":
        accrued = _compound(position, principal, resume_from)
        capitalised = max(accrued - credit, NOTHING)
    else:
        accrued = _simple(position, principal, resume_from)
        deferred = max(accrued - credit, NOTHING)
    parts = amortise(principal + capitalised, resume_from, dates, _charged_once(position, resume_from))
    rows = credit_interest([row_of(part) for part in parts], max(credit - accrued, NOTHING))
    rows = carry_interest(rows, [position.earned_interest])
    if placement == "first":
        rows = carry_interest(rows, [deferred])
    else:
        rows = carry_interest(rows, split_evenly(deferred, len(rows), position.rounding))
    stored: dict[str, ParamValue] = {"months": months, "interest": interest, "term": term}
    if interest == "simple":
        stored["placement"] = placement
    return propose(position, KIND, stored, add_charges(position, rows), capitalised_interest=capitalised)


def _new_dates(position: Position, months: int, term: str) -> tuple[date, list[date]]:
    """The day from which the new instalments' own interest counts, and the dates they fall due on."""
    current = position.current
    left = [instalment for instalment in position.unpaid if instalment.due_on >= current.due_on]
    first = months_later(position, current.due_on, months)
    if first <= position.as_of:
        raise ReliefError(
            "too_few_months",
            f"推迟{months}个月后的还款日{day(first, 'zh')}已经到了或过去了，请选择更长的时间",
            f"{counted(months, 'month')} after the due date is {day(first, 'en')}, which is not after today; "
            "choose a longer time",
        )
    if term == "extend":
        dates = shifted(position, sorted({instalment.due_on for instalment in left}), months)
        resume = months_later(position, current.from_date, months)
        return min(max(resume, position.accrues_from), dates[0]), dates
    kept = [instalment for instalment in left if instalment.due_on >= first]
    if not kept:
        raise ReliefError(
            "term_too_short",
            f"到期日{day(position.maturity_on, 'zh')}之前已无还款日，请一并延长期限（term=extend）",
            f"no due date is left before the maturity, {day(position.maturity_on, 'en')}; "
            "extend the term too (term=extend)",
        )
    dates = sorted({instalment.due_on for instalment in kept})
    return max(kept[0].from_date, position.accrues_from), dates


def _charged_once(position: Position, resume_from: date) -> Contract:
    """The contract, without interest up to the day until which other instalments have it already."""
    contract = position.contract
    if resume_from >= position.accrues_from:
        return contract
    free = changed_rates(contract, lambda _: ZERO, resume_from, position.accrues_from)
    return replace(contract, rate_changes=free)


def _simple(position: Position, principal: Decimal, until: date) -> Decimal:
    """Simple interest from the running period's start to `until`."""
    return position.contract.interest(principal, min(position.accrues_from, until), until)


def _compound(position: Position, principal: Decimal, until: date) -> Decimal:
    """Interest from the running period's start to `until`, added to the principal each month."""
    owed, begin, months = principal, position.accrues_from, 0
    while begin < until:
        months += 1
        end = min(months_later(position, position.accrues_from, months), until)
        owed += position.contract.interest(owed, begin, end)
        begin = end
    return owed - principal
