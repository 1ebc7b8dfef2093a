"""Paying ahead (提前部分还款): the loan becomes shorter, or its instalments smaller."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from loans.contract import PRINCIPAL_AT_THE_END, amortise
from loans.errors import LoanError
from loans.money import EXACT, NOTHING, ZERO, round_money
from loans.payoff import NO_EXTRAS, Payoff, PayoffTerms, payoff
from loans.relief.dates import upcoming_dates
from loans.relief.position import OpenInstalment, Position
from loans.relief.proposal import NewRow, Proposal, credit_interest, propose, row_of

KIND = "prepayment"
SHORTER, LOWER = "instalment", "term"
KEEP = (SHORTER, LOWER)


def prepay(
    position: Position,
    amount: Decimal,
    on: date,
    *,
    keep: str = SHORTER,
    terms: PayoffTerms = NO_EXTRAS,
    instalment_unit: Decimal | None = None,
) -> Proposal:
    """The plan after `amount` is paid on `on`: a first row of exactly that amount, and what is left after it.

    The money pays first what is owed by that day: everything overdue and due, penalties, interest earned since the
    last due date, and the prepayment fee. The rest lowers the principal. With `keep` = instalment each later row
    asks for as much as now, and the last ones fall away; with term the dates stay and the instalments are worked
    out anew, the level one rounded to `instalment_unit`. Rows that carry principal only at the end cannot become
    fewer: their interest falls. Interest is counted to the day. Fees of rows that fall away move to the last row,
    charges outside the instalments stay as they are.
    Interest paid ahead is taken off the interest of the first rows.
    Raises LoanError when the amount is not more than what is owed by that day or would settle the loan, no due date
    lies after `on`, `keep` is unknown, `on` is before disbursement or has passed, or more interest was paid ahead
    than the later rows ask for.
    """
    if keep not in KEEP:
        raise LoanError(
            "bad_choice",
            f"keep 请从 {'、'.join(KEEP)} 中选一个，不能是 {keep}",
            f"give keep as one of {', '.join(KEEP)}, not {keep}",
        )
    settling = payoff(replace(position, charges=()), on, terms)
    position = replace(position, as_of=on)
    to_come = [each for each in position.upcoming if each.due_on > on]
    paid_now = _paid_now(position, settling, amount, to_come, terms)
    left = position.outstanding.principal - paid_now.principal
    if keep == SHORTER:
        rows = _as_before(position, to_come, left)
    else:
        rows = _smaller(position, to_come, left, instalment_unit)
    rows = _less_paid_ahead(_with_fees(rows, to_come), settling)
    return propose(
        position, KIND, {"amount": str(amount), "on": on.isoformat(), "keep": keep}, [paid_now, *rows]
    )


def _paid_now(
    position: Position,
    settling: Payoff,
    amount: Decimal,
    to_come: Sequence[OpenInstalment],
    terms: PayoffTerms,
) -> NewRow:
    """The row that is paid on the day: all that is owed by then, and the principal paid ahead."""
    not_yet_due = sum((each.unpaid.principal for each in to_come), ZERO)
    due_principal = settling.principal - not_yet_due
    due_fee = sum((each.unpaid.fee for each in position.unpaid if each.due_on <= position.as_of), NOTHING)
    owed = due_principal + settling.interest + due_fee + settling.penalty
    if not to_come:
        raise LoanError(
            "past_maturity",
            f"这笔贷款在 {position.as_of} 之后没有还款期了；请按结清金额 {settling.total} 还款",
            f"no instalment falls due after {position.as_of}; pay {settling.total} to settle the loan",
        )
    if amount <= owed:
        raise LoanError(
            "too_little",
            f"到 {position.as_of} 应还 {owed}，超过这个金额才能提前归还本金",
            f"{owed} is owed by {position.as_of}; only what is paid above it lowers the principal",
        )
    with decimal.localcontext(EXACT):
        ahead = round_money((amount - owed) * 100 / (100 + terms.prepayment_fee_pct), position.rounding)
    if ahead >= not_yet_due:
        raise LoanError(
            "pays_off",
            f"{amount} 足以结清这笔贷款；{position.as_of} 的结清金额是 {settling.total}",
            f"{amount} would settle the loan; on {position.as_of} that takes {settling.total}",
        )
    fee = due_fee + amount - owed - ahead
    return NewRow(
        0,
        position.as_of,
        position.as_of,
        due_principal + ahead,
        settling.interest,
        fee,
        settling.penalty,
        NOTHING,
        interest_carried=settling.interest,
    )


def _as_before(position: Position, to_come: Sequence[OpenInstalment], balance: Decimal) -> list[NewRow]:
    """Rows that ask for what they ask for now, until nothing is left; the last date takes whatever is."""
    contract = position.contract
    keeps_total = contract.method in ("annuity", "balloon")
    start, rows = position.as_of, []
    for instalment in to_come:
        base = contract.flat_principal if contract.method == "flat" else balance
        interest = contract.interest(base, start, instalment.due_on)
        principal = instalment.due.principal
        if keeps_total:
            principal = max(principal + instalment.due.interest - interest, NOTHING)
        if instalment is to_come[-1]:
            principal = balance
        principal = min(principal, balance)
        balance -= principal
        rows.append(NewRow(0, start, instalment.due_on, principal, interest, NOTHING, NOTHING, balance))
        start = instalment.due_on
        if not balance:
            break
    return rows


def _smaller(
    position: Position, to_come: Sequence[OpenInstalment], balance: Decimal, unit: Decimal | None
) -> list[NewRow]:
    """Rows on the same dates, worked out anew; those that carry no principal yet go on so."""
    contract = replace(position.contract, instalment_unit=unit)
    dates = upcoming_dates(position)
    dates = [day for day in dates if day > position.as_of]
    waiting = 0
    if contract.method not in PRINCIPAL_AT_THE_END:
        waiting = next(at for at, each in enumerate(to_come) if each.due.principal)
    balloon = ZERO
    if contract.method == "balloon":
        last, before = to_come[-1].due, to_come[0].due
        balloon = min(max(last.principal + last.interest - before.principal - before.interest, ZERO), balance)
    parts = amortise(balance, position.as_of, dates, contract, interest_only=waiting, balloon=balloon)
    return [row_of(part) for part in parts]


def _less_paid_ahead(rows: Sequence[NewRow], settling: Payoff) -> list[NewRow]:
    if settling.rebate > sum((row.interest for row in rows), ZERO):
        raise LoanError(
            "interest_paid_ahead",
            f"已预付的利息多于以后应付的利息；{settling.on} 的结清金额是 {settling.total}，也可请工作人员处理",
            f"more interest was paid ahead than will fall due; on {settling.on} the loan can be settled with "
            f"{settling.total}, or ask a member of staff",
        )
    return credit_interest(rows, settling.rebate)


def _with_fees(rows: Sequence[NewRow], to_come: Sequence[OpenInstalment]) -> list[NewRow]:
    """`rows` with the fees still to come in their order; what has no row of its own goes to the last."""
    charged = list(rows)
    for index, instalment in enumerate(to_come):
        at = min(index, len(charged) - 1)
        charged[at] = replace(charged[at], fee=charged[at].fee + instalment.unpaid.fee)
    return charged
