"""The kinds of relief and their parameters, by name: what a rulebook, a command and the engine all mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

PARAMS: Mapping[str, tuple[str, ...]] = {
    "waive": ("penalty", "fee", "interest"),
    "settlement": ("principal_pct", "interest_pct", "penalty_pct", "fee_pct", "instalments"),
    "reduce_rate": ("annual_rate_pct", "from"),
    "interest_pause": ("months", "from", "until"),
    "renewal": ("months", "annual_rate_pct"),
    "move_due_date": ("day", "first_due_on", "period"),
    "reamortise": ("instalments",),
    "affordable": ("pay",),
    "interest_only": ("months", "term"),
    "partial_payment": ("pay", "months", "term"),
    "deferral": ("months", "interest", "placement", "term"),
    "extension": ("months", "until"),
    "credit_protection": ("months",),
}
"""Every kind with its parameters. Combined reliefs are computed in this order: what is owed, at which rate, in how
many instalments, and at last the time in which less is paid."""

KINDS = tuple(PARAMS)
MOST_COMBINED = 3

NEW_PLANS = ("settlement", "renewal", "reamortise", "affordable")
"""Kinds that divide the debt anew: one of them at most in a combination, or the last would undo the others."""

LESS_FOR_A_WHILE = ("interest_only", "partial_payment", "deferral", "extension")
"""Kinds that ask for less at first: one of them at most, and only beside a new plan that leaves room for it."""

ROOM_FOR: Mapping[str, tuple[str, ...]] = {
    "reamortise": LESS_FOR_A_WHILE,
    "settlement": ("deferral", "extension"),
}
"""After which new plans less can be asked for at first, and how."""

NO_RESTRUCTURING = ("waive", "move_due_date", "credit_protection")
"""Kinds that forgive, protect or name another day: they do not count as a change of the loan."""


def is_restructuring(kinds: Iterable[str]) -> bool:
    """Tell whether a relief of these kinds counts as a change of the loan, of which there is a limit."""
    return not set(kinds) <= set(NO_RESTRUCTURING)


def at_odds(kinds: Sequence[str]) -> list[str]:
    """The kinds of a combination of which a later one would undo what an earlier one promises; empty when none."""
    plans = [kind for kind in kinds if kind in NEW_PLANS]
    pauses = [kind for kind in kinds if kind in LESS_FOR_A_WHILE]
    if len(plans) > 1:
        return plans
    if len(pauses) > 1:
        return pauses
    fit = all(pause in ROOM_FOR.get(plan, ()) for plan in plans for pause in pauses)
    return [] if fit else [*plans, *pauses]
