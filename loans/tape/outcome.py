"""What an import did: counts, changes field by field, and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loans.tape.columns import File
from loans.tape.faults import Fault, Note

Tell = Callable[[str, int, int], None]


def quietly(_step: str, _done: int, _total: int) -> None:
    """Tell nobody how far the work has come."""


@dataclass(frozen=True)
class Change:
    """One field of one row that the tape changed."""

    file: str
    key: str
    field: str
    old: Any
    new: Any


@dataclass
class Outcome:
    """The report of one import. `written` is False when the tape was refused and nothing was changed."""

    folder: str
    written: bool = False
    rows: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    allocations: int = 0
    faults: list[Fault] = field(default_factory=list)
    skipped: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def note(self, file: File, column: str, code: str, **params: Any) -> None:
        self.notes.append(Note(file.name, 0, column, code, params))

    def compare(self, file: File, key: str, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of `new` that differ from `old`, recording each as a change."""
        differing = {name: value for name, value in new.items() if old[name] != value}
        if differing:
            self.updated[file.name] += 1
        self.changes += [Change(file.name, key, name, old[name], value) for name, value in differing.items()]
        return differing
