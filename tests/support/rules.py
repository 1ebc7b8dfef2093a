"""An ordinary loan and what relief would do to it, for tests of a rulebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from policies.checks import asked_months
from policies.facts import Circumstances, ReliefFacts, ReliefOutcome
from policies.relief import Decision, Wanted, evaluate
from policies.rulebook import Rulebook, load_rulebook

RULEBOOK = load_rulebook()

FACTS = ReliefFacts(
    as_of=date(2025, 5, 1),
    currency="CNY",
    outstanding_principal=Decimal("76108.02"),
    annual_rate_pct=Decimal(12),
    method="annuity",
    term_months=12,
    remaining_instalments=9,
    movable_on=date(2025, 5, 15),
    maturity_on=date(2026, 1, 15),
    disbursed_on=date(2025, 1, 15),
    lent_amount=Decimal("100000.00"),
)

OUTCOME = ReliefOutcome(
    added_months=0,
    new_maturity_on=date(2026, 1, 15),
    instalments=9,
    new_principal=Decimal("76108.02"),
    highest_rate_pct=Decimal(12),
    period_months=Decimal(1),
    largest_payment=Decimal("8884.88"),
    largest_payment_before=Decimal("8884.88"),
)


def decide(
    *wanted: Wanted,
    rulebook: Rulebook = RULEBOOK,
    here: Mapping[str, Any] | None = None,
    does: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Decision:
    """What a rulebook decides on these steps.

    `facts` change the loan, `here` its circumstances, `does` the outcome, which otherwise adds the months
    asked for and goes on at the loan's rate.
    """
    loan = replace(FACTS, circumstances=Circumstances(**(here or {})), **facts)
    added = sum(
        0 if params.get("term") == "keep" else asked_months(loan, kind, params) for kind, params in wanted
    )
    outcome = replace(
        OUTCOME, **{"added_months": added, "highest_rate_pct": loan.annual_rate_pct, **(does or {})}
    )
    return evaluate(rulebook, loan, wanted, outcome)


def refusing(decision: Decision) -> list[str]:
    """The ids of the rules that refuse."""
    return [result.id for result in decision.refusals]


def asking(decision: Decision) -> list[str]:
    """The ids of the rules that ask for approval."""
    return [result.id for result in decision.results if result.needs == "approval"]


def value_of(rule_id: str, rulebook: Rulebook = RULEBOOK) -> Any:
    """The value of one rule."""
    return next(rule.value for rule in rulebook.rules if rule.id == rule_id)
