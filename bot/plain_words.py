"""The common words for what people type: slang, slips, dialect, pinyin and emoji. Lists: `nlu_data/spelling/`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from bot.normalise import normalise, squeeze

FOLDER = Path(__file__).resolve().parents[1] / "nlu_data" / "spelling"
ROUNDS = 4

# A redaction mark, a Latin word, or one other character, each with the space before it.
_PIECE = re.compile(r" ?(?:\[(?:ID|PHONE|EMAIL|CARD|NAME)\]|[a-z0-9à-ɏ]+(?:'[a-z]+)*|\S)")
_HAN = re.compile(r"[㐀-䶿一-鿿]")
_DRAWN_OUT = re.compile(r"([a-z])\1\1+")
_LETTERS = re.compile(r"([a-z])\1+")
_SAME_PICTURE = re.compile(r"([\u2600-\u27bf\U0001f000-\U0001faff])(?: ?\1)+")
_AROUND = " .,!?~;:…。、"
_ONE_FORM = str.maketrans({"’": "'", "‘": "'", "´": "'", **dict.fromkeys("🏻🏼🏽🏾🏿")})

Pieces = tuple[str, ...]


class SpellingError(ValueError):
    """A spelling list contradicts itself. The message names the term and both of its meanings."""


class PlainWords:
    """Replaces terms by common words. The longest term wins; redaction marks and numbers are never part of one."""

    def __init__(self, lists: Mapping[str, Mapping[str, Any]], chinese: bool) -> None:
        """Take the lists by file name; `chinese` chooses the Chinese word of a pair such as ``好的 / okay``."""
        self._chinese = chinese
        self._terms: dict[Pieces, str] = {}
        self._whole: dict[str, str] = {}
        self._drawn_out: dict[str, str] = {}
        for name, given in lists.items():
            for plain, terms in given.get("anywhere", {}).items():
                for term in _listed(terms):
                    self._add(name, term, self._word(plain))
            for plain, terms in given.get("run_together", {}).items():
                for term in _listed(terms):
                    for written in _with_and_without_spaces(term):
                        self._add(name, written, self._word(plain))
            for term in _listed(given.get("kept", "")):
                self._add(name, term, term)
            for plain, terms in given.get("whole_message", {}).items():
                self._whole |= dict.fromkeys(_listed(terms), self._word(plain))
            self._drawn_out |= {
                _LETTERS.sub(r"\1", word): word for word in _listed(given.get("drawn_out", ""))
            }
        self._longest: dict[str, int] = {}
        for pieces in self._terms:
            self._longest[pieces[0]] = max(len(pieces), self._longest.get(pieces[0], 0))

    def _add(self, name: str, term: str, plain: str) -> None:
        known = self._terms.setdefault(_pieces(term), plain)
        if known != plain:
            raise SpellingError(
                f"nlu_data/spelling/{name}: {term} is both {known} and {plain}; keep one of them"
            )

    def _word(self, plain: str) -> str:
        chinese, _, english = str(plain).partition(" / ")
        return chinese if self._chinese or not english else english

    def whole(self, text: str) -> str | None:
        """Return what a message means that is nothing but this; None when the lists do not say."""
        return self._whole.get(text.strip(_AROUND))

    def once(self, text: str) -> str:
        """Return the text with each term replaced once; what that brings together is not looked at again."""
        return squeeze("".join(self._replaced(text)))

    def _replaced(self, text: str) -> Iterator[str]:
        pieces = [self._not_drawn_out(piece) for piece in _PIECE.findall(text)]
        at = 0
        while at < len(pieces):
            first = pieces[at].removeprefix(" ")
            for length in range(min(self._longest.get(first, 0), len(pieces) - at), 0, -1):
                plain = self._terms.get((first, *pieces[at + 1 : at + length]))
                if plain is not None:
                    yield " " if pieces[at] != first or not first.isalnum() else ""
                    yield plain if first.isalnum() else f"{plain} "
                    break
            else:
                length = 1
                yield pieces[at]
            at += length

    def _not_drawn_out(self, piece: str) -> str:
        word = piece.removeprefix(" ")
        if not _DRAWN_OUT.search(word) or len(set(word)) == 1:
            return piece
        short = self._drawn_out.get(_LETTERS.sub(r"\1", word)) or _DRAWN_OUT.sub(r"\1", word)
        return piece[: len(piece) - len(word)] + short


def plain_words(text: str, *, part: bool = False) -> str:
    """Return normalised text in common words: 仲未出粮 as 还没发工资, "cant pay tmr" as "can't pay tomorrow".

    Whole Latin words and runs of Chinese characters are replaced, never a part of a redaction mark, and digits only
    in slang such as 还8了. The text is a message, or `part` of one: then 88 is not goodbye. Doing it again changes
    nothing.
    """
    text = _SAME_PICTURE.sub(r"\1", text.translate(_ONE_FORM))
    for _ in range(ROUNDS):
        lists = _lists(_HAN.search(text) is not None)
        whole = None if part else lists.whole(text)
        before, text = text, lists.once(text) if whole is None else whole
        if text == before:
            break
    return text


def model_text(text: str, *, part: bool = False) -> str:
    """Return a text as the dialogue model sees it: a message, an example, a held-out line, or `part` of one."""
    return plain_words(normalise(text), part=part)


@cache
def _lists(chinese: bool) -> PlainWords:
    return PlainWords(read_lists(), chinese)


@cache
def read_lists() -> dict[str, dict[str, Any]]:
    """Return the spelling lists by file name."""
    return {
        path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yml"))
    }


def _listed(terms: Any) -> list[str]:
    return [normalise(term) for term in str(terms).split(",") if term.strip()]


def _pieces(term: str) -> Pieces:
    return tuple(_PIECE.findall(term))


def _with_and_without_spaces(term: str) -> Iterator[str]:
    syllables = term.split()
    for spaces in product(("", " "), repeat=len(syllables) - 1):
        yield "".join(map("".join, zip(syllables, (*spaces, ""), strict=True)))
