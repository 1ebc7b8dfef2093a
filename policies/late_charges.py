"""What the lender's contracts say about paying late and paying early, by product."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "late_charges.yml"


class LateChargesError(Exception):
    """The file of late charges cannot be used; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class LateCharges:
    """The conventions of one product's contracts; `loans.penalty` and `loans.payoff` say what each means."""

    counts_from: str = "due_date"
    days_in_year: int = 360
    compounding: str = "none"
    prepayment_fee_pct: Decimal = Decimal(0)
    fees_to_come: bool = False

    def changed_by(self, given: Mapping[str, Any], where: str) -> LateCharges:
        """These with what `given` says instead. Raises LateChargesError for an unknown name or kind of value."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        values = {}
        for name, value in given.items():
            if name not in known:
                raise LateChargesError(f"{where}: {name!r} is unknown; use {', '.join(known)}")
            wanted = known[name]
            if wanted is Decimal and type(value) in (int, float):
                value = Decimal(str(value))
            if type(value) is not wanted:
                raise LateChargesError(f"{where}: {name} is {value!r}, which is no {wanted.__name__}")
            values[name] = value
        return replace(self, **values)


def load_late_charges(path: Path = FILE) -> Mapping[str, LateCharges]:
    """Read the file: the conventions by product, those of all others under "". Raises LateChargesError."""
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        common = LateCharges().changed_by(read["all"], f"{path.name}: all")
        products = read.get("products") or {}
        return {"": common} | {
            str(code): common.changed_by(given, f"{path.name}: products.{code}")
            for code, given in products.items()
        }
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise LateChargesError(
            f"{path.name} cannot be read ({type(error).__name__}); it is YAML with the tables `all` and `products`"
        ) from None


@cache
def _by_product() -> Mapping[str, LateCharges]:
    return load_late_charges(Path(os.environ.get("TIDEOVER_LATE_CHARGES_FILE") or FILE))


def late_charges(product: str) -> LateCharges:
    """The conventions of a product of this installation, read once from TIDEOVER_LATE_CHARGES_FILE or the file here."""
    found = _by_product()
    return found.get(product, found[""])
