"""Who the lender is: its name and official routes, which the approved texts speak of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "lender.yml"
SPOKEN = ("name", "hours", "pay_routes", "verify_route", "crisis_lines")


class LenderError(Exception):
    """The lender's file lacks something; the message says what."""


@dataclass(frozen=True)
class Lender:
    """The lender as borrowers hear of it. `identity_hours` is how long an identity check holds."""

    telephone: str
    identity_hours: int
    words: Mapping[str, Mapping[str, str]]

    def values(self, language: str) -> dict[str, str]:
        """Return what any approved text may mention, in one language."""
        spoken = {key: self.words[key][language] for key in SPOKEN}
        return {"lender": spoken.pop("name"), "telephone": self.telephone, **spoken}


def load_lender(path: Path = FILE) -> Lender:
    """Read the lender's file. Raises LenderError naming the missing key."""
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in ("telephone", "identity_hours", *SPOKEN):
        if key not in facts:
            raise LenderError(f"{path.name}: {key!r} is missing; add it")
    for key in SPOKEN:
        for language in ("zh", "en"):
            if not facts[key].get(language):
                raise LenderError(f"{path.name}: {key!r} has no {language}; add it")
    return Lender(str(facts["telephone"]), int(facts["identity_hours"]), {key: facts[key] for key in SPOKEN})


@cache
def lender() -> Lender:
    """Return the lender of this installation, read once from TIDEOVER_LENDER_FILE or policies/lender.yml."""
    return load_lender(Path(os.environ.get("TIDEOVER_LENDER_FILE") or FILE))
