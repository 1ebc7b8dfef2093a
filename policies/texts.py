"""The lender's approved texts: every word the system says by itself, versioned, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

import yaml

FOLDER = Path(__file__).parent / "texts"
LANGUAGES = ("zh", "en")


class TextError(Exception):
    """A text is missing, malformed, or was given the wrong values; the message says which and what to do."""


@dataclass(frozen=True)
class Text:
    """One approved text. `version` is raised whenever a word of it changes."""

    id: str
    version: int
    words: Mapping[str, str]

    @property
    def label(self) -> str:
        """The name the log records: id and version, such as greet@2."""
        return f"{self.id}@{self.version}"

    def render(self, language: str, values: Mapping[str, str]) -> str:
        """Fill in `values`. Raises TextError when one is missing."""
        try:
            return self.words[language].format_map(dict(values))
        except KeyError as missing:
            raise TextError(f"text {self.id!r} ({language}) needs the value {missing}; pass it") from None


def placeholders(words: str) -> set[str]:
    """Return the names of the values a text needs."""
    return {name for _, name, _, _ in Formatter().parse(words) if name}


class Texts:
    """All approved texts, by id."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        self._texts = texts

    def __getitem__(self, text_id: str) -> Text:
        try:
            return self._texts[text_id]
        except KeyError:
            raise TextError(f"there is no text {text_id!r}; add it to policies/texts/") from None

    def __iter__(self) -> Iterator[Text]:
        return iter(self._texts.values())

    @staticmethod
    def load(folder: Path = FOLDER) -> Texts:
        """Read every file in `folder`. Raises TextError naming file and text for anything wrong in them."""
        texts: dict[str, Text] = {}
        for path in sorted(folder.glob("*.yml")):
            for item in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
                text = _checked(path, item)
                if text.id in texts:
                    raise TextError(f"{path.name}: text {text.id!r} is there twice; remove one")
                texts[text.id] = text
        return Texts(texts)


def _checked(path: Path, item: Mapping[str, object]) -> Text:
    text_id, version = item.get("id"), item.get("version")
    if not isinstance(text_id, str) or not re.fullmatch(r"[a-z0-9_]+", text_id):
        raise TextError(f"{path.name}: id {text_id!r} must be lower-case letters, digits and underscores")
    if not isinstance(version, int):
        raise TextError(f"{path.name}: text {text_id!r} needs a whole number as version")
    words = {language: str(item.get(language) or "").strip() for language in LANGUAGES}
    for language, value in words.items():
        if not value:
            raise TextError(f"{path.name}: text {text_id!r} has no {language}; write it")
    if placeholders(words["zh"]) != placeholders(words["en"]):
        raise TextError(
            f"{path.name}: text {text_id!r} uses different values in zh and en; make them the same"
        )
    return Text(text_id, version, words)


@cache
def texts() -> Texts:
    """Return the approved texts, read once."""
    return Texts.load()
