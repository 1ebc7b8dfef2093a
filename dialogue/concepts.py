"""Concepts: words that mean much the same. One example about 裁员 then teaches the model about "laid off" too."""

from collections.abc import Iterator, Mapping, Sequence

from dialogue.tokens import cut

Tokens = tuple[str, ...]


def words(text: str) -> list[str]:
    """Return a message's tokens, with one mark for any number."""
    return ["#" if piece.text[0].isdigit() else piece.text for piece in cut(text)]


class Concepts:
    """Finds concepts in messages. A longer term wins over a shorter one that starts at the same token."""

    def __init__(self, terms: Mapping[str, Sequence[str]]) -> None:
        self._names: dict[Tokens, list[str]] = {}
        for name in sorted(terms):
            for term in terms[name]:
                names = self._names.setdefault(tuple(words(term)), [])
                if name not in names:
                    names.append(name)
        self._longest = max(map(len, self._names), default=0)

    def _at(self, tokens: Sequence[str], start: int) -> tuple[list[str], int]:
        for length in range(min(self._longest, len(tokens) - start), 0, -1):
            names = self._names.get(tuple(tokens[start : start + length]))
            if names:
                return names, length
        return [], 1

    def together(self, text: str) -> list[str]:
        """Return every concept of a message, and every two that occur in it together."""
        tokens = words(text)
        found = sorted({name for start in range(len(tokens)) for name in self._at(tokens, start)[0]})
        return found + [f"{one}+{other}" for i, one in enumerate(found) for other in found[i + 1 :]]

    def abstract(self, text: str) -> list[str]:
        """Return a message's tokens with each term replaced by the name of its first concept."""
        return list(self._abstract(words(text)))

    def _abstract(self, tokens: Sequence[str]) -> Iterator[str]:
        start = 0
        while start < len(tokens):
            names, length = self._at(tokens, start)
            yield f"<{names[0]}>" if names else tokens[start]
            start += length
