"""The dialogue model's examples and concepts, read from `nlu_data/` and put into plain words as messages are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.plain_words import model_text
from tideover.settings import ROOT

NLU_DATA = ROOT / "nlu_data"
RULES = NLU_DATA / "rules"
HELD_OUT = ROOT / "tests" / "nlu"
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Example:
    """One message in plain words, and as it was `said`, with what it means. `also` are meanings as right."""

    text: str
    intent: str
    language: str
    also: tuple[str, ...] = ()
    said: str = ""


def examples() -> Iterator[Example]:
    """Yield every example for training, file by file, repetitions included."""
    for language in LANGUAGES:
        for path in sorted((NLU_DATA / "nlu" / language).rglob("*.yml")):
            for block in _load(path)["nlu"]:
                for line in block["examples"].splitlines():
                    yield Example(model_text(line.removeprefix("- ")), block["intent"], language)


def distinct_examples() -> list[Example]:
    """Return the examples for training, each text once."""
    first_of_each: dict[str, Example] = {}
    for example in examples():
        first_of_each.setdefault(example.text, example)
    return list(first_of_each.values())


def held_out(name: str = "heldout") -> list[Example]:
    """Return the messages kept for measuring, which are never trained on: `heldout`, or `unseen`, which were not even
    looked at while the model was made."""
    return [
        Example(model_text(line["text"]), line["intent"], language, tuple(line.get("also", ())), line["text"])
        for language in LANGUAGES
        for line in _load(HELD_OUT / f"{name}_{language}.yml")
    ]


def dangerous(language: str) -> dict[str, list[str]]:
    """Return messages by the danger in them, and those that only sound desperate (`only_sounds_desperate`)."""
    found: dict[str, list[str]] = _load(HELD_OUT / f"crisis_{language}.yml")
    return found


def concepts() -> dict[str, list[str]]:
    """Return each concept's words and phrases."""
    return {
        name: sorted({model_text(term, part=True) for term in terms.split(",")})
        for path in sorted((NLU_DATA / "concepts").glob("*.yml"))
        for name, terms in _load(path)["concepts"].items()
    }


def _load(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, yaml.CSafeLoader)
