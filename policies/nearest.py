"""What a refused relief could be instead: the same with less of what is too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from policies.checks import Finding
from policies.facts import ReliefFacts
from policies.rules import Wanted


def nearest_of(
    facts: ReliefFacts, wanted: Sequence[Wanted], refusing: Sequence[Sequence[Finding | None]]
) -> tuple[Wanted, ...] | None:
    """The relief within what the refusing rules would allow; None when no other parameters would help.

    `refusing` has for each of these rules what it found of each step. Of several steps that break a rule the one
    with the most months is mended; whoever asks again mends the next. A step of a combination that cannot be
    mended is left out, as long as another remains.
    """
    at_most: list[dict[str, Decimal | int]] = [{} for _ in wanted]
    at_least: list[dict[str, Decimal | int]] = [{} for _ in wanted]
    instead: list[dict[str, Any]] = [{} for _ in wanted]
    hopeless: set[int] = set()
    for findings in refusing:
        unmet = {index: finding for index, finding in enumerate(findings) if finding and not finding.met}
        mendable = [index for index, finding in unmet.items() if finding.mendable]
        if not mendable:
            hopeless.update(unmet)
            continue
        index = max(mendable, key=lambda index: unmet[index].at_most.get("months", 0))
        finding = unmet[index]
        instead[index].update(finding.instead)
        for name, most in finding.at_most.items():
            at_most[index][name] = min(most, at_most[index].get(name, most))
        for name, least in finding.at_least.items():
            at_least[index][name] = max(least, at_least[index].get(name, least))
    steps = []
    for index, (kind, params) in enumerate(wanted):
        if index in hopeless:
            continue
        changed = {**params, **instead[index]}
        mended = _mended(facts, kind, changed, at_most[index], at_least[index])
        if mended is not None:
            steps.append(mended)
    return tuple(steps) or None


def _mended(
    facts: ReliefFacts,
    kind: str,
    params: Mapping[str, Any],
    at_most: Mapping[str, Decimal | int],
    at_least: Mapping[str, Decimal | int],
) -> Wanted | None:
    """The step with its parameters put to the limits; None when that leaves nothing of it."""
    if any(at_most.get(name, least) < least for name, least in at_least.items()):
        return None
    changed = dict(params)
    for name, limit in {**at_most, **at_least}.items():
        if name == "months":
            continue
        changed[name] = limit if isinstance(limit, int) else f"{limit.normalize():f}"
    if "months" not in at_most:
        return kind, changed
    return _within_months(facts, kind, changed, int(at_most["months"]))


def _within_months(facts: ReliefFacts, kind: str, params: Mapping[str, Any], months: int) -> Wanted | None:
    """The step with at most so many months, in whatever it counts time by.

    A payment named by the borrower that would take too long becomes the longest plan that is allowed.
    """
    others = {name: value for name, value in params.items() if name not in ("months", "until")}
    instalments = facts.remaining_instalments + int(max(months, 0) // facts.period_months)
    if kind == "affordable":
        return "reamortise", {"instalments": instalments}
    if months < 1 or kind == "move_due_date":
        return None
    if kind == "reamortise":
        return kind, {**others, "instalments": instalments}
    return kind, {**others, "months": months}
