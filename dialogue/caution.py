"""Possible danger counts as danger, even when another meaning is likelier."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

CRY_FOR_HELP = "self_harm"
ALONE = {CRY_FOR_HELP: 0.15}
SUSPECTED = {CRY_FOR_HELP: 0.03, "threat_violence": 0.1}


def danger(ranking: Sequence[Mapping[str, Any]], suspected: Collection[str] = ()) -> Mapping[str, Any] | None:
    """Return the ranking's entry for a danger probable enough to act on, else None; a cry for help comes first.

    `suspected` are intents that the word screen thinks possible: less is then needed. Missing a cry for help is the
    worst error there is; a false alarm costs a person's minute. What these bars find and what they cost is measured in
    docs/decisions/0006-intent-model.md.
    """
    for name in SUSPECTED:
        bar = SUSPECTED[name] if name in suspected else ALONE.get(name)
        found = next((entry for entry in ranking if entry["name"] == name), None)
        if bar is not None and found is not None and found["confidence"] >= bar:
            return found
    return None


cry_for_help = danger
SUSPICION = ALONE[CRY_FOR_HELP]
