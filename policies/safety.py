"""The safety screen: finds, by word lists alone, messages that a person must see at once.

It runs before the dialogue model and beside it; either one is enough to act. What is certain counts by itself; what is
uncertain ("the debt will be the death of me") counts when the dialogue model half agrees, or cannot be asked. A miss is
worse than a false alarm, so the lists are wide. They live in ``policies/safety/*.yml`` and change without touching this
code.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CATEGORIES = ("attorney", "deceased", "minor", "resume", "self_harm", "stop", "third_party", "violence")
SCRIPTS = ("chinese", "words")
FOLDER = Path(__file__).with_suffix("")

_HEADER_KEYS = {"effective_from", "source", "confirmed_by", "script", "categories"}
_LIST_KEYS = {"whole_message", "phrases", "patterns", "uncertain_phrases", "uncertain_patterns", "not_when"}

_IDEOGRAPHS = "\u3007\u3400-\u4dbf\u4e00-\u9fff"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe0e\ufe0f\ufeff]")
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_IDEOGRAPH_RUN = re.compile(f"[{_IDEOGRAPHS}]+")
_LATIN_LETTER = re.compile("[a-z]")
_NOT_WORD = re.compile(r"[\W_]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_ONE_LETTER = r"\1"
_SPACE_BY_IDEOGRAPH = re.compile(rf"(?<=[{_IDEOGRAPHS}])\s+|\s+(?=[{_IDEOGRAPHS}])")
_ONE_CHARACTER = str.maketrans("她妳您佢哋咗嘅喺畀俾嚟冇著", "他你你他们了的在给给来没着")
_CAPTURING = re.compile(r"(?<!\\)\((?!\?)")
_EXCEPTION_MARK = " 。 "


class SafetyListError(ValueError):
    """A safety list cannot be used. The message names the file, the place and what to do."""


@dataclass(frozen=True)
class Words:
    """Phrases and patterns to look for."""

    phrases: tuple[str, ...]
    patterns: re.Pattern[str] | None

    def are_in(self, text: str) -> bool:
        """Whether any of them is in a text."""
        for phrase in self.phrases:
            if phrase in text:
                return True
        return self.patterns is not None and self.patterns.search(text) is not None


@dataclass(frozen=True)
class CategoryList:
    """One category's words in one file, compiled."""

    category: str
    script: str
    whole_messages: frozenset[str]
    certain: Words
    uncertain: Words
    exceptions: re.Pattern[str] | None

    def finds(self, text: str, whole: str) -> bool:
        """Whether the category is met for certain by `text`, or by `whole`, the message without any punctuation."""
        return whole in self.whole_messages or self._has(self.certain, text)

    def suspects(self, text: str) -> bool:
        """Whether the category may be meant by `text`."""
        return self._has(self.uncertain, text)

    def _has(self, words: Words, text: str) -> bool:
        if not text or not words.are_in(text):
            return False
        return self.exceptions is None or words.are_in(self.exceptions.sub(_EXCEPTION_MARK, text))


@dataclass(frozen=True)
class Found:
    """The sorted names of the categories found in a message: for certain, and perhaps."""

    certain: tuple[str, ...]
    suspected: tuple[str, ...]


@dataclass(frozen=True)
class Screen:
    """Every list of a folder, ready to be used. Immutable and safe to share between threads."""

    lists: tuple[CategoryList, ...]

    def look(self, text: str) -> Found:
        """Return what is found in a message; what is certain is not also suspected."""
        plain = _plain(text)
        words = _as_words(plain)
        whole = words.replace(" ", "")
        written = {
            "words": words if _LATIN_LETTER.search(plain) else "",
            "chinese": _as_chinese(plain) if _IDEOGRAPH_RUN.search(plain) else "",
        }
        certain = {entry.category for entry in self.lists if entry.finds(written[entry.script], whole)}
        suspected = {entry.category for entry in self.lists if entry.suspects(written[entry.script])}
        return Found(tuple(sorted(certain)), tuple(sorted(suspected - certain)))

    def screen(self, text: str) -> tuple[str, ...]:
        """Return the sorted names of the categories found in a message for certain; empty when there are none."""
        return self.look(text).certain


def screen(text: str) -> tuple[str, ...]:
    """Return the sorted names of the categories found in a message for certain, by the lists shipped with Tideover.

    Chinese must already be in simplified characters. Full-width forms, case, spacing and apostrophes do not
    matter.
    """
    return shipped_screen().screen(text)


@cache
def shipped_screen() -> Screen:
    """The screen shipped with Tideover, read and compiled once."""
    return load_screen(FOLDER)


def load_screen(folder: Path) -> Screen:
    """Read and compile every ``*.yml`` list in a folder.

    Raises SafetyListError when the folder has no list or a list is malformed: a screen with a hole in it is
    never started.
    """
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise SafetyListError(f"{folder}: no safety list (*.yml) here; restore the folder before starting")
    return Screen(tuple(entry for path in paths for entry in _read(path)))


def _read(path: Path) -> list[CategoryList]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or set(document) != _HEADER_KEYS:
        raise SafetyListError(f"{path}: needs exactly these keys: {', '.join(sorted(_HEADER_KEYS))}")
    if not isinstance(document["effective_from"], date):
        raise SafetyListError(f"{path}: effective_from must be a date such as 2026-11-20")
    if document["script"] not in SCRIPTS:
        raise SafetyListError(f"{path}: script must be one of {', '.join(SCRIPTS)}")
    if not document["source"] or not isinstance(document["categories"], dict) or not document["categories"]:
        raise SafetyListError(f"{path}: source and categories must not be empty")
    return [_compile(path, document["script"], name, body) for name, body in document["categories"].items()]


def _compile(path: Path, script: str, category: str, body: Any) -> CategoryList:
    where = f"{path}: {category}"
    if category not in CATEGORIES:
        raise SafetyListError(f"{where}: unknown category; use one of {', '.join(CATEGORIES)}")
    if not isinstance(body, dict) or not body or not set(body) <= _LIST_KEYS:
        raise SafetyListError(f"{where}: needs one or more of {', '.join(sorted(_LIST_KEYS))}")
    lists = {key: _strings(f"{where}.{key}", body.get(key, [])) for key in _LIST_KEYS}
    prepare = _as_chinese if script == "chinese" else _as_words

    def words(prefix: str) -> Words:
        phrases, patterns = f"{prefix}phrases", f"{prefix}patterns"
        return Words(
            tuple(prepare(_plain(item)) for item in lists[phrases]),
            _alternatives(f"{where}.{patterns}", lists[patterns], script),
        )

    return CategoryList(
        category=category,
        script=script,
        whole_messages=frozenset(_as_words(_plain(item)).replace(" ", "") for item in lists["whole_message"]),
        certain=words(""),
        uncertain=words("uncertain_"),
        exceptions=_alternatives(f"{where}.not_when", lists["not_when"], script),
    )


def _strings(where: str, items: Any) -> list[str]:
    if not isinstance(items, list):
        raise SafetyListError(f"{where}: must be a list")
    for item in items:
        if not isinstance(item, str) or not item.strip():
            raise SafetyListError(f"{where}: {item!r} is not text; put it in quotes or remove it")
    return items


def _alternatives(where: str, patterns: Sequence[str], script: str) -> re.Pattern[str] | None:
    """One expression out of many. In the words script each begins at a word, after its space."""
    for pattern in patterns:
        try:
            matches_nothing = re.compile(pattern).search("") is not None
        except re.error as error:
            raise SafetyListError(f"{where}: {pattern!r} is not a regular expression: {error}") from error
        if matches_nothing:
            raise SafetyListError(f"{where}: {pattern!r} matches an empty message; make it narrower")
    if not patterns:
        return None
    either = "|".join(f"(?:{_CAPTURING.sub('(?:', pattern)})" for pattern in patterns)
    return re.compile(f" (?:{either})" if script == "words" else either.translate(_ONE_CHARACTER))


def _plain(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()


def _as_words(plain: str) -> str:
    """Words apart by one space, with one at each end: ``Don't STOP!!`` is `` dont stop ``."""
    joined = _APOSTROPHES.sub("", plain)
    apart = _IDEOGRAPH_RUN.sub(lambda run: f" {run[0]} ", joined)
    words = _NOT_WORD.sub(" ", apart).strip()
    return f" {_DRAWN_OUT.sub(_ONE_LETTER, words)} "


def _as_chinese(plain: str) -> str:
    """Spaces beside Chinese characters taken out, other runs made one, variant characters unified."""
    return " ".join(_SPACE_BY_IDEOGRAPH.sub("", plain).split()).translate(_ONE_CHARACTER)
