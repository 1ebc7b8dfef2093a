"""Labelling exported turns one after the other. Every answer is in the labelled file before the next is asked for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.plain_words import model_text
from tideover.nlu_data import Example, distinct_examples
from tideover.nlu_lines import read_lines, write_lines

NEAREST = 3


def labelled_file(path: Path) -> Path:
    """Return where the labels of a file go: beside it, turns.jsonl to turns.labelled.jsonl."""
    return path.with_name(path.name.removesuffix(".jsonl") + ".labelled.jsonl")


class Review:
    """A file of turns and the labels given so far. Skipped turns come again when the file is reviewed again."""

    def __init__(self, path: Path) -> None:
        """Read both files. Raises LineFault when one cannot be read, OSError when there is none."""
        self.turns = read_lines(path)
        self.file = labelled_file(path)
        self.labels = read_lines(self.file) if self.file.exists() else []
        done = {label.get("dropped") or _mark(label["text"]) for label in self.labels}
        self._waiting = [turn for turn in self.turns if _mark(turn["text"]) not in done]
        self._history: list[tuple[dict[str, Any], bool]] = []

    @property
    def current(self) -> dict[str, Any] | None:
        """The turn to label now, or None at the end."""
        return self._waiting[0] if self._waiting else None

    @property
    def done(self) -> int:
        """How many turns are labelled or dropped."""
        return len(self.labels)

    def label(self, intent: str, also: Sequence[str] = ()) -> None:
        """Say what the current turn means, and go on."""
        turn = self._next(kept=True)
        others = [name for name in also if name != intent]
        self._add({**_identity(turn), "intent": intent, "also": others})

    def drop(self) -> None:
        """Leave the current turn out for good: personal data is left in it, or it means nothing."""
        turn = self._next(kept=True)
        # Its words may be just what must not stay: only their hash does, to know it again.
        self._add({"text": "", "language": turn["language"], "dropped": _mark(turn["text"])})

    def skip(self) -> None:
        """Go on without saying anything about the current turn."""
        self._next(kept=False)

    def undo(self) -> bool:
        """Take the last answer back and return to its turn; False when there is none in this sitting."""
        if not self._history:
            return False
        turn, kept = self._history.pop()
        if kept:
            self.labels.pop()
            write_lines(self.file, self.labels)
        self._waiting.insert(0, turn)
        return True

    def _next(self, *, kept: bool) -> dict[str, Any]:
        turn = self._waiting.pop(0)
        self._history.append((turn, kept))
        return turn

    def _add(self, label: dict[str, Any]) -> None:
        self.labels.append(label)
        write_lines(self.file, self.labels)


class Neighbours:
    """Training examples like a message: those that share most pairs of characters with it."""

    def __init__(self) -> None:
        self._examples = [(example, _pairs(example.text)) for example in distinct_examples()]

    def of(self, text: str, number: int = NEAREST) -> list[Example]:
        """Return the nearest examples, nearest first (Dice's coefficient over character pairs, counted once)."""
        wanted = _pairs(model_text(text))
        scored = [
            (2 * len(wanted & pairs) / (len(wanted) + len(pairs)), example)
            for example, pairs in self._examples
            if not wanted.isdisjoint(pairs)
        ]
        scored.sort(key=lambda found: (-found[0], found[1].text))
        return [example for _, example in scored[:number]]


def tally(labels: Sequence[dict[str, Any]]) -> Counter[str]:
    """Return how often each intent was given; dropped turns count as ``dropped``."""
    return Counter("dropped" if label.get("dropped") else str(label["intent"]) for label in labels)


def _identity(turn: dict[str, Any]) -> dict[str, Any]:
    return {key: turn[key] for key in ("text", "language", "predicted", "confidence", "count") if key in turn}


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _pairs(text: str) -> frozenset[str]:
    padded = f" {text} "
    return frozenset(padded[i : i + 2] for i in range(len(padded) - 1))
