"""What people compare options by: the usual instalment, what it costs in all, and when the loan ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loans.money import ZERO


@dataclass(frozen=True)
class Cost:
    """An option in three figures, amounts in the loan's currency.

    `usual_amount` is what falls due on most of the days on which something does: the larger of two equally frequent
    amounts. `extra_cost` is how much more is paid in all than is asked for today, charges outside the instalments
    included; negative when the borrower pays less.
    """

    usual_amount: Decimal
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
    by_day: dict[date, Decimal] = {}
    for day, amount in payments:
        by_day[day] = by_day.get(day, ZERO) + amount
    if not by_day:
        raise ValueError("nothing is to be paid; a cost needs at least one payment")
    return Cost(usual_of(by_day.values()), sum(by_day.values(), ZERO) - today - waived_beside, max(by_day))
