"""In which order a payment is counted towards what a loan owes, read from a line of text.

The grammar, where spaces and capitals do not matter:

    ORDER     = RULE [ "|" RULE ]                  while performing | once non-performing
    RULE      = NAME or SECTION { "/" SECTION }
    SECTION   = [ WHEN { "+" WHEN } ":" ] STEP { ">" STEP }
    WHEN      = past-due | due | in-advance        seen from the day of the payment
    STEP      = COMPONENT { "," COMPONENT }
    COMPONENT = penalty | fee | interest | principal

A step goes through the instalments from the oldest on and pays in each the components it names; only then
comes the next step. So "interest,principal" pays the oldest instalment's interest and principal before the
next instalment gets anything, and "interest > principal" pays the interest of all before any principal. A
section without WHEN is for all instalments. Those in advance have one step: nobody pays the interest of years to
come before next month's principal, and what an agreement kept as paid stays paid when it is counted afresh.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import product

from loans.classes import class_floor, is_non_performing
from loans.models.schedules import COMPONENTS

PAST_DUE, DUE, IN_ADVANCE = TIMES = ("past-due", "due", "in-advance")
NAMED = {
    # The default of most ledgers; Apache Fineract's "Penalties, Fees, Interest, Principal".
    "standard": "penalty,fee,interest,principal",
    # 民法典 art. 561, unless agreed otherwise: costs, interest, principal, of all that has fallen due. Penalty
    # interest (罚息) is interest for the time after the due date and follows the contract's own.
    "civil-code": "past-due+due:fee>interest>penalty>principal/in-advance:fee,interest,penalty,principal",
    # frappe/lending, "IP...IP...CCC": each instalment's interest and principal, then penalties, then fees.
    "interest-first": "past-due+due:interest,principal>penalty>fee/in-advance:interest,principal,penalty,fee",
    # frappe/lending for non-performing loans, "PPP...III...CCC".
    "principal-first": "past-due+due:principal>interest>penalty>fee/in-advance:interest,principal,penalty,fee",
    # OpenCBS: all penalties, then instalment by instalment.
    "penalty-first": "past-due+due:penalty>fee,interest,principal/in-advance:penalty,fee,interest,principal",
    # Apache Fineract, "Due penalty, fee, interest, principal, in advance principal, penalty, fee, interest".
    "due-first": "past-due+due:penalty,fee,interest,principal/in-advance:principal,penalty,fee,interest",
}


@dataclass
class Owed:
    """What one instalment still needs, by component, in the loan's currency."""

    number: int
    due_on: date
    left: dict[str, Decimal]

    @property
    def is_settled(self) -> bool:
        """Whether it needs nothing more."""
        return not any(self.left.values())


@dataclass(frozen=True)
class Step:
    """Instalment by instalment, these components; only those instalments that stand so on the payment's day."""

    times: frozenset[str]
    components: tuple[str, ...]


@dataclass(frozen=True)
class AllocationOrder:
    """An order as it was read. `text` is it in its shortest writing, as the product keeps it."""

    text: str
    performing: tuple[Step, ...]
    non_performing: tuple[Step, ...]

    def needs(self, owed: Sequence[Owed], paid_on: date) -> Iterator[tuple[Owed, str]]:
        """What a payment of `paid_on` is counted towards, first things first.

        `owed` is ordered by number and begins with an instalment that is not settled. An instalment due on
        `paid_on` is due, an earlier one past due, a later one in advance. The loan counts as non-performing
        when its days past due on `paid_on` make it at least substandard; the lender's own class has no date
        and so decides nothing here, or the same payments would be counted differently later.
        """
        for step in self._steps(owed[0].due_on, paid_on):
            for item in owed:
                if _time_of(item.due_on, paid_on) in step.times:
                    for component in step.components:
                        yield item, component

    def _steps(self, oldest_due_on: date, paid_on: date) -> tuple[Step, ...]:
        if self.performing is self.non_performing:
            return self.performing
        floor = class_floor(max(0, (paid_on - oldest_due_on).days))
        return self.non_performing if is_non_performing(floor) else self.performing


@lru_cache(maxsize=1024)
def allocation_order(text: str) -> AllocationOrder:
    """Read an order such as "penalty,fee,interest,principal" or "civil-code | principal-first".

    See the module for the grammar and `NAMED` for the names and their sources. Raises ValueError saying what is
    wrong, unless every component is named exactly once for past-due, due and in-advance instalments.
    """
    short = "".join(text.lower().split())
    rules = [_rule(part) for part in short.split("|")]
    if len(rules) > 2:
        raise ValueError(
            f"an allocation order has at most two parts, performing | non-performing; this one has {len(rules)}"
        )
    return AllocationOrder(short, rules[0], rules[-1])


def _rule(text: str) -> tuple[Step, ...]:
    steps = [step for section in NAMED.get(text, text).split("/") for step in _section(section)]
    named = Counter(pair for step in steps for pair in product(step.times, step.components))
    for pair in product(TIMES, COMPONENTS):
        if named[pair] != 1:
            time, component = pair
            raise ValueError(
                f"the allocation order {text!r} names {component} {named[pair]} times for {time} instalments; "
                f"name each of {', '.join(COMPONENTS)} once, or use one of {', '.join(NAMED)}"
            )
    if sum(IN_ADVANCE in step.times for step in steps) > 1:
        raise ValueError(
            f"the allocation order {text!r} has > for instalments in advance; they are paid one after the other, as in "
            f"past-due+due:interest>principal>fee>penalty/in-advance:interest,principal,fee,penalty"
        )
    return tuple(steps)


def _section(text: str) -> Iterator[Step]:
    when, colon, steps = text.rpartition(":")
    times = when.split("+") if colon else list(TIMES)
    _require_known(times, TIMES)
    for step in steps.split(">"):
        components = step.split(",")
        _require_known(components, (*COMPONENTS,))
        yield Step(frozenset(times), tuple(components))


def _require_known(words: Sequence[str], known: Sequence[str]) -> None:
    for word in words:
        if word not in known:
            raise ValueError(
                f"an allocation order knows no {word!r} here; use {', '.join(known)}, or one of the names "
                f"{', '.join(NAMED)}"
            )


def _time_of(due_on: date, paid_on: date) -> str:
    if due_on < paid_on:
        return PAST_DUE
    return DUE if due_on == paid_on else IN_ADVANCE
