"""Exact money: rounding to a currency's unit and dividing an amount without losing a cent.

Nothing here knows a currency. Amounts are `Decimal` in whole currency units (yuan, not fen).
"""

from __future__ import annotations

import decimal
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)
NOTHING = Decimal("0.00")
CENT = Decimal("0.01")
LARGEST_AMOUNT = Decimal("9000000000000.00")
"""The largest principal accepted, so that every total still fits the database's hundredths."""

EXACT = decimal.Context(prec=50, traps=[decimal.InvalidOperation, decimal.DivisionByZero])
"""The context of all loan arithmetic: wide enough that only the stated rounding ever rounds an amount."""

MODES = {
    "HALF_UP": decimal.ROUND_HALF_UP,
    "HALF_EVEN": decimal.ROUND_HALF_EVEN,
    "UP": decimal.ROUND_UP,
}


@dataclass(frozen=True)
class Rounding:
    """How amounts are rounded: to a multiple of `unit`, by `mode` (HALF_UP, HALF_EVEN or UP, away from zero).

    Raises ValueError when the mode is unknown or the unit is not a positive amount.
    """

    mode: str = "HALF_UP"
    unit: Decimal = CENT

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"rounding mode {self.mode!r} is unknown; use one of {', '.join(MODES)}")
        if not self.unit.is_finite() or self.unit <= 0:
            raise ValueError(f"rounding unit {self.unit} must be greater than 0, for example 0.01")

    def with_unit(self, unit: Decimal) -> Rounding:
        """The same mode with another unit."""
        return Rounding(self.mode, unit)


def round_money(amount: Decimal, rounding: Rounding) -> Decimal:
    """`amount` rounded to a multiple of the rounding's unit, written with at least two decimal places.

    Raises decimal.InvalidOperation for an amount that has no 50 digits left for its unit.
    """
    mode = MODES[rounding.mode]
    if rounding.unit.as_tuple().digits == (1,):
        return written(amount.quantize(rounding.unit, rounding=mode, context=EXACT))
    with decimal.localcontext(EXACT):
        return written((amount / rounding.unit).quantize(Decimal(1), rounding=mode) * rounding.unit)


def round_whole(numerator: int, denominator: int, mode: str) -> int:
    """`numerator` / `denominator` (above 0) as a whole number, rounded exactly by one of `MODES`."""
    whole, rest = divmod(abs(numerator), denominator)
    if mode == "UP":
        whole += rest > 0
    else:
        over = 2 * rest - denominator
        whole += over > 0 or (over == 0 and (mode == "HALF_UP" or whole % 2 == 1))
    return whole if numerator >= 0 else -whole


def in_proportion(amount: Decimal, numerator: int, denominator: int, rounding: Rounding) -> Decimal:
    """`amount` times `numerator` / `denominator` (above 0), exact until it is rounded, once."""
    part, one = amount.as_integer_ratio()
    unit, units = rounding.unit.as_integer_ratio()
    whole = round_whole(part * numerator * units, one * denominator * unit, rounding.mode)
    return written(EXACT.multiply(rounding.unit, whole))


def split_evenly(total: Decimal, parts: int, rounding: Rounding) -> tuple[Decimal, ...]:
    """`total` in `parts` equal parts, each rounded; the last part takes what is left.

    No part is negative: when rounding up uses the total early, later parts are zero.
    Raises ValueError when there are no parts or the total is negative.
    """
    if parts < 1:
        raise ValueError(f"cannot split an amount in {parts} parts; give at least 1")
    if total < 0:
        raise ValueError(f"cannot split the negative amount {total}")
    with decimal.localcontext(EXACT):
        share = round_money(total / parts, rounding)
        left = total
        shares = []
        for _ in range(parts - 1):
            part = min(share, left)
            shares.append(part)
            left -= part
        return (*shares, written(left))


def written(amount: Decimal) -> Decimal:
    """The same amount with at least two decimal places."""
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -2:
        return amount.quantize(CENT)
    return amount


def places(amount: Decimal) -> int:
    """How many decimal places a finite number needs; zeros at its end do not count."""
    _, digits, exponent = amount.as_tuple()
    if not amount or not isinstance(exponent, int):
        return 0
    zeros = next(count for count, digit in enumerate(reversed(digits)) if digit)
    return max(0, -exponent - zeros)


def grain_of(*amounts: Decimal) -> Decimal:
    """The largest power of ten, a cent at most, of which every amount is a whole multiple."""
    return Decimal((0, (1,), -max(2, *(places(amount) for amount in amounts))))


def in_grains(amount: Decimal, grain: Decimal) -> int:
    """How many grains an amount is; see `grain_of`."""
    return int(EXACT.divide(amount, grain))


def by_day(payments: Iterable[tuple[date, Decimal]]) -> dict[date, Decimal]:
    """What falls due on each day, the days in the order in which they first come."""
    sums: dict[date, Decimal] = {}
    for day, amount in payments:
        sums[day] = sums.get(day, ZERO) + amount
    return sums
