"""What settles a loan in full on a day (提前结清 or 结清): nothing is charged for time that has not passed."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from loans.errors import LoanError
from loans.money import EXACT, NOTHING, ZERO, round_money
from loans.penalty import PenaltyTerms, compound_interest, penalty_interest
from loans.relief.position import OpenInstalment, Position


@dataclass(frozen=True)
class PayoffTerms:
    """What a contract adds when it is settled.

    `penalty` is how lateness is charged. `prepayment_fee_pct` is a percentage of the principal that was not yet
    due. `fees_to_come` says whether fees of instalments whose period has not begun are still asked for.
    Raises LoanError when the percentage is not between 0 and 100.
    """

    penalty: PenaltyTerms = field(default_factory=PenaltyTerms)
    prepayment_fee_pct: Decimal = ZERO
    fees_to_come: bool = False

    def __post_init__(self) -> None:
        if not self.prepayment_fee_pct.is_finite() or not 0 <= self.prepayment_fee_pct <= 100:
            raise LoanError(
                "bad_rate",
                f"提前还款手续费比例请填 0 到 100，不能是 {self.prepayment_fee_pct}",
                f"give prepayment_fee_pct in percent from 0 to 100, not {self.prepayment_fee_pct}",
            )


@dataclass(frozen=True)
class Payoff:
    """Everything that settles a loan on the day `on`, in the loan's currency.

    `interest` is earned and unpaid, `rebate` interest that was paid ahead for time after `on`: one of them is
    nothing, but for interest overdue. `penalty` is what the ledger has charged. `accrued_penalty` is what late days
    cost by the contract beyond that: it is no part of the total, since the ledger may still charge it or not.
    `charges` lie outside the instalments.
    """

    on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    penalty: Decimal
    accrued_penalty: Decimal
    charges: Decimal
    prepayment_fee: Decimal
    rebate: Decimal

    @property
    def owed(self) -> Decimal:
        """The sum before the rebate."""
        return self.principal + self.interest + self.fee + self.penalty + self.charges + self.prepayment_fee

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return max(self.owed - self.rebate, NOTHING)

    @property
    def refund(self) -> Decimal:
        """What is to be given back, when more interest was paid ahead than is owed in all."""
        return max(self.rebate - self.owed, NOTHING)


NO_EXTRAS = PayoffTerms()


def payoff(position: Position, on: date, terms: PayoffTerms = NO_EXTRAS) -> Payoff:
    """What settles the loan on `on`, a day in the borrower's time zone, if nothing is paid before.

    Interest is what has been earned by that day: all of the instalments due by then, and of the others the share
    of the time that has passed (`Position.earned_in`); what was paid ahead, or put into later rows by a deferral,
    for days still to come is taken off, to within the rounding of the deferral's months. A penalty is owed once the
    ledger has charged it, so a waived one does not come back; `terms` say what has accrued beyond it on what is
    overdue now. A loan with nothing left costs nothing.
    Raises LoanError for a day before disbursement or before `position.as_of`.
    """
    _check_day(position, on)
    position = replace(position, as_of=on)
    to_come = [each for each in position.instalments if each.due_on >= on and not _was_paid(each)]
    earned = sum((position.earned_in(each, on) - each.paid.interest for each in to_come), NOTHING)
    earned -= _asked_ahead(position, min((each.from_date for each in to_come), default=on))
    accrued = sum((_accrued_penalty(each, on, terms.penalty) for each in position.overdue), NOTHING)
    return Payoff(
        on=on,
        principal=position.outstanding.principal,
        interest=position.arrears.interest + max(earned, NOTHING),
        fee=position.outstanding.fee if terms.fees_to_come else position.begun_fees,
        penalty=position.outstanding.penalty,
        accrued_penalty=accrued,
        charges=position.charges_left.total,
        prepayment_fee=_percent(
            sum((each.unpaid.principal for each in position.upcoming if each.due_on > on), ZERO),
            position,
            terms,
        ),
        rebate=max(-earned, NOTHING),
    )


def _was_paid(instalment: OpenInstalment) -> bool:
    """Whether it needs nothing; one that a relief left empty, because its interest was paid ahead, is still to come."""
    return instalment.is_paid and not (instalment.interest_carried and not instalment.due.total)


def _asked_ahead(position: Position, end: date) -> Decimal:
    """Interest for the days from `as_of` to `end`, where the time of the rows begins that are still to be paid.

    Instalments paid in full ahead hold it, or a deferral has put the interest of its months into later rows:
    carried by them, or joined to the principal month by month, which is taken off in the same way.
    """
    start = position.as_of
    if end <= start or position.is_closed:
        return NOTHING
    ahead = [each for each in position.instalments if _was_paid(each) and each.due_on > start]
    held = sum((each.paid.interest for each in ahead), NOTHING)
    held += sum((max(each.interest_carried, NOTHING) for each in position.upcoming), NOTHING)
    joined = sum((each.due.principal for each in position.instalments), NOTHING) - position.principal
    simple = _simple(position, ahead, start, end)
    if simple <= held or joined <= 0:
        return min(simple, held)
    return min(_compounded(position, start, end), held + joined)


def _simple(position: Position, ahead: Sequence[OpenInstalment], start: date, end: date) -> Decimal:
    """Interest from `start` to `end` on what is outstanding, each part paid ahead counted until its due date.

    The period that is running counts as a whole, less the part of it that has passed: 30/360 does not add up to
    a month otherwise.
    """
    contract, total = position.contract, NOTHING
    known = (day for each in position.instalments for day in (each.from_date, each.due_on))
    running = max((day for day in known if day <= start), default=start)
    days = [running, *sorted({end, *(each.due_on for each in ahead if each.due_on < end)})]
    for since, until in pairwise(days):
        covering = [each.paid.principal for each in ahead if each.due_on >= until]
        owed = position.outstanding.principal + sum(covering, ZERO)
        if covering and contract.method == "flat":
            owed = contract.flat_principal
        total += contract.interest(owed, since, until)
        if since == running:
            total -= contract.interest(owed, running, start)
    return total


def _compounded(position: Position, start: date, end: date) -> Decimal:
    """The part of the principal that is interest from `start` to `end` and joined it each month, counted from `end`."""
    left, since, months = position.outstanding.principal, end, 0
    with decimal.localcontext(EXACT):
        while since > start:
            months -= 1
            until, since = since, position.months_later(end, months)
            left /= 1 + position.contract.rate(since, until)
        left *= 1 + position.contract.rate(since, start)
    return position.outstanding.principal - round_money(left, position.rounding)


def _accrued_penalty(instalment: OpenInstalment, on: date, terms: PenaltyTerms) -> Decimal:
    """The penalty of an overdue instalment beyond what the schedule records for it, paid or not."""
    late = penalty_interest(instalment.unpaid.principal, instalment.due_on, on, terms)
    late += compound_interest(instalment.unpaid.interest, instalment.due_on, on, terms)
    return max(late - instalment.due.penalty, NOTHING)


def _percent(not_yet_due: Decimal, position: Position, terms: PayoffTerms) -> Decimal:
    with decimal.localcontext(EXACT):
        return round_money(not_yet_due * terms.prepayment_fee_pct / 100, position.rounding)


def _check_day(position: Position, on: date) -> None:
    if on < position.disbursed_on:
        raise LoanError(
            "before_disbursement",
            f"这笔贷款 {position.disbursed_on} 才放款，请选择当天或之后的日期，不能是 {on}",
            f"the loan was disbursed on {position.disbursed_on}; choose that day or a later one, not {on}",
        )
    if on < position.as_of:
        raise LoanError(
            "day_passed",
            f"{on} 已经过去，结清金额只能按 {position.as_of} 或之后的日期计算",
            f"{on} has passed; a payoff can be worked out for {position.as_of} or later",
        )
