"""People, reasons, ways to pay and papers in a message, by the word lists beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import get_args

import yaml

from bot.entities.entity import Found, WordType
from bot.folding import fold

FOLDER = Path(__file__).parent
NOBODY = "none"


def find_words(text: str) -> Iterator[Found]:
    """Yield the people, reasons, ways to pay and papers named in a folded text; the longest word wins.

    The value is the word's key in its list, such as "family" for 老婆. A word may be in a text for another reason;
    what is found is a hint for the bot, never a decision.
    """
    for kind, (pattern, values) in _lists().items():
        for match in pattern.finditer(text):
            value = values[match[1] or match[2]]
            if value != NOBODY:
                yield Found(kind, match.start(), match.end(), value)


@cache
def read_list(kind: str) -> Mapping[str, str]:
    """Return a list as value by folded word. Raises ValueError when a word stands under two values."""
    values: dict[str, str] = {}
    for value, words in yaml.safe_load((FOLDER / f"{kind}.yml").read_text(encoding="utf-8")).items():
        for word in ",".join(words.values()).split(","):
            plain = fold(word.strip())
            if values.setdefault(plain, value) != value:
                raise ValueError(f"{kind}.yml: {plain!r} stands under both {values[plain]!r} and {value!r}")
    return values


@cache
def _lists() -> Mapping[WordType, tuple[re.Pattern[str], Mapping[str, str]]]:
    found: dict[WordType, tuple[re.Pattern[str], Mapping[str, str]]] = {}
    for kind in get_args(WordType):
        values = read_list(kind)
        chinese = _any_of(word for word in values if not word.isascii())
        english = _any_of(word for word in values if word.isascii())
        found[kind] = re.compile(rf"({chinese})|(?<![a-z\d\[])({english})(?:'?s)?(?![a-z\d])"), values
    return found


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
