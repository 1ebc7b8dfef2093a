"""Possible danger counts as danger, even when another meaning is likelier; a slight sign of it is a reason to ask."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

CRY_FOR_HELP = "self_harm"
CERTAIN = {CRY_FOR_HELP: 0.4}
SUSPECTED = {CRY_FOR_HELP: 0.1, "threat_violence": 0.1}
WORRYING = 0.04
WORRYING_WITH_A_WORD = 0.01


def danger(ranking: Sequence[Mapping[str, Any]], suspected: Collection[str] = ()) -> Mapping[str, Any] | None:
    """Return the ranking's entry for a danger probable enough to act on, else None; a cry for help comes first.

    `suspected` are intents that the word screen thinks possible: less is then needed. What these bars find and what
    they cost is measured in docs/understanding.md.
    """
    for name in SUSPECTED:
        bar = SUSPECTED[name] if name in suspected else CERTAIN.get(name)
        if bar is not None and chance_of(name, ranking) >= bar:
            return next(entry for entry in ranking if entry["name"] == name)
    return None


def worrying(ranking: Sequence[Mapping[str, Any]], suspected: Collection[str] = ()) -> bool:
    """Whether a cry for help is likely enough to ask whether somebody is safe, beside answering what was said.

    Missing a cry for help is the worst error there is; a kind question too many costs little.
    """
    bar = WORRYING_WITH_A_WORD if CRY_FOR_HELP in suspected else WORRYING
    return chance_of(CRY_FOR_HELP, ranking) >= bar


def chance_of(name: str, ranking: Sequence[Mapping[str, Any]]) -> float:
    """Return an intent's probability, or 0 where the ranking leaves it out."""
    return next((float(entry["confidence"]) for entry in ranking if entry["name"] == name), 0.0)
