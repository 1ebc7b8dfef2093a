"""Instalments of what a borrower can pay: no more than that on any date, whatever is owed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from loans.contract import Contract
from loans.money import NOTHING
from loans.relief.position import Components, Position
from loans.relief.proposal import NewRow


def pay_within(position: Position, pay: Decimal, dates: Iterable[date]) -> tuple[list[NewRow], Components]:
    """Instalments of at most `pay` on `dates` until nothing is owed, and what is left after the last one.

    Each pays interest first (overdue interest too, and that of the period), then fees, penalties and
    principal. Interest that does not fit waits and bears no interest itself. Fees to come fall due on their
    dates, or as soon as the principal is repaid. Negative interest that is left was paid ahead.
    """
    principal, penalty = position.outstanding.principal, position.outstanding.penalty
    interest = position.earned_interest - position.prepaid_interest
    fee = position.arrears.fee
    fees_to_come = [(each.due_on, each.unpaid.fee) for each in position.upcoming if each.unpaid.fee]
    rows: list[NewRow] = []
    start = position.accrues_from
    for day in dates:
        own = interest_on(position.contract, principal, start, day)
        interest += own
        while fees_to_come and fees_to_come[0][0] <= day:
            fee += fees_to_come.pop(0)[1]
        to_interest = min(pay, max(interest, NOTHING))
        to_fee = min(pay - to_interest, fee)
        to_penalty = min(pay - to_interest - to_fee, penalty)
        to_principal = min(pay - to_interest - to_fee - to_penalty, principal)
        if to_principal == principal and fees_to_come:
            fee += sum((amount for _, amount in fees_to_come), NOTHING)
            fees_to_come = []
            to_fee = min(pay - to_interest - to_penalty - to_principal, fee)
        principal, interest = principal - to_principal, interest - to_interest
        fee, penalty = fee - to_fee, penalty - to_penalty
        carried = to_interest - own
        rows.append(
            NewRow(
                0,
                start,
                day,
                to_principal,
                to_interest,
                to_fee,
                to_penalty,
                NOTHING,
                interest_carried=carried,
            )
        )
        start = day
        if not (principal or fee or penalty) and interest <= 0:
            break
    left = Components(
        principal, interest, fee + sum((amount for _, amount in fees_to_come), NOTHING), penalty
    )
    return rows, left


def is_settled(owed: Components) -> bool:
    """Whether nothing is owed; interest paid ahead does not count against it."""
    return not (owed.principal or owed.fee or owed.penalty) and owed.interest <= 0


def interest_on(contract: Contract, principal: Decimal, start: date, end: date) -> Decimal:
    """The contract's interest while `principal` is left; flat interest counts on the amount lent."""
    if not principal:
        return NOTHING
    return contract.interest(contract.flat_principal if contract.method == "flat" else principal, start, end)
