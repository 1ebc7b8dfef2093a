"""The figures a rule looked at, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from policies import wording
from policies.names import ASSET_CLASSES, COMPONENTS

MISSING = "—"


def written(figures: Mapping[str, Any], currency: str, language: str) -> dict[str, str]:
    """Every figure as text in one language: its name says whether it is money, a rate, a time or a name."""
    return {name: _written(name, value, currency, language) for name, value in figures.items()}


def _written(name: str, value: Any, currency: str, language: str) -> str:
    if value is None:
        return MISSING
    if isinstance(value, date):
        return wording.day(value, language)
    if name.endswith("_amount"):
        return wording.money(Decimal(value), currency, language)
    if name.endswith("_pct"):
        return wording.rate(value, language)
    if name.endswith("_months"):
        return _counted(value, "个月", "month", language)
    if name.endswith("_days"):
        return _counted(value, "天", "day", language)
    if name.endswith("_times"):
        return _counted(value, "次", "time", language)
    if name.endswith("_parts"):
        return _counted(value, "期", "part", language)
    if name in ("asset_class", "component"):
        return {**ASSET_CLASSES, **COMPONENTS}[value][language]
    return str(value)


def _counted(count: Decimal | int, zh_unit: str, en_unit: str, language: str) -> str:
    """A count with its unit: 2个月 or 2 months."""
    figure = f"{Decimal(count).normalize():f}"
    if language == "zh":
        return f"{figure}{zh_unit}"
    return f"{figure} {en_unit}" if count == 1 else f"{figure} {en_unit}s"
