"""The relief rulebook of this installation, and any other by its path."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from policies.reader import read_rulebook
from policies.rules import AgreementRules, Effect, Rule, Rulebook, RulebookError

__all__ = [
    "DEFAULT",
    "FOLDER",
    "AgreementRules",
    "Effect",
    "Rule",
    "Rulebook",
    "RulebookError",
    "load_rulebook",
    "rulebook",
]

FOLDER = Path(__file__).parent / "relief"
DEFAULT = FOLDER / "cn_microcredit.yml"


def load_rulebook(path: Path = DEFAULT) -> Rulebook:
    """The rulebook in a YAML file. Raises RulebookError naming the file, the key, the line and what to do."""
    return read_rulebook(path)


@cache
def rulebook() -> Rulebook:
    """Return this installation's relief rulebook, read once: `policies/relief/<TIDEOVER_RULEBOOK>.yml`."""
    name = os.environ.get("TIDEOVER_RULEBOOK")
    return load_rulebook(DEFAULT.with_stem(name) if name else DEFAULT)
