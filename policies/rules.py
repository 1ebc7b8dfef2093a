"""What a relief rulebook consists of: a lender's rules as data, read from YAML by `policies.reader`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from policies.figures import written

REQUESTED = "requested"
REMAINING_PLUS_REQUESTED = "remaining_plus_requested"
CERTAINTIES = ("read", "secondary", "recalled", "design")

Wanted = tuple[str, Mapping[str, Any]]
"""A kind of relief and its parameters."""


class RulebookError(ValueError):
    """A rulebook that cannot be used: `file`, `key` (where in it), `line` (0: not known) and what to do."""

    def __init__(self, file: Path, key: str, what: str, line: int = 0) -> None:
        super().__init__(f"{file.name}: {key}: {what}")
        self.file = file
        self.key = key
        self.what = what
        self.line = line


@dataclass(frozen=True)
class Sentence:
    """One sentence in both languages, with figures in braces."""

    zh: str
    en: str


@dataclass(frozen=True)
class Provenance:
    """From when to when something holds, where it comes from, how sure that is, and who confirmed it."""

    effective_from: date
    effective_to: date | None
    source: str
    certainty: str
    confirmed_by: str | None

    def in_force(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True)
class Rule:
    """One rule: which check, with which value, for which kinds, and its words.

    `approval` is the level that must approve when it is not met; without one, it refuses, unless its check is
    about a consent.
    """

    id: str
    check: str
    value: Any
    kinds: tuple[str, ...]
    approval: str | None
    met: Sentence
    unmet: Sentence
    provenance: Provenance


@dataclass(frozen=True)
class Effect:
    """What kinds of relief mean for the asset class and the credit record.

    `asset_class` is keep, at_least_special_mention or restructured_watch: at least special mention and under
    observation for `watch_months` and `watch_periods` repayment periods, whichever ends later. The two
    sentences are for the borrower.
    """

    id: str
    kinds: tuple[str, ...]
    asset_class: str
    watch_months: int
    watch_periods: int
    class_words: Sentence
    record_words: Sentence
    provenance: Provenance

    def watched_months(self, period_months: Decimal) -> int:
        """How long the loan is observed, in months, when a repayment period has so many; 0 when it is not."""
        periods = (self.watch_periods * period_months).to_integral_value(ROUND_CEILING)
        return max(self.watch_months, int(periods))

    def words(self, language: str) -> tuple[str, str]:
        """What it means for the class, and for the credit record: two sentences in one language."""
        months = written({"watch_months": self.watch_months}, "", language)
        class_words, record_words = getattr(self.class_words, language), getattr(self.record_words, language)
        return class_words.format(**months), record_words


@dataclass(frozen=True)
class Level:
    """One level of approval and its name."""

    id: str
    name: Sentence


@dataclass(frozen=True)
class MenuEntry:
    """What to offer, in order, to the loans and borrowers it fits; an empty condition fits any.

    `days_past_due` is the range it is for, both ends included; the last is None without end. `owing` names
    components of which something must be owed. An offer is one step or several together.
    """

    id: str
    offers: tuple[tuple[Wanted, ...], ...]
    methods: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    owing: tuple[str, ...] = ()
    days_past_due: tuple[int, int | None] = (0, None)


@dataclass(frozen=True)
class AgreementRules:
    """When an agreement in force is broken, and what follows.

    It is broken when `missed_instalments` of its instalments, or all that are left where these are fewer, are
    unpaid more than `grace_days` after their due dates. `after_broken` says which schedule counts then: the old
    one (restore_old) or the agreement's (keep_new). `case` is the kind of case opened for staff, None when none
    is.
    """

    grace_days: int
    missed_instalments: int
    after_broken: Literal["restore_old", "keep_new"]
    case: str | None
    source: str


@dataclass(frozen=True)
class Rulebook:
    """A lender's relief rules. Amounts are in `currency`; a quote made by them holds `quote_valid_hours`.

    `levels` go from the lowest to the highest; `effects` from the gravest to the lightest.
    """

    id: str
    title: Sentence
    currency: str
    effective_from: date
    source: str
    confirmed_by: str | None
    quote_valid_hours: int
    levels: tuple[Level, ...]
    defaults: Mapping[str, Mapping[str, Any]]
    rules: tuple[Rule, ...]
    effects: tuple[Effect, ...]
    menu: tuple[MenuEntry, ...]
    max_options: int
    default_months: int
    agreements: AgreementRules
    _about: dict[frozenset[str], tuple[Rule, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def rules_about(self, kinds: frozenset[str]) -> tuple[Rule, ...]:
        """The rules about any of the kinds, in order; sorted out once for each set of kinds."""
        if kinds not in self._about:
            self._about[kinds] = tuple(rule for rule in self.rules if kinds.intersection(rule.kinds))
        return self._about[kinds]

    @cached_property
    def looks_at_branch(self) -> bool:
        """Whether a rule needs the sums of the loan's branch, which are read from the whole book."""
        return any(rule.check == "max_branch_share" for rule in self.rules)

    def params_for(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """`given` completed with the defaults for the kind; a relief until a date takes no months."""
        defaults = dict(self.defaults.get(kind, {}))
        if given.get("until") is not None:
            defaults.pop("months", None)
        return {**defaults, **{name: value for name, value in given.items() if value is not None}}
