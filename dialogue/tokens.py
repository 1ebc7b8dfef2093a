"""Cutting a message into tokens: one per Chinese character, whole Latin words, whole numbers, redaction marks."""

import re
from typing import NamedTuple

TOKEN = re.compile(
    r"\[(?:ID|PHONE|EMAIL|CARD|NAME)\]"
    r"|[a-z]+(?:['’][a-z]+)*"
    r"|\d+(?:[.,:/-]\d+)*"
    r"|[\u3400-\u9fff\uf900-\ufaff]"
    r"|[^\s\w]",
    re.IGNORECASE,
)


class Piece(NamedTuple):
    """A token and where it starts in the message."""

    text: str
    start: int


def cut(message: str) -> list[Piece]:
    """Return the tokens of a message in order. A message of nothing else is one token, the message itself."""
    pieces = [Piece(found.group().lower(), found.start()) for found in TOKEN.finditer(message)]
    return pieces or [Piece(message, 0)]
