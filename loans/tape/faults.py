"""What can be wrong with a tape, in both languages, and where it was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_TEXTS: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    (Path(__file__).parent / "faults.yml").read_text(encoding="utf-8")
)
FAULTS, NOTES = _TEXTS["faults"], _TEXTS["notes"]


@dataclass(frozen=True)
class Fault:
    """One fault: the file, its line (1 is the header), the column and value when there is one, and why."""

    file: str
    line: int
    column: str
    value: str
    code: str
    params: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def reason_zh(self) -> str:
        return FAULTS[self.code]["zh"].format(**self.params)

    @property
    def reason_en(self) -> str:
        return FAULTS[self.code]["en"].format(**self.params)


@dataclass(frozen=True)
class Note:
    """Something worth knowing that is not a fault. `line` is 0 when it is about no line in particular."""

    file: str
    line: int
    column: str
    code: str
    params: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def text_zh(self) -> str:
        return NOTES[self.code]["zh"].format(**self.params)

    @property
    def text_en(self) -> str:
        return NOTES[self.code]["en"].format(**self.params)


class Refused(ValueError):
    """A value that cannot be read; `code` is a key of FAULTS."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
