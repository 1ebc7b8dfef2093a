"""The published loan figures the engine must reproduce to the cent."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "data" / "loan_vectors.json"


@cache
def vectors() -> dict[str, dict[str, Any]]:
    """Every copied vector by its id."""
    return {vector["id"]: vector for vector in json.loads(FILE.read_text(encoding="utf-8"))["vectors"]}


def inputs(name: str) -> dict[str, Any]:
    """The inputs of one vector."""
    found: dict[str, Any] = vectors()[name]["inputs"]
    return found


def expected(name: str) -> Any:
    """The published figures of one vector."""
    return vectors()[name]["expected"]
