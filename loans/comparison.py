"""What people compare options by: the usual instalment, what it costs in all, and when the loan ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loans.money import ZERO


@dataclass(frozen=True)
class Cost:
    """An option in three figures, amounts in the loan's currency.

    `usual_amount` is what falls due on most of the days on which something does: the larger of two equally frequent
    amounts. `extra_cost` is how much more is paid in all than under today's plan: the interest that is added less
    everything waived; negative when the borrower pays less.
    """

    usual_amount: Decimal
    extra_cost: Decimal
    ends_on: date


def cost_of(
    payments: Iterable[tuple[date, Decimal]], interest_difference: Decimal, waived: Mapping[str, Decimal]
) -> Cost:
    """The cost of what is to be paid, given as days and amounts.

    `interest_difference` already counts waived interest, so only the other components of `waived` are taken off it.
    Raises ValueError when nothing is to be paid.
    """
    by_day: dict[date, Decimal] = {}
    for day, amount in payments:
        by_day[day] = by_day.get(day, ZERO) + amount
    if not by_day:
        raise ValueError("nothing is to be paid; a cost needs at least one payment")
    frequency = Counter(by_day.values())
    usual = max(frequency, key=lambda amount: (frequency[amount], amount))
    forgiven = sum((amount for name, amount in waived.items() if name != "interest"), ZERO)
    return Cost(usual, interest_difference - forgiven, max(by_day))
