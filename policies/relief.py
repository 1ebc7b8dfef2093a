"""Whether a relief is allowed, by which rules, and what to offer: a rulebook applied to facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policies.checks import CHECKS, Asked, Finding
from policies.facts import ReliefFacts, ReliefOutcome
from policies.figures import written
from policies.nearest import nearest_of
from policies.rules import (
    REMAINING_PLUS_REQUESTED,
    REQUESTED,
    Effect,
    MenuEntry,
    Rule,
    Rulebook,
    Sentence,
    Wanted,
)

__all__ = [
    "Decision",
    "ReliefFacts",
    "ReliefOutcome",
    "RuleResult",
    "Wanted",
    "effect_of",
    "evaluate",
    "menu",
]

NOT_IN_FORCE = "rulebook.effective_from"
FOREIGN_CURRENCY = "approval.currency"


@dataclass(frozen=True)
class RuleResult:
    """What one rule found. `allowed` is false only when it refuses; `needs` is consent, approval or empty.

    `figures` are what it looked at; they are put into words only when somebody reads them.
    """

    id: str
    allowed: bool
    needs: str
    sentence: Sentence
    figures: Mapping[str, Any]
    currency: str

    @cached_property
    def reason_zh(self) -> str:
        """Why, for people, in Chinese."""
        return self.sentence.zh.format(**written(self.figures, self.currency, "zh"))

    @cached_property
    def reason_en(self) -> str:
        """Why, for people, in English."""
        return self.sentence.en.format(**written(self.figures, self.currency, "en"))

    @property
    def inputs(self) -> Mapping[str, str]:
        """The figures as text, for the log; what the loan does not have is left out."""
        return {name: str(value) for name, value in self.figures.items() if value is not None}


@dataclass(frozen=True)
class Decision:
    """Whether a relief is allowed, with every rule's result in the rulebook's order.

    `nearest` is, for a refused relief, what these rules would allow instead, if less of the same is all it
    takes; whoever offers it computes and decides it anew.
    `consents_needed` names who must agree first: guarantor, security. `approval_level` is the highest level
    that must approve; None when nobody has to. `effects` is what the relief means for the asset class and the
    credit record; None when the rulebook does not say.
    """

    allowed: bool
    results: tuple[RuleResult, ...]
    nearest: tuple[Wanted, ...] | None
    consents_needed: tuple[str, ...]
    approval_level: str | None
    effects: Effect | None

    @property
    def needs_approval(self) -> bool:
        """Whether somebody must approve."""
        return self.approval_level is not None

    @property
    def refusals(self) -> tuple[RuleResult, ...]:
        """The rules that refuse."""
        return tuple(result for result in self.results if not result.allowed)


def evaluate(
    rulebook: Rulebook, facts: ReliefFacts, wanted: Sequence[Wanted], outcome: ReliefOutcome
) -> Decision:
    """The rulebook's decision on one relief, or several together, for one loan, on the day of the facts.

    Give parameters completed by `Rulebook.params_for`, and what the relief would do. A rule about more than
    one of the kinds is met when it is met for each of them. An unknown kind is refused by no rule: the relief
    registry refuses it.
    """
    asked = [Asked(facts, kind, params, outcome) for kind, params in wanted]
    results: list[RuleResult] = []
    refusing: list[list[Finding | None]] = []
    consents: list[str] = []
    levels: list[str] = []
    for rule in rulebook.rules_about(frozenset(kind for kind, _ in wanted)):
        if not rule.provenance.in_force(facts.as_of):
            continue
        findings = _find(rule, asked)
        found = [finding for finding in findings if finding is not None]
        if not found:
            continue
        unmet = next((finding for finding in found if not finding.met), None)
        results.append(_result(rule, unmet or found[0], facts.currency))
        if unmet is None:
            continue
        if consent := CHECKS[rule.check].consent_of:
            consents.append(consent)
        elif rule.approval is not None:
            levels.append(rule.approval)
        else:
            refusing.append(findings)
    if facts.currency != rulebook.currency:
        results.append(_foreign_currency(rulebook, facts))
        levels.append(rulebook.levels[-1].id)
    in_force = facts.as_of >= rulebook.effective_from
    if not in_force:
        results.append(_not_in_force(rulebook))
    return Decision(
        allowed=in_force and not refusing,
        results=tuple(results),
        nearest=nearest_of(facts, wanted, refusing) if in_force and refusing else None,
        consents_needed=tuple(consents),
        approval_level=next((level.id for level in reversed(rulebook.levels) if level.id in levels), None),
        effects=effect_of(rulebook, [kind for kind, _ in wanted], facts),
    )


def effect_of(rulebook: Rulebook, kinds: Sequence[str], facts: ReliefFacts) -> Effect | None:
    """What these kinds together mean for the asset class and the credit record: the gravest of them."""
    for effect in rulebook.effects:
        if effect.provenance.in_force(facts.as_of) and any(kind in effect.kinds for kind in kinds):
            return effect
    return None


def menu(rulebook: Rulebook, facts: ReliefFacts, requested: int | None = None) -> list[tuple[Wanted, ...]]:
    """What to offer for a loan, in order: each one step or several, with parameters.

    `requested` is the months asked for.
    """
    months = requested or rulebook.default_months
    for entry in rulebook.menu:
        if _fits(entry, facts):
            return [
                tuple((kind, _fill(rulebook, facts, kind, params, months)) for kind, params in offer)
                for offer in entry.offers
            ]
    return []


def _fits(entry: MenuEntry, facts: ReliefFacts) -> bool:
    here = facts.circumstances
    first, last = entry.days_past_due
    return (
        (not entry.methods or facts.method in entry.methods)
        and (not entry.classes or here.class_floor in entry.classes)
        and (not entry.reasons or here.reason in entry.reasons)
        and (not entry.industries or here.industry in entry.industries)
        and (not entry.tags or any(tag in entry.tags for tag in here.tags))
        and all(facts.owed.get(name) for name in entry.owing)
        and first <= facts.days_past_due
        and (last is None or facts.days_past_due <= last)
    )


def _fill(
    rulebook: Rulebook, facts: ReliefFacts, kind: str, params: Mapping[str, Any], months: int
) -> dict[str, Any]:
    more = int(-(-months // facts.period_months))
    stands_for = {REQUESTED: months, REMAINING_PLUS_REQUESTED: facts.remaining_instalments + more}
    filled = {name: stands_for.get(value, value) for name, value in params.items()}
    return rulebook.params_for(kind, filled)


def _find(rule: Rule, asked: Sequence[Asked]) -> list[Finding | None]:
    """What the rule finds of each step; None where it is not about it."""
    find = CHECKS[rule.check].find
    return [find(step, rule.value) if step.kind in rule.kinds else None for step in asked]


def _result(rule: Rule, finding: Finding, currency: str) -> RuleResult:
    needs = ""
    if not finding.met:
        needs = "consent" if CHECKS[rule.check].consent_of else "approval" if rule.approval else ""
    return RuleResult(
        id=rule.id,
        allowed=finding.met or bool(needs),
        needs=needs,
        sentence=rule.met if finding.met else rule.unmet,
        figures=finding.inputs,
        currency=currency,
    )


def _foreign_currency(rulebook: Rulebook, facts: ReliefFacts) -> RuleResult:
    return RuleResult(
        id=FOREIGN_CURRENCY,
        allowed=True,
        needs="approval",
        sentence=Sentence(
            "这笔贷款的币种是 {currency}，需要工作人员审批，我们会尽快答复。",
            "This loan is in {currency}, so our staff must approve it; we will answer soon.",
        ),
        figures={"currency": facts.currency, "rulebook_currency": rulebook.currency},
        currency=facts.currency,
    )


def _not_in_force(rulebook: Rulebook) -> RuleResult:
    return RuleResult(
        id=NOT_IN_FORCE,
        allowed=False,
        needs="",
        sentence=Sentence(
            "现行规则自{effective_from}起适用，这一天还不能在这里办理，请联系工作人员。",
            "The rules apply from {effective_from}, so this cannot be arranged here for that day; "
            "please ask our staff.",
        ),
        figures={"effective_from": rulebook.effective_from},
        currency=rulebook.currency,
    )
