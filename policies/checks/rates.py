"""Checks of the rate a loan goes on with, in percent a year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from policies.checks.base import Asked, Check, Finding
from policies.checks.values import DatedRate, dated_rates, day, decimal, fields


def rate_on(day: date, rates: tuple[DatedRate, ...]) -> Decimal | None:
    """The rate in force on a day; None before the first."""
    return next((rate.pct for rate in reversed(rates) if rate.from_date <= day), None)


def prime_rate_cap(contract_on: date, multiple: Decimal, prime: tuple[DatedRate, ...]) -> Decimal | None:
    """The cap for a contract of a day: so many times the prime rate (LPR) of that day; None before the first."""
    rate = rate_on(contract_on, prime)
    return None if rate is None else rate * multiple


def _max_rate(asked: Asked, value: Decimal) -> Finding:
    return _at_most(asked, value, {"limit_pct": value})


def _prime_rate(asked: Asked, value: Mapping[str, Any]) -> Finding | None:
    contract_on = asked.facts.as_of if asked.kind == "renewal" else asked.facts.disbursed_on
    if contract_on is None or contract_on < value["contracts_from"]:
        return None
    cap = prime_rate_cap(contract_on, value["multiple"], value["prime"])
    if cap is None:
        return None
    return _at_most(asked, cap, {"limit_pct": cap, "prime_pct": cap / value["multiple"]})


def _at_most(asked: Asked, limit: Decimal, inputs: Mapping[str, Any]) -> Finding:
    """Whether the highest rate in force from now on stays within the limit; a renewal has its own."""
    given = asked.params.get("annual_rate_pct")
    wanted = None if given is None else Decimal(str(given))
    rate = asked.outcome.highest_rate_pct
    if asked.kind == "renewal" and wanted is not None:
        rate = wanted
    too_high = wanted is not None and wanted > limit
    return Finding(
        rate <= limit, {"rate_pct": rate, **inputs}, {"annual_rate_pct": limit} if too_high else {}
    )


def _between(asked: Asked, value: Mapping[str, Decimal]) -> Finding | None:
    given = asked.params.get("annual_rate_pct")
    if given is None:
        return None
    rate, least, most = Decimal(str(given)), value["min"], value["max"]
    return Finding(
        least <= rate <= most,
        {"asked_pct": rate, "min_pct": least, "max_pct": most},
        {"annual_rate_pct": most} if rate > most else {},
        {"annual_rate_pct": least} if rate < least else {},
    )


CHECKS: Mapping[str, Check] = {
    "max_rate_pct": Check(_max_rate, decimal, frozenset({"rate_pct", "limit_pct"})),
    "max_prime_rate_multiple": Check(
        _prime_rate,
        fields(multiple=decimal, contracts_from=day, prime=dated_rates),
        frozenset({"rate_pct", "limit_pct", "prime_pct"}),
    ),
    "rate_between_pct": Check(
        _between, fields(min=decimal, max=decimal), frozenset({"asked_pct", "min_pct", "max_pct"})
    ),
}
