"""The plan a borrower can afford ("I can pay 800 a month"): as many instalments of that amount as it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_UP, Decimal
from itertools import islice, pairwise
from typing import Any

from loans.money import CENT, NOTHING
from loans.relief.checks import is_unchanged, require_open
from loans.relief.dates import dates_ahead, dates_from, next_dates, upcoming_dates
from loans.relief.errors import ReliefError
from loans.relief.paced import interest_on, is_settled, pay_within
from loans.relief.params import Params
from loans.relief.position import Position
from loans.relief.proposal import NewRow, Proposal, propose
from policies.wording import counted, money

KIND = "affordable"
PARAMS = ("pay",)

MOST_INSTALMENTS = 1200
NO_LIMIT = Decimal("Infinity")


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """The shortest plan that never asks for more than `pay` on a date, for everything that is owed.

    Every instalment is `pay`, the last one what is left. Each pays interest first, overdue interest included,
    then fees, penalties and principal, so that what is overdue is spread over as many instalments as it takes.
    Due dates to come are kept; more follow at the loan's own period. Interest counts on the principal left,
    flat interest on the amount lent; every method but flat becomes one of level instalments.
    Raises ReliefError when the loan is closed, `pay` is no more than the interest of a period so that the
    principal never falls (`below_floor`), it would take more than 1200 instalments, or nothing would change.
    """
    read = Params(params, PARAMS)
    pay = read.amount("pay")
    require_open(position)
    rows = _plan(position, pay, MOST_INSTALMENTS)
    if rows is None:
        raise _never_repaid(position, pay)
    if is_unchanged(position, rows):
        raise ReliefError(
            "nothing_changes",
            "每期还款与现在相同；如想少还一些，请填更小的金额",
            "the instalments would stay as they are; name a smaller amount to make each smaller",
        )
    method = position.method if position.method == "flat" else "annuity"
    return propose(position, KIND, {"pay": str(pay)}, rows, terms=replace(position.terms, method=method))


def smallest_instalment(position: Position, count: int) -> Decimal:
    """The smallest amount, to the cent, with which everything is paid in at most `count` instalments."""
    at_once, _ = pay_within(position, NO_LIMIT, next_dates(position, 1))
    too_little, enough = NOTHING, at_once[0].due.quantize(CENT, ROUND_UP)
    while enough - too_little > CENT:
        tried = ((too_little + enough) / 2).quantize(CENT)
        if _plan(position, tried, count) is None:
            too_little = tried
        else:
            enough = tried
    return enough


def _plan(position: Position, pay: Decimal, most: int) -> list[NewRow] | None:
    """The rows, or None when `most` instalments are not enough."""
    rows, left = pay_within(position, pay, islice(dates_ahead(position), most))
    return rows if is_settled(left) else None


def _never_repaid(position: Position, pay: Decimal) -> ReliefError:
    interest = _interest_of_a_period(position)
    count = max(len(upcoming_dates(position)), 1)
    figures = {
        "pay": pay,
        "interest": interest,
        "floor": interest + CENT,
        "needed": smallest_instalment(position, count),
    }
    zh, en = (
        {name: money(amount, position.currency, language) for name, amount in figures.items()}
        for language in ("zh", "en")
    )
    zh_needed = f"要在 {count} 期内还清，每期需要 {zh['needed']}"
    en_needed = f"to be repaid in {counted(count, 'instalment')} it takes {en['needed']} each"
    if pay <= interest:
        return ReliefError(
            "below_floor",
            f"每期还 {zh['pay']}，本金不会减少，因为每期利息就有 {zh['interest']}；"
            f"每期至少 {zh['floor']} 才会慢慢还清；{zh_needed}",
            f"with {en['pay']} each time the principal never falls, because the interest of a period is "
            f"{en['interest']}; it falls from {en['floor']} on; {en_needed}",
        )
    return ReliefError(
        "too_many_instalments",
        f"每期还 {zh['pay']}，{MOST_INSTALMENTS} 期也还不清；{zh_needed}",
        f"with {en['pay']} each time it takes more than {MOST_INSTALMENTS} instalments; {en_needed}",
    )


def _interest_of_a_period(position: Position) -> Decimal:
    """The interest on all principal for the dearest of twelve periods after the maturity, where rates have settled."""
    dates = dates_from(position, position.maturity_on, 13)
    return max(
        interest_on(position.contract, position.outstanding.principal, *span) for span in pairwise(dates)
    )
