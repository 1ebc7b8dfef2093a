"""The font of the documents: European letters, and every Chinese character that Noto Sans CJK has."""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FILE = Path(__file__).parents[1] / "assets" / "tideover-cjk.ttf"


@cache
def characters() -> frozenset[str]:
    """Return every character the font has."""
    with TTFont(FILE, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def drawable(text: str) -> str:
    """Return `text` in characters the font has: others as a code, 〔U+1F600〕, white space as a space."""
    return "".join(character if character in characters() else _code(character) for character in text)


def _code(character: str) -> str:
    return " " if character.isspace() else f"〔U+{ord(character):04X}〕"


def embedded(text: str) -> str:
    """Return a font of only the characters of `text`, as WOFF in base64; the same text gives the same font."""
    with TTFont(FILE, lazy=True, recalcTimestamp=False) as font:
        worker = subset.Subsetter(subset.Options(layout_features=[]))
        worker.populate(text=text)
        worker.subset(font)
        font.flavor = "woff"
        target = io.BytesIO()
        font.save(target)
    return base64.b64encode(target.getvalue()).decode()
