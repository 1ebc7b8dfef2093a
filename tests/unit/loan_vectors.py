"""The published loan figures the engine must reproduce to the cent."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "data" / "loan_vectors.json"

# What the engine does not reproduce yet, or never will, and why.
NOT_COVERED = {
    "FIN-03": "7 days over 364: a day count none of our products uses",
    "FIN-06": "a 30/360 that charges nothing for a lengthened period; ours charges the added days",
    "FIN-10": "interest pause comes with its own issue",
    "FIN-11": "interest pause comes with its own issue",
    "FIN-12": "interest pause comes with its own issue",
    "FIN-13": "rate reduction comes with its own issue",
    "FIN-14": "rate reduction comes with its own issue",
    "FIN-16": "interest grace inside a level instalment comes with its own issue",
    "FIN-20": "zero-interest re-amortisation by equal shares in whole units: a convention of theirs",
    "FIN-22": "re-age comes with its own issue",
    "FIN-23": "re-age comes with its own issue",
    "FIN-24": "re-age comes with its own issue",
    "FIN-26": "re-age comes with its own issue",
    "FIN-27": "re-age comes with its own issue",
    "FIN-28": "re-age comes with its own issue",
    "FIN-34": "deferred interest payments inside a new loan come with their own issue",
    "FIN-39": "term extension from a given date comes with its own issue",
    "FIN-40": "due-date move comes with its own issue",
    "FIN-41": "principal holiday that adds an instalment comes with its own issue",
    "FIN-42": "rate reduction comes with its own issue",
    "FRA-02": "a term solved from a fixed instalment comes with the kind affordable",
    "FRA-05": "due dates at month start or month end as a type: none of our products uses them",
    "FRA-06": "treatment by component comes with its own issue",
    "TXT-10": "rate reduction comes with its own issue",
    "TXT-11": "the kind affordable comes with its own issue",
    "TXT-12": "the kind affordable comes with its own issue",
    "TXT-17": "renewal comes with its own issue",
    "TXT-20": "a cap from the prime rate comes with its own issue; the 24% line is tested in test_rulebook",
    "TXT-22": "the product maximum comes with its own issue",
}


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
