"""Checks of how much is owed, forgiven, or already under relief."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from policies.checks.base import Asked, Check, Finding
from policies.checks.values import component, decimal, fields, no_value

NONE = Decimal(0)


def _max_outstanding(asked: Asked, value: Decimal) -> Finding:
    owed = asked.facts.outstanding_principal
    return Finding(owed <= value, {"outstanding_amount": owed, "limit_amount": value})


def _largest_payment(asked: Asked, value: Decimal) -> Finding:
    outcome = asked.outcome
    new, old = outcome.largest_payment, outcome.largest_payment_before
    inputs = {"payment_amount": new, "before_amount": old, "limit_multiple": value}
    return Finding(new <= old * value, inputs)


def _new_principal(asked: Asked, value: None) -> Finding | None:
    lent = asked.facts.lent_amount
    if lent is None:
        return None
    new = asked.outcome.new_principal
    capitalises = asked.params.get("interest") == "capitalised"
    return Finding(
        new <= lent,
        {"new_principal_amount": new, "lent_amount": lent},
        instead={"interest": "simple"} if capitalises else {},
    )


def waived_pct(kind: str, params: Mapping[str, Any], component: str) -> Decimal:
    """What part of a component a step forgives, in percent; a settlement says what part is paid."""
    if kind == "settlement":
        return 100 - Decimal(str(params.get(f"{component}_pct", 100)))
    return Decimal(str(params.get(component) or 0))


def _max_waived_pct(asked: Asked, value: Mapping[str, Any]) -> Finding | None:
    name, limit = value["component"], value["pct"]
    pct = waived_pct(asked.kind, asked.params, name)
    if not pct:
        return None
    settles = asked.kind == "settlement"
    return Finding(
        pct <= limit,
        {"component": name, "waived_pct": pct, "limit_pct": limit},
        {} if settles else {name: limit},
        {f"{name}_pct": 100 - limit} if settles else {},
    )


def _max_waived_amount(asked: Asked, value: Mapping[str, Any]) -> Finding | None:
    name = value["component"]
    waived = asked.outcome.waived.get(name, NONE)
    inputs = {"component": name, "waived_amount": waived, "limit_amount": value["amount"]}
    return Finding(waived <= value["amount"], inputs) if waived else None


def _max_branch_share(asked: Asked, value: Decimal) -> Finding | None:
    circumstances = asked.facts.circumstances
    relieved, everything = circumstances.branch_relieved_amount, circumstances.branch_outstanding_amount
    if relieved is None or not everything:
        return None
    share = (relieved + asked.facts.outstanding_principal) * 100 / everything
    return Finding(share <= value, {"share_pct": share, "limit_pct": value})


CHECKS: Mapping[str, Check] = {
    "max_outstanding": Check(_max_outstanding, decimal, frozenset({"outstanding_amount", "limit_amount"})),
    "max_payment_multiple": Check(
        _largest_payment, decimal, frozenset({"payment_amount", "before_amount", "limit_multiple"})
    ),
    "principal_within_lent": Check(
        _new_principal, no_value, frozenset({"new_principal_amount", "lent_amount"})
    ),
    "max_waived_pct": Check(
        _max_waived_pct,
        fields(component=component, pct=decimal),
        frozenset({"component", "waived_pct", "limit_pct"}),
    ),
    "max_waived_amount": Check(
        _max_waived_amount,
        fields(component=component, amount=decimal),
        frozenset({"component", "waived_amount", "limit_amount"}),
    ),
    "max_branch_share": Check(_max_branch_share, decimal, frozenset({"share_pct", "limit_pct"})),
}
