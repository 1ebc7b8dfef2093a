"""The checks a relief rule can make. A rulebook names a check and gives its value and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

from policies.facts import ReliefFacts, ReliefOutcome

REFUSES = "refuses"
NEEDS_CONSENT = "needs_consent"
NEEDS_APPROVAL = "needs_approval"


@dataclass(frozen=True)
class Finding:
    """Whether a rule is met, the figures it looked at, and the most months it allows (None: any)."""

    met: bool
    inputs: Mapping[str, Any]
    most_months: int | None = None


@dataclass(frozen=True)
class Check:
    """A kind of rule: what an unmet one does, how its value is read, which figures its words may use."""

    effect: str
    read_value: Callable[[Any], Any]
    inputs: frozenset[str]
    find: Callable[[ReliefFacts, str, Mapping[str, Any], Any, ReliefOutcome], Finding]


def asked_months(facts: ReliefFacts, kind: str, params: Mapping[str, Any]) -> int:
    """The months a relief asks for: its months, those until a date, or the time of added instalments.

    A part of a month counts as one.
    """
    if params.get("until") is not None:
        return _months_until(facts.movable_on, params["until"])
    if kind == "reamortise":
        added = int(params.get("instalments") or 0) - facts.remaining_instalments
        return int((max(added, 0) * facts.period_months).to_integral_value(ROUND_CEILING))
    return int(params.get("months") or 0)


def _months_until(start: date, until: date | str) -> int:
    end = date.fromisoformat(until) if isinstance(until, str) else until
    if end <= start:
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month
    return max(months + (1 if end.day > start.day else 0), 1)


def _before_maturity(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: None, outcome: ReliefOutcome
) -> Finding:
    return Finding(facts.as_of <= facts.maturity_on, {"maturity_on": facts.maturity_on})


def _days_past_due(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: int, outcome: ReliefOutcome
) -> Finding:
    return Finding(
        facts.days_past_due <= value, {"days_past_due_days": facts.days_past_due, "limit_days": value}
    )


def _restructures(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: int, outcome: ReliefOutcome
) -> Finding:
    return Finding(
        facts.restructure_count < value, {"used_count": facts.restructure_count, "limit_count": value}
    )


def _rate(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: Decimal, outcome: ReliefOutcome
) -> Finding:
    return Finding(facts.annual_rate_pct <= value, {"rate_pct": facts.annual_rate_pct, "limit_pct": value})


def _months(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: int, outcome: ReliefOutcome
) -> Finding:
    asked = asked_months(facts, kind, params)
    return Finding(asked <= value, {"asked_months": asked, "limit_months": value}, value)


def _cumulative(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: tuple[Tier, ...], outcome: ReliefOutcome
) -> Finding:
    limit = cumulative_limit(facts.term_months, value)
    added = outcome.added_months
    left = max(limit - facts.prior_extension_months, Decimal(0))
    inputs = {
        "term_months": facts.term_months,
        "limit_months": limit,
        "used_months": facts.prior_extension_months,
        "added_months": added,
        "left_months": left,
    }
    return Finding(added == 0 or added <= left, inputs, int(left))


def _guarantor(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: None, outcome: ReliefOutcome
) -> Finding:
    return Finding(not facts.guarantor, {})


def _security(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: None, outcome: ReliefOutcome
) -> Finding:
    return Finding(not facts.secured, {})


def _amount(
    facts: ReliefFacts, kind: str, params: Mapping[str, Any], value: Decimal, outcome: ReliefOutcome
) -> Finding:
    inputs = {"outstanding_amount": facts.outstanding_principal, "limit_amount": value}
    return Finding(facts.outstanding_principal <= value, inputs)


@dataclass(frozen=True)
class Tier:
    """One step of a limit by original term: a share of the term, or months, for terms up to a length."""

    up_to: int | None
    share: Decimal | None
    months: Decimal | None


def cumulative_limit(term_months: int, tiers: tuple[Tier, ...]) -> Decimal:
    """The most months of extension in all for an original term: the first tier it fits in decides."""
    for tier in tiers:
        if tier.up_to is None or term_months <= tier.up_to:
            return tier.months if tier.months is not None else term_months * (tier.share or Decimal(0))
    return Decimal(0)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("give a whole number, 0 or more")
    return value


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, str) or not value.replace(".", "", 1).isdecimal():
        raise ValueError('give a number in quotes, such as "24" or "100000.00"')
    return Decimal(value)


def _none(value: Any) -> None:
    if value is not None:
        raise ValueError("this check takes no value; remove it")


def _tiers(value: Any) -> tuple[Tier, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("give a list of tiers")
    tiers = []
    for index, entry in enumerate(value):
        last = index == len(value) - 1
        if not isinstance(entry, dict) or not set(entry) <= {"term_up_to_months", "share", "months"}:
            raise ValueError("each tier has term_up_to_months, and share or months")
        if ("share" in entry) == ("months" in entry) or ("term_up_to_months" in entry) == last:
            raise ValueError("each tier needs share or months, and all but the last need term_up_to_months")
        tiers.append(
            Tier(
                _whole(entry["term_up_to_months"]) if "term_up_to_months" in entry else None,
                _decimal(entry["share"]) if "share" in entry else None,
                _decimal(entry["months"]) if "months" in entry else None,
            )
        )
    return tuple(tiers)


_MONTHS = frozenset({"asked_months", "limit_months"})
_DAYS = frozenset({"days_past_due_days", "limit_days"})
_CUMULATIVE = frozenset({"term_months", "limit_months", "used_months", "added_months", "left_months"})

CHECKS: Mapping[str, Check] = {
    "before_maturity": Check(REFUSES, _none, frozenset({"maturity_on"}), _before_maturity),
    "max_days_past_due": Check(REFUSES, _whole, _DAYS, _days_past_due),
    "max_restructures": Check(REFUSES, _whole, frozenset({"used_count", "limit_count"}), _restructures),
    "max_rate_pct": Check(REFUSES, _decimal, frozenset({"rate_pct", "limit_pct"}), _rate),
    "max_months": Check(REFUSES, _whole, _MONTHS, _months),
    "cumulative_extension": Check(REFUSES, _tiers, _CUMULATIVE, _cumulative),
    "consent_of_guarantor": Check(NEEDS_CONSENT, _none, frozenset(), _guarantor),
    "consent_of_security": Check(NEEDS_CONSENT, _none, frozenset(), _security),
    "approval_above_amount": Check(
        NEEDS_APPROVAL, _decimal, frozenset({"outstanding_amount", "limit_amount"}), _amount
    ),
    "approval_above_months": Check(NEEDS_APPROVAL, _whole, _MONTHS, _months),
    "approval_above_days_past_due": Check(NEEDS_APPROVAL, _whole, _DAYS, _days_past_due),
}

CONSENT_PARTIES = {"consent_of_guarantor": "guarantor", "consent_of_security": "security"}
