"""Which of the offered options is meant: 2, B, 第二个, the last one."""

from __future__ import annotations

import re
from dataclasses import dataclass

LAST = -1
ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "last": LAST,
    "one": 1,
    "two": 2,
    "three": 3,
}
CHINESE = {"一": 1, "二": 2, "两": 2, "三": 3}

_WHOLE = re.compile(
    r"(?:option|choice|plan|no\.?|number|选项?|方案|选择|我选|就|要)?\s*([1-3abc一二三])"
    r"\s*(?:吧|号|个|了|please|pls)?[.!。！]?"
)
_ENGLISH = re.compile(
    r"\b(?:the\s+)?(first|second|third|1st|2nd|3rd|last)\b(?:\s+(?:one|option|plan|choice))?"
    r"|\b(?:option|plan|choice|number|no\.)\s*([1-3]|one|two|three|[abc]\b)"
)
_CHINESE = re.compile(
    r"(?:第\s*([一二两三1-3])\s*(?:个|种|项|条|套|款)?)|(?:方案|选项|选择|选)\s*([一二三1-3abc])|(最后)(?:一个|那个|一种)"
)


@dataclass(frozen=True)
class Choice:
    """The words and the option's number, counted from 1; -1 is the last."""

    text: str
    number: int


def find_choice(text: str) -> Choice | None:
    """Return the option a normalised message names, or None: "第二个" and "the second one", but not "2 months"."""
    whole = _WHOLE.fullmatch(text.strip())
    if whole:
        return Choice(whole.group(), _number(whole.group(1)))
    for pattern in (_CHINESE, _ENGLISH):
        found = pattern.search(text)
        if found and not _is_a_day(text, found.end()):
            return Choice(found.group(), _number(next(group for group in found.groups() if group)))
    return None


def _is_a_day(text: str, end: int) -> bool:
    return bool(re.match(r"\s*(?:of|个?月|天|周|期|季|week|month|day|instal)", text[end:]))


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    if word in "abc" and len(word) == 1:
        return "abc".index(word) + 1
    return LAST if word in ("最后", "last") else ORDINALS.get(word) or CHINESE[word]
