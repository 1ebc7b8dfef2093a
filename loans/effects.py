"""What a relief means for the loan's class, its observation and the credit record, as a quote keeps it."""

from __future__ import annotations

from typing import Any

from loans.calendar import add_months
from loans.relief.position import Position
from loans.relief.proposal import Proposal
from policies.rulebook import Effect

PROTECTION = "credit_protection"


def effects_of(position: Position, proposal: Proposal, effect: Effect | None) -> dict[str, Any]:
    """Return the effects as JSON, with the words for the borrower; empty when there are none.

    `watch_until` is the last day of observation after a restructuring, `credit_protected_until` the last on which a
    late payment is not reported. Both count from the position's day.
    """
    said: dict[str, Any] = {}
    if effect is not None:
        said = {"id": effect.id, "asset_class": effect.asset_class}
        for language in ("zh", "en"):
            said[f"class_{language}"], said[f"record_{language}"] = effect.words(language)
        watched = effect.watched_months(proposal.terms.period.average_months)
        if watched:
            said["watch_until"] = add_months(position.as_of, watched).isoformat()
    for step in proposal.steps:
        if step.kind == PROTECTION:
            until = add_months(position.as_of, int(step.params["months"]))
            said["credit_protected_until"] = until.isoformat()
    return said
