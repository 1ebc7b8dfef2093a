"""Whether a relief is allowed, by which rules, and what to offer: a rulebook applied to facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from policies import wording
from policies.checks import (
    CHECKS,
    CONSENT_PARTIES,
    NEEDS_APPROVAL,
    NEEDS_CONSENT,
    REFUSES,
    Finding,
    asked_months,
)
from policies.facts import ReliefFacts, ReliefOutcome
from policies.rulebook import REMAINING_PLUS_REQUESTED, REQUESTED, Rule, Rulebook

__all__ = ["Decision", "ReliefFacts", "ReliefOutcome", "RuleResult", "Wanted", "evaluate", "menu"]

Wanted = tuple[str, Mapping[str, Any]]
"""A kind of relief and its parameters."""

NOT_IN_FORCE = "rulebook.effective_from"
FOREIGN_CURRENCY = "approval.currency"


@dataclass(frozen=True)
class RuleResult:
    """What one rule found. `allowed` is false only when it refuses; `needs` is consent, approval or empty.

    `inputs` are the figures it looked at, as text, for the log.
    """

    id: str
    allowed: bool
    needs: str
    reason_zh: str
    reason_en: str
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class Decision:
    """Whether a relief is allowed, with every rule's result in the rulebook's order.

    `nearest` is, for a refused relief, what these rules would allow instead, if fewer months are all it takes;
    whoever offers it computes and decides it anew.
    `consents_needed` names who must agree first: guarantor, security.
    """

    allowed: bool
    results: tuple[RuleResult, ...]
    nearest: tuple[Wanted, ...] | None
    consents_needed: tuple[str, ...]
    needs_approval: bool

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
    found = [
        (rule, _find(rule, facts, about, outcome))
        for rule in rulebook.rules
        if (about := [step for step in wanted if rule.applies(step[0], facts.as_of)])
    ]
    results = [_result(rule, finding, facts.currency) for rule, finding in found]
    if facts.currency != rulebook.currency:
        results.append(_foreign_currency(rulebook, facts))
    in_force = facts.as_of >= rulebook.effective_from
    if not in_force:
        results.append(_not_in_force(rulebook))
    unmet = [(rule, finding) for rule, finding in found if not finding.met]
    refusing = [finding for rule, finding in unmet if CHECKS[rule.check].effect == REFUSES]
    return Decision(
        allowed=in_force and not refusing,
        results=tuple(results),
        nearest=_nearest(facts, wanted, refusing) if in_force else None,
        consents_needed=tuple(
            CONSENT_PARTIES[rule.check] for rule, _ in unmet if CHECKS[rule.check].effect == NEEDS_CONSENT
        ),
        needs_approval=any(result.needs == "approval" for result in results),
    )


def menu(
    rulebook: Rulebook, facts: ReliefFacts, requested: int | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """The kinds to offer for a loan, in order, with their parameters; `requested` is the months asked for."""
    for entry in rulebook.menu:
        fits_method = not entry.methods or facts.method in entry.methods
        fits_reason = not entry.reasons or facts.reason in entry.reasons
        if fits_method and fits_reason:
            months = requested or rulebook.default_months
            return [(kind, _fill(rulebook, facts, kind, params, months)) for kind, params in entry.offers]
    return []


def _fill(
    rulebook: Rulebook, facts: ReliefFacts, kind: str, params: Mapping[str, Any], months: int
) -> dict[str, Any]:
    more = int(-(-months // facts.period_months))
    stands_for = {REQUESTED: months, REMAINING_PLUS_REQUESTED: facts.remaining_instalments + more}
    filled = {name: stands_for.get(value, value) for name, value in params.items()}
    return rulebook.params_for(kind, filled)


def _find(rule: Rule, facts: ReliefFacts, about: Sequence[Wanted], outcome: ReliefOutcome) -> Finding:
    """What the rule finds of each kind it is about; the first kind that does not meet it speaks for all."""
    findings = [CHECKS[rule.check].find(facts, kind, params, rule.value, outcome) for kind, params in about]
    return next((finding for finding in findings if not finding.met), findings[0])


def _result(rule: Rule, finding: Finding, currency: str) -> RuleResult:
    effect = CHECKS[rule.check].effect
    needs = {NEEDS_CONSENT: "consent", NEEDS_APPROVAL: "approval"}.get(effect, "")
    sentence = rule.met if finding.met else rule.unmet
    zh, en = (
        {name: _written(name, value, currency, language) for name, value in finding.inputs.items()}
        for language in ("zh", "en")
    )
    return RuleResult(
        id=rule.id,
        allowed=finding.met or effect != REFUSES,
        needs="" if finding.met else needs,
        reason_zh=sentence.zh.format(**zh),
        reason_en=sentence.en.format(**en),
        inputs={name: str(value) for name, value in finding.inputs.items()},
    )


def _foreign_currency(rulebook: Rulebook, facts: ReliefFacts) -> RuleResult:
    return RuleResult(
        id=FOREIGN_CURRENCY,
        allowed=True,
        needs="approval",
        reason_zh=f"这笔贷款的币种是 {facts.currency}，需要工作人员审批，我们会尽快答复。",
        reason_en=f"This loan is in {facts.currency}, so our staff must approve it; we will answer soon.",
        inputs={"currency": facts.currency, "rulebook_currency": rulebook.currency},
    )


def _not_in_force(rulebook: Rulebook) -> RuleResult:
    zh, en = (wording.day(rulebook.effective_from, language) for language in ("zh", "en"))
    return RuleResult(
        id=NOT_IN_FORCE,
        allowed=False,
        needs="",
        reason_zh=f"现行规则自{zh}起适用，这一天还不能在这里办理，请联系工作人员。",
        reason_en=f"The rules apply from {en}, so this cannot be arranged here for that day; please ask our staff.",
        inputs={"effective_from": rulebook.effective_from.isoformat()},
    )


def _nearest(
    facts: ReliefFacts, wanted: Sequence[Wanted], refusing: list[Finding]
) -> tuple[Wanted, ...] | None:
    limits = [finding.most_months for finding in refusing]
    if len(wanted) != 1 or not limits or any(limit is None for limit in limits):
        return None
    kind, params = wanted[0]
    months = min(limit for limit in limits if limit is not None)
    if not 1 <= months < asked_months(facts, kind, params):
        return None
    nearest = {
        name: value for name, value in params.items() if name not in ("months", "until", "instalments")
    }
    if kind == "reamortise":
        nearest["instalments"] = facts.remaining_instalments + int(months // facts.period_months)
    else:
        nearest["months"] = months
    return ((kind, nearest),)


def _written(name: str, value: Any, currency: str, language: str) -> str:
    if isinstance(value, date):
        return wording.day(value, language)
    if name.endswith("_amount"):
        return wording.money(Decimal(value), currency, language)
    if name.endswith("_pct"):
        return wording.rate(value, language)
    if name.endswith("_months"):
        return _counted(value, "个月", "month", language)
    if name.endswith("_days"):
        return _counted(value, "天", "day", language)
    return str(value)


def _counted(count: Decimal | int, zh_unit: str, en_unit: str, language: str) -> str:
    """A count with its unit: 2个月 or 2 months."""
    figure = f"{Decimal(count).normalize():f}"
    if language == "zh":
        return f"{figure}{zh_unit}"
    return f"{figure} {en_unit}" if count == 1 else f"{figure} {en_unit}s"
