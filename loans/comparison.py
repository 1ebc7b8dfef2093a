"""What people compare options by: the instalments, what it costs in all, and when the loan ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loans.money import ZERO, by_day

CENTS = Decimal("0.05")
ABOUT = Decimal("0.01")


@dataclass(frozen=True)
class Cost:
    """An option in a few figures, amounts in the loan's currency.

    Days on which nothing falls due are no payments. `usual_amount` is what falls due on most of the days: the larger
    of two equally frequent amounts. `smallest` and `largest` are the least and the most that falls due on one day,
    `times` the number of days. `is_level` says whether the instalments but the last are equal within 5 cents, and the
    last at most 1% above them; two payments must both be equal. `extra_cost` is how much more is paid in all than is
    asked for today, charges outside the instalments included; negative when the borrower pays less.
    """

    usual_amount: Decimal
    smallest: Decimal
    largest: Decimal
    times: int
    is_level: bool
    extra_cost: Decimal
    ends_on: date


def usual_of(amounts: Iterable[Decimal]) -> Decimal:
    """The most frequent of some amounts, the largest of equally frequent ones; an amount of 0 only if all are 0."""
    frequency = Counter(amounts)
    return max(frequency, key=lambda amount: (amount > 0, frequency[amount], amount))


def cost_of(payments: Iterable[tuple[date, Decimal]], today: Decimal, waived_beside: Decimal = ZERO) -> Cost:
    """The cost of what is to be paid, given as days and amounts.

    `today` is all that the schedule in force still asks for, `waived_beside` what is waived of charges outside it.
    Raises ValueError when nothing is to be paid.
    """
    due = by_day(payments)
    if not due:
        raise ValueError("nothing is to be paid; a cost needs at least one payment")
    amounts = [due[day] for day in sorted(due) if due[day]] or [ZERO]
    return Cost(
        usual_amount=usual_of(amounts),
        smallest=min(amounts),
        largest=max(amounts),
        times=len(amounts),
        is_level=_is_level(amounts),
        extra_cost=sum(amounts, ZERO) - today - waived_beside,
        ends_on=max(due),
    )


def _is_level(amounts: Sequence[Decimal]) -> bool:
    regular = amounts[:-1] if len(amounts) > 2 else amounts
    return max(regular) - min(regular) <= CENTS and amounts[-1] <= max(regular) * (1 + ABOUT)
