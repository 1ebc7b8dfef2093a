"""What a check is: one question a rule asks about one step of a relief."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

from policies.facts import ReliefFacts, ReliefOutcome


@dataclass(frozen=True)
class Asked:
    """One step of a relief, the loan it is for, and what the whole relief would do."""

    facts: ReliefFacts
    kind: str
    params: Mapping[str, Any]
    outcome: ReliefOutcome

    @property
    def months(self) -> int:
        """The months this step asks for; see `asked_months`."""
        return asked_months(self.facts, self.kind, self.params, self.outcome)


@dataclass(frozen=True)
class Finding:
    """Whether a rule is met, and the figures it looked at.

    `at_most` and `at_least` are what the rule would allow instead, by parameter; `months` stands for whatever
    the kind counts time by. `instead` has other values that are allowed. All are empty where no other
    parameter would help.
    """

    met: bool
    inputs: Mapping[str, Any] = field(default_factory=dict)
    at_most: Mapping[str, Decimal | int] = field(default_factory=dict)
    at_least: Mapping[str, Decimal | int] = field(default_factory=dict)
    instead: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mendable(self) -> bool:
        """Whether the rule would allow other parameters."""
        return bool(self.at_most or self.at_least or self.instead)


@dataclass(frozen=True)
class Check:
    """How a rule's value is read, which figures its words may use, and the question itself.

    `find` gives None when the question does not arise, or the lender's data do not say. `consent_of` names
    who must agree when it is not met; without it, the rule refuses or asks for approval. A rule whose check
    can never be met needs no words for that.
    """

    find: Callable[[Asked, Any], Finding | None]
    read_value: Callable[[Any], Any]
    inputs: frozenset[str] = frozenset()
    consent_of: str = ""
    can_be_met: bool = True


def asked_months(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], outcome: ReliefOutcome | None = None
) -> int:
    """The months a relief asks for: its months, those until a date, or the time of added instalments.

    A part of a month counts as one. What follows from a payment or a date is asked of the outcome.
    """
    if params.get("until") is not None:
        return _months_until(_day(params.get("from")) or facts.movable_on, _day(params["until"]))
    if kind == "reamortise":
        added = int(params.get("instalments") or 0) - facts.remaining_instalments
        return int((max(added, 0) * facts.period_months).to_integral_value(ROUND_CEILING))
    if kind in ("affordable", "move_due_date"):
        return outcome.added_months if outcome else 0
    return int(params.get("months") or 0)


def _day(given: date | str | None) -> date | None:
    return date.fromisoformat(given) if isinstance(given, str) else given


def _months_until(start: date, end: date | None) -> int:
    if end is None or end <= start:
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month
    return max(months + (1 if end.day > start.day else 0), 1)
