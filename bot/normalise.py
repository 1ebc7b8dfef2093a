"""Bring a borrower's text into one form before anything reads it."""

import re
import unicodedata
from functools import cache

from opencc import OpenCC

_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
_WHITESPACE = re.compile(r"\s+")
_REPEATED = re.compile(r"([^\d\s])\1{3,}")
_PLACEHOLDER = re.compile(r"\[(?:phone|email|card|id|name)\]")
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")


class _CharacterTable(dict[int, str | None]):
    """A translation table for ``str.translate`` that works out each character once."""

    def __init__(self, *, keep_layout: bool) -> None:
        super().__init__()
        self._keep_layout = keep_layout

    def __missing__(self, code: int) -> str | None:
        self[code] = self._translate(chr(code))
        return self[code]

    def _translate(self, character: str) -> str | None:
        category = unicodedata.category(character)
        if character in "\n\t":
            return character if self._keep_layout else " "
        if category in ("Zl", "Zp"):
            return "\n" if self._keep_layout else " "
        if self._keep_layout and character == "\u200d":
            return character
        if category in ("Cc", "Cf", "Cs", "Co"):
            return " " if not self._keep_layout and character.isspace() else None
        if not self._keep_layout and (character in _BLANK_LETTERS or _is_variation_selector(character)):
            return None
        return character


def _is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


_FOR_MODEL = _CharacterTable(keep_layout=False)
_FOR_PEOPLE = _CharacterTable(keep_layout=True)


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def simplify(text: str) -> str:
    """Turn traditional Chinese characters into simplified ones; other text is unchanged."""
    return _converter().convert(text) if _HAN.search(text) else text


def clean(text: str) -> str:
    """Strip control characters, direction marks and lone surrogates, for logging and echoing.

    Line breaks and tabs stay, and so does the joiner that holds emoji together.
    """
    return text.replace("\r\n", "\n").translate(_FOR_PEOPLE)


def normalise(text: str) -> str:
    """Return the text in one form, from which `bot.plain_words` makes what the dialogue model sees.

    Full-width forms become half-width (NFKC), invisible and direction characters go, traditional
    characters become simplified, letters become lower case, a character repeated more than three
    times is kept three times (digits are never squeezed: 100000 is an amount), and white space
    becomes single spaces. Placeholders such as ``[ID]`` keep their capitals.
    """
    text = unicodedata.normalize("NFKC", text.translate(_FOR_MODEL)).translate(_FOR_MODEL)
    text = unicodedata.normalize("NFKC", simplify(text).lower())
    return _PLACEHOLDER.sub(lambda found: found[0].upper(), squeeze(text))


def squeeze(text: str) -> str:
    """Keep three of a character repeated more often, unless it is a digit, and one space of white space."""
    return _WHITESPACE.sub(" ", _REPEATED.sub(r"\1\1\1", text)).strip()
