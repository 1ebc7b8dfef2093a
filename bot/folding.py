"""A plain form of a text in which every character keeps its place, for rules that report spans."""

import unicodedata
from functools import cache

from bot.normalise import simplify


class _FoldTable(dict[int, str]):
    """A translation table for ``str.translate`` that folds one character to one character."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        # The full-width comma separates clauses; folded, "300，500" would read as one number.
        folded = character if character == "，" else _folded(character)
        self[code] = folded
        return folded


def _folded(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


_TABLE = _FoldTable()


@cache
def _simplified_character(character: str) -> str:
    simplified = simplify(character)
    return simplified if len(simplified) == 1 else character


def fold(text: str) -> str:
    """Fold width, digits, case and traditional characters; the result is exactly as long as the text."""
    folded = text.translate(_TABLE)
    simplified = simplify(folded)
    if len(simplified) == len(folded):
        return simplified
    return "".join(map(_simplified_character, folded))
