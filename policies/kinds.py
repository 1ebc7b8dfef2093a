"""The kinds of relief and their parameters, by name: what a rulebook, a command and the engine all mean."""

from __future__ import annotations

from collections.abc import Mapping

PARAMS: Mapping[str, tuple[str, ...]] = {
    "waive": ("penalty", "fee", "interest"),
    "settlement": ("principal_pct", "interest_pct", "penalty_pct", "fee_pct", "instalments"),
    "reduce_rate": ("annual_rate_pct", "from"),
    "interest_pause": ("months", "from", "until"),
    "renewal": ("months", "annual_rate_pct"),
    "extension": ("months", "until"),
    "deferral": ("months", "interest", "placement", "term"),
    "interest_only": ("months", "term"),
    "partial_payment": ("pay", "months", "term"),
    "move_due_date": ("day", "first_due_on", "period"),
    "reamortise": ("instalments",),
    "affordable": ("pay",),
    "credit_protection": ("months",),
}
"""Every kind with its parameters. Combined reliefs are computed in this order: what is owed, at which rate, when."""

KINDS = tuple(PARAMS)
MOST_COMBINED = 3
