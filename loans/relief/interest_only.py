"""Interest-only period (只还利息): for some months only interest is paid, then the principal again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loans.contract import PRINCIPAL_AT_THE_END, amortise
from loans.relief.checks import require_principal
from loans.relief.dates import dates_until, months_later, shifted, upcoming_dates
from loans.relief.errors import ReliefError
from loans.relief.params import Params
from loans.relief.position import Position
from loans.relief.proposal import ParamValue, Proposal, add_charges, credit_interest, propose, row_of
from policies.wording import counted

KIND = "interest_only"
PARAMS = ("months", "term")


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """Interest only for `months` from the next due date.

    `term` is extend (default: as many instalments with principal as are left today, later) or keep (the
    principal in the instalments left after the period). Overdue principal joins the rest; overdue interest,
    fees and penalties fall due with the first new instalment.
    Raises ReliefError when the loan is closed, past maturity, pays only interest already, or has no date
    left.
    """
    read = Params(params, PARAMS)
    months = read.count("months", "月", "months")
    term = read.choice("term", ("extend", "keep"))
    require_principal(position)
    if position.method in PRINCIPAL_AT_THE_END:
        raise ReliefError(
            "already_interest_only",
            "这笔贷款在到期前本来就只还利息；可以申请推迟到期日",
            "this loan pays only interest until maturity already; ask to move the maturity instead",
        )
    dates = upcoming_dates(position)
    if not dates:
        raise ReliefError(
            "past_maturity",
            "这笔贷款已过到期日，没有后续期次；请联系工作人员",
            "this loan is past its maturity and has no instalments to come; please ask for a person",
        )
    end = months_later(position, dates[0], months)
    if term == "extend":
        interest_dates = dates_until(position, dates[0], end)
        new_dates = [*interest_dates, *shifted(position, dates, months)]
    else:
        interest_dates = [day for day in dates if day < end]
        new_dates = dates
    if len(interest_dates) == len(new_dates):
        raise ReliefError(
            "term_too_short",
            f"剩余 {len(dates)} 期，之后没有归还本金的期次；请缩短时间，或延长期限（term=extend）",
            f"no instalment is left after the interest-only time, with {counted(len(dates), 'instalment')} to come; "
            "choose a shorter time or extend the term too (term=extend)",
        )
    parts = amortise(
        position.outstanding.principal,
        position.accrues_from,
        new_dates,
        position.contract,
        interest_only=len(interest_dates),
        carried_interest=position.earned_interest,
    )
    rows = [row_of(part) for part in parts]
    rows[0] = replace(rows[0], interest_carried=position.earned_interest)
    rows = credit_interest(rows, position.prepaid_interest)
    stored: dict[str, ParamValue] = {"months": months, "term": term}
    return propose(position, KIND, stored, add_charges(position, rows))
