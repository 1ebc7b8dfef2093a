"""How the value of a rule is read from YAML. Each reader raises ValueError saying what to give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from policies.names import ASSET_CLASSES, COMPONENTS


def no_value(value: Any) -> None:
    """Nothing."""
    if value is not None:
        raise ValueError("this check takes no value; remove it")


def whole(value: Any) -> int:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("give a whole number, 0 or more")
    return value


def decimal(value: Any) -> Decimal:
    """A number in quotes, so that nothing is lost on the way."""
    if not isinstance(value, str) or not value.replace(".", "", 1).isdecimal():
        raise ValueError('give a number in quotes, such as "24" or "100000.00"')
    return Decimal(value)


def day(value: Any) -> date:
    """A date without quotes."""
    if type(value) is not date:
        raise ValueError("give a date such as 2026-01-01, without quotes")
    return value


def name(value: Any) -> str:
    """One name."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("give a name")
    return value


def names(value: Any) -> tuple[str, ...]:
    """A list of names."""
    if not isinstance(value, list) or not value:
        raise ValueError("give a list of names")
    return tuple(name(item) for item in value)


def one_of(known: Mapping[str, Any]) -> Callable[[Any], str]:
    """A reader of one of the known names."""

    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is unknown; use one of {', '.join(known)}")
        return str(value)

    return read


def asset_classes(value: Any) -> tuple[str, ...]:
    """A list of asset classes."""
    return tuple(one_of(ASSET_CLASSES)(item) for item in names(value))


component = one_of(COMPONENTS)


def fields(**readers: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    """A reader of a table that has exactly these fields."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or set(value) != set(readers):
            raise ValueError(f"give a table with {', '.join(readers)}")
        found = {}
        for key, reader in readers.items():
            try:
                found[key] = reader(value[key])
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
        return found

    return read


@dataclass(frozen=True)
class Tier:
    """One step of a limit by original term: a share of the term, or months, for terms up to a length."""

    up_to: int | None
    share: Decimal | None
    months: Decimal | None


@dataclass(frozen=True)
class RateTier:
    """The yearly rate, in percent, for terms up to a length in months; None is any longer one."""

    up_to: int | None
    pct: Decimal


@dataclass(frozen=True)
class DatedRate:
    """A yearly rate, in percent, from a day on."""

    from_date: date
    pct: Decimal


def tiers(value: Any) -> tuple[Tier, ...]:
    """A list of tiers by original term, each with a share of it, or months."""
    found = []
    for up_to, entry in _by_term(value, {"share", "months"}):
        if len(entry) != 1:
            raise ValueError("each tier needs share or months, and all but the last need term_up_to_months")
        share, months = entry.get("share"), entry.get("months")
        found.append(
            Tier(
                up_to,
                decimal(share) if share is not None else None,
                decimal(months) if months is not None else None,
            )
        )
    return tuple(found)


def rate_tiers(value: Any) -> tuple[RateTier, ...]:
    """A list of rates by term."""
    return tuple(RateTier(up_to, decimal(entry.get("pct"))) for up_to, entry in _by_term(value, {"pct"}))


def dated_rates(value: Any) -> tuple[DatedRate, ...]:
    """A list of rates, each from a day on, the earliest first."""
    if not isinstance(value, list) or not value:
        raise ValueError("give a list of rates")
    found = tuple(
        DatedRate(entry["from"], entry["pct"])
        for entry in map(fields(**{"from": day, "pct": decimal}), value)
    )
    if [rate.from_date for rate in found] != sorted({rate.from_date for rate in found}):
        raise ValueError("order the rates by their days, each day once")
    return found


def _by_term(value: Any, others: set[str]) -> list[tuple[int | None, dict[str, Any]]]:
    if not isinstance(value, list) or not value:
        raise ValueError("give a list of tiers")
    found: list[tuple[int | None, dict[str, Any]]] = []
    for index, entry in enumerate(value):
        last = index == len(value) - 1
        wanted = " or ".join(sorted(others, reverse=True))
        if not isinstance(entry, dict) or not set(entry) <= {"term_up_to_months", *others}:
            raise ValueError(f"each tier has term_up_to_months, and {wanted}")
        if ("term_up_to_months" in entry) == last:
            raise ValueError(f"each tier needs {wanted}, and all but the last need term_up_to_months")
        rest = dict(entry)
        up_to = None if last else whole(rest.pop("term_up_to_months"))
        found.append((up_to, rest))
    return found
