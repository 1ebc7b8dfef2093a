"""An option, and how it compares with the rulebook's others, as JSON in the shape of docs/schemas/quote.json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from sqlalchemy.orm import Session

from loans.circumstances import circumstances_of
from loans.comparison import cost_of
from loans.effects import effects_of
from loans.models import Loan, Quote, Schedule
from loans.money import NOTHING
from loans.options import Option, nearest_option, offers, option_for
from loans.positions import position_of
from loans.quotes import as_rule, freeze, rows_to_pay
from loans.relief import Components, Position, Wanted
from loans.relief.proposal import steps_json
from loans.view import active_schedule
from policies.relief import Decision
from policies.rulebook import Rulebook

WRONG_USAGE = ("bad_param", "unknown_param", "bad_combination")
EFFECTS = ("asset_class", "class_zh", "class_en", "record_zh", "record_en")
RATE_CAPS = ("max_rate_pct", "max_prime_rate_multiple")


def quote_json(
    session: Session, loan: Loan, rules: Rulebook, wanted: Sequence[Wanted], now: datetime
) -> dict[str, Any]:
    """Return an option in the shape of docs/schemas/quote.json, frozen as a quote when it is allowed.

    `now` is aware, in the borrower's time zone. Raises click.UsageError for parameters that cannot be used.
    """
    schedule = active_schedule(session, loan)
    position = position_of(loan, schedule, now.date())
    circumstances = circumstances_of(session, loan, today=now.date(), branch=rules.looks_at_branch)
    option = option_for(position, rules, wanted, circumstances)
    if option.error_code in WRONG_USAGE:
        raise click.UsageError(f"{option.summary_en} {option.summary_zh}")
    decision = option.decision
    closest = nearest_option(position, rules, option, circumstances)
    figures = _Figures(session, loan, schedule, position, rules, now)
    return {
        "loan": loan.ref,
        "borrower": loan.borrower.ref,
        "currency": loan.currency,
        "as_of": now.date().isoformat(),
        "kind": option.kind,
        "eligible": option.allowed,
        "rules": [as_rule(result) for result in decision.results] if decision else [],
        "refused_by": [result.id for result in decision.refusals] if decision else [str(option.error_code)],
        "today": _today(position),
        **figures.of(option),
        "nearest": figures.of(closest) if closest else None,
        "comparison": _comparison(
            position, option, offers(position, rules, circumstances=circumstances), rules
        ),
    }


@dataclass(frozen=True)
class _Figures:
    """Freezes allowed options of one loan on one day, and shows their figures."""

    session: Session
    loan: Loan
    schedule: Schedule
    position: Position
    rules: Rulebook
    now: datetime

    def of(self, option: Option) -> dict[str, Any]:
        """The option's words, and its figures from the frozen quote; null and empty where it is refused."""
        decision = option.decision
        frozen = None
        if option.allowed:
            frozen = freeze(self.session, self.loan, self.schedule, option, self.rules, self.now)
        return {
            "steps": steps_json(option.steps),
            "params": dict(option.params),
            "summary_zh": option.summary_zh,
            "summary_en": option.summary_en,
            "rows": rows_to_pay(frozen) if frozen else [],
            "totals": frozen.totals if frozen else None,
            "waived": frozen.waived if frozen else None,
            "new_maturity": frozen.new_maturity_on.isoformat() if frozen else None,
            "difference": _difference(frozen, self.position) if frozen else None,
            "apr_pct": str(frozen.apr_pct) if frozen and frozen.apr_pct is not None else None,
            "cap_checks": _cap_checks(decision, self.rules) if decision else [],
            "consents_needed": list(frozen.consents_needed) if frozen else [],
            "needs_approval": frozen.needs_approval if frozen else False,
            "approval_level": frozen.approval_level if frozen else None,
            "effects": frozen.effects or None if frozen else None,
            "rulebook": self.rules.id,
            "quote": frozen.id if frozen else None,
            "hash": frozen.hash if frozen else None,
            "expires_at": frozen.expires_at.astimezone(self.now.tzinfo).isoformat() if frozen else None,
        }


def _cap_checks(decision: Decision, rules: Rulebook) -> list[dict[str, Any]]:
    """What the rules about the highest rate found."""
    caps = {rule.id for rule in rules.rules if rule.check in RATE_CAPS}
    return [as_rule(result) for result in decision.results if result.id in caps]


def _comparison(
    position: Position, option: Option, others: Sequence[Option], rules: Rulebook
) -> list[dict[str, Any]]:
    """The rulebook's options in its order; the one asked for, when allowed and not among them, comes first."""
    allowed = [other for other in others if other.allowed]
    if option.allowed and all(other.steps != option.steps for other in allowed):
        allowed.insert(0, option)
    return [
        _compared(position, each, is_asked=each.steps == option.steps)
        for each in allowed[: rules.max_options]
    ]


def _compared(position: Position, option: Option, *, is_asked: bool) -> dict[str, Any]:
    proposal, decision = option.proposal, option.decision
    assert proposal is not None and decision is not None
    cost = cost_of(
        [(row.due_on, row.due) for row in proposal.to_pay],
        position.outstanding.total,
        sum((waiver.amount for waiver in proposal.waived_charges), NOTHING),
    )
    effects = effects_of(position, proposal, decision.effects)
    return {
        "kind": option.kind,
        "asked": is_asked,
        "summary_zh": option.summary_zh,
        "summary_en": option.summary_en,
        "usual_amount": str(cost.usual_amount),
        "smallest": str(cost.smallest),
        "largest": str(cost.largest),
        "extra_cost": str(cost.extra_cost),
        "ends_on": cost.ends_on.isoformat(),
        **{name: effects.get(name) for name in EFFECTS},
        "consents_needed": list(decision.consents_needed),
        "approval_level": decision.approval_level,
    }


def _today(position: Position) -> dict[str, Any]:
    """What the schedule in force still asks for, and the charges beside it."""
    unpaid = [row for row in position.instalments if row.unpaid.total]
    return {
        "rows": [
            {"number": row.number, "due_on": row.due_on.isoformat(), **_amounts(row.unpaid)} for row in unpaid
        ],
        "totals": _amounts(position.outstanding),
        "charges": str(position.charges_left.total),
        "maturity": position.maturity_on.isoformat(),
    }


def _amounts(amounts: Components) -> dict[str, str]:
    return {**{name: str(amount) for name, amount in asdict(amounts).items()}, "due": str(amounts.total)}


def _difference(frozen: Quote, position: Position) -> dict[str, Any]:
    rows = rows_to_pay(frozen)
    waived_beside = sum((Decimal(charge["amount"]) for charge in frozen.waived_charges), NOTHING)
    due = Decimal(frozen.totals["due"]) - position.outstanding.total
    return {
        "interest": str(frozen.extra_cost),
        "due": str(due),
        "extra_cost": str(due - waived_beside),
        "instalments": len(rows) - sum(1 for row in position.instalments if row.unpaid.total),
        "maturity_days": (frozen.new_maturity_on - position.maturity_on).days,
    }
