"""Checks of where the loan and its borrower stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.checks.base import Asked, Check, Finding
from policies.checks.values import asset_classes, day, fields, name, names, no_value, whole


def _before_maturity(asked: Asked, value: None) -> Finding:
    return Finding(asked.facts.as_of <= asked.facts.maturity_on, {"maturity_on": asked.facts.maturity_on})


def _max_days_past_due(asked: Asked, value: int) -> Finding:
    days = asked.facts.days_past_due
    return Finding(days <= value, {"days_past_due_days": days, "limit_days": value})


def _min_days_past_due(asked: Asked, value: int) -> Finding:
    days = asked.facts.days_past_due
    return Finding(days >= value, {"days_past_due_days": days, "limit_days": value})


def _max_restructures(asked: Asked, value: int) -> Finding:
    used = asked.facts.restructure_count
    return Finding(used < value, {"used_times": used, "limit_times": value})


def _asset_class(asked: Asked, value: tuple[str, ...]) -> Finding | None:
    found = asked.facts.circumstances.class_floor
    return Finding(found in value, {"asset_class": found}) if found else None


def _watch_period(asked: Asked, value: None) -> Finding:
    until = asked.facts.circumstances.watch_until
    return Finding(until is None or until < asked.facts.as_of, {"watch_until_on": until})


def _signals(asked: Asked, value: tuple[str, ...]) -> Finding:
    found = [signal for signal in asked.facts.circumstances.signals if signal in value]
    return Finding(not found, {"signals": ", ".join(found)})


def _tags(asked: Asked, value: tuple[str, ...]) -> Finding:
    found = [tag for tag in asked.facts.circumstances.tags if tag in value]
    return Finding(not found, {"tags": ", ".join(found)})


def _reasons(asked: Asked, value: tuple[str, ...]) -> Finding:
    return Finding(asked.facts.reason in value, {"reason": asked.facts.reason or ""})


def _interest_arrears(asked: Asked, value: None) -> Finding:
    owed = asked.facts.interest_arrears
    return Finding(not owed, {"interest_arrears_amount": owed})


def _due_by(asked: Asked, value: Mapping[str, Any]) -> Finding | None:
    if value["tag"] not in asked.facts.circumstances.tags:
        return None
    due = asked.facts.maturity_on
    return Finding(due <= value["until"], {"maturity_on": due, "limit_on": value["until"]})


def _staff_decide(asked: Asked, value: None) -> Finding:
    return Finding(False)


DAYS = frozenset({"days_past_due_days", "limit_days"})

CHECKS: Mapping[str, Check] = {
    "before_maturity": Check(_before_maturity, no_value, frozenset({"maturity_on"})),
    "max_days_past_due": Check(_max_days_past_due, whole, DAYS),
    "min_days_past_due": Check(_min_days_past_due, whole, DAYS),
    "max_restructures": Check(_max_restructures, whole, frozenset({"used_times", "limit_times"})),
    "asset_class_in": Check(_asset_class, asset_classes, frozenset({"asset_class"})),
    "no_watch_period": Check(_watch_period, no_value, frozenset({"watch_until_on"})),
    "no_signals": Check(_signals, names, frozenset({"signals"})),
    "no_tags": Check(_tags, names, frozenset({"tags"})),
    "reason_in": Check(_reasons, names, frozenset({"reason"})),
    "no_interest_arrears": Check(_interest_arrears, no_value, frozenset({"interest_arrears_amount"})),
    "due_by_for_tag": Check(_due_by, fields(tag=name, until=day), frozenset({"maturity_on", "limit_on"})),
    "staff_decide": Check(_staff_decide, no_value, can_be_met=False),
}
