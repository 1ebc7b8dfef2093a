"""What a loan costs in a year: the internal rate of return of the money that flows, in exact decimals."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from loans.money import EXACT

_DIGITS = 34
_CLOSE_ENOUGH = Decimal("1e-16")
_MOST_STEPS = 100
_FOUR_PLACES = Decimal("0.0001")


class NoRateError(ValueError):
    """These cash flows have no single rate of return. The message says why."""


def effective_rate_pct(flows: Sequence[tuple[date, Decimal]]) -> Decimal:
    """The effective annual rate of dated flows, in percent, rounded half up to four places.

    The first flow is what the borrower receives, as a negative amount; the others are what is paid back. Time
    is actual days over 365 and compounding is yearly, as in a spreadsheet's XIRR.
    Raises NoRateError unless the first flow is negative, the others are not, and something is paid back
    later, or when the rate is too large to write.
    """
    start = flows[0][0] if flows else date.min
    discount = discount_factor([((day - start).days, amount) for day, amount in flows])
    with decimal.localcontext(EXACT):
        return _percent(1 / discount**365 - 1)


def nominal_rate_pct(amounts: Sequence[Decimal], periods_a_year: int) -> Decimal:
    """The nominal annual rate of evenly spaced flows: one period's rate times `periods_a_year`, in percent.

    Rounded half up to four places; `amounts` and errors as in `effective_rate_pct`. This is the simple method
    of the People's Bank of China announcement [2021] No. 3; the effective rate is its compound method.
    """
    discount = discount_factor(list(enumerate(amounts)))
    with decimal.localcontext(EXACT):
        return _percent((1 / discount - 1) * periods_a_year)


def discount_factor(flows: Sequence[tuple[int, Decimal]]) -> Decimal:
    """The factor per unit of time at which the repayments are worth exactly what was received.

    Found by Newton's method on logarithms: the logarithm of the repayments' present value is an increasing,
    convex and almost straight function of the factor's logarithm, so the method converges from any start.
    Errors as in `effective_rate_pct`.
    """
    received, repayments = _received_and_repayments(flows)
    with decimal.localcontext(EXACT) as context:
        context.prec = _DIGITS
        factor = Decimal(1)
        for _ in range(_MOST_STEPS):
            value, mean_time = _value_and_mean_time(repayments, factor)
            change = (value / received).ln() / mean_time
            factor *= (-change).exp()
            if abs(change) <= _CLOSE_ENOUGH:
                return factor
    raise NoRateError("the rate of these cash flows cannot be found; check the amounts and dates")


def _received_and_repayments(
    flows: Sequence[tuple[int, Decimal]],
) -> tuple[Decimal, list[tuple[int, Decimal]]]:
    if len(flows) < 2 or flows[0][1] >= 0:
        raise NoRateError("the first cash flow must be the amount paid out, as a negative number")
    if any(amount < 0 for _, amount in flows[1:]):
        raise NoRateError("every cash flow after the first must be a repayment, zero or more")
    if any(later[0] < earlier[0] for earlier, later in pairwise(flows)):
        raise NoRateError("the cash flows must be in the order of their dates")
    start = flows[0][0]
    received = -sum(amount for time, amount in flows if time == start)
    repayments = [(time - start, amount) for time, amount in flows if time > start and amount > 0]
    if received <= 0 or not repayments:
        raise NoRateError("something must be received first and paid back on a later day")
    return Decimal(received), repayments


def _value_and_mean_time(
    repayments: Sequence[tuple[int, Decimal]], factor: Decimal
) -> tuple[Decimal, Decimal]:
    powers: dict[int, Decimal] = {}
    value = weighted = Decimal(0)
    weight, before = Decimal(1), 0
    for time, amount in repayments:
        gap = time - before
        if gap not in powers:
            powers[gap] = factor**gap
        weight *= powers[gap]
        before = time
        present = amount * weight
        value += present
        weighted += present * time
    return value, weighted / value


def _percent(rate: Decimal) -> Decimal:
    try:
        return (rate * 100).quantize(_FOUR_PLACES, rounding=decimal.ROUND_HALF_UP)
    except decimal.InvalidOperation:
        raise NoRateError(
            "the yearly rate is too large to write; the loan is paid back too soon for one"
        ) from None
