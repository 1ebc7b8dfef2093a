"""A possible cry for help counts as one, even when another meaning is likelier."""

from collections.abc import Mapping, Sequence
from typing import Any

CRY_FOR_HELP = "self_harm"
SUSPICION = 0.1


def cry_for_help(ranking: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the ranking's entry for a cry for help when its probability is high enough to act on, else None.

    Missing one is the worst error there is; a false alarm costs a person's minute. What this threshold finds and what
    it costs is measured in docs/decisions/0006-intent-model.md.
    """
    suspected = (
        entry for entry in ranking if entry["name"] == CRY_FOR_HELP and entry["confidence"] >= SUSPICION
    )
    return next(suspected, None)
