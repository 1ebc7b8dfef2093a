"""Cutting a message into clauses: each may carry a meaning of its own."""

import re

BREAK = re.compile(
    r"[。！？!?;；…~,，、]+|\.+(?=\s|$)|\b(?:but|so|and|because|pero|kasi|then)\b|但是|但|可是|所以|因为|不过|而且"
)
SHORTEST = 2


def clauses(message: str) -> list[str]:
    """Return the clauses of a message in order; a message of one clause has none."""
    pieces = [piece.strip() for piece in BREAK.split(message)]
    told = [piece for piece in pieces if len(piece) >= SHORTEST]
    return told if len(told) > 1 else []
