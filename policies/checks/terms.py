"""Checks of how long a relief puts payment off."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from policies.checks.base import Asked, Check, Finding
from policies.checks.values import RateTier, Tier, fields, rate_tiers, tiers, whole


def cumulative_limit(term_months: int, limits: tuple[Tier, ...]) -> Decimal:
    """The most months of extension in all for an original term: the first tier it fits in decides."""
    for tier in limits:
        if tier.up_to is None or term_months <= tier.up_to:
            return tier.months if tier.months is not None else term_months * (tier.share or Decimal(0))
    return Decimal(0)


def product_limit(term_months: int, product_months: int, short_months: int) -> int:
    """The most months of extension in all where a product has a longest term.

    A term up to `short_months` can be doubled; a longer one grows to the product's longest term. 0 when it is
    that long already. Source: 个人贷款管理办法 art. 39.
    """
    if term_months <= short_months:
        return term_months
    return max(product_months - term_months, 0)


def rate_of_term(months: Decimal | int, rates: tuple[RateTier, ...]) -> RateTier:
    """The tier a term in months falls in."""
    return next(tier for tier in rates if tier.up_to is None or months <= tier.up_to)


def _max_months(asked: Asked, value: int) -> Finding:
    inputs = {"asked_months": asked.months, "limit_months": value}
    return Finding(asked.months <= value, inputs, {"months": value})


def _max_months_in_all(asked: Asked, value: int) -> Finding:
    """The longer of what the step asks for and what the whole relief adds, so that no limit can be split."""
    total = max(asked.months, asked.outcome.added_months)
    inputs = {"asked_months": total, "limit_months": value}
    return Finding(total <= value, inputs, {"months": asked.months - (total - value)})


def _max_period(asked: Asked, value: int) -> Finding | None:
    """How long the time between two payments becomes, when it becomes longer."""
    period = asked.outcome.period_months
    if period <= asked.facts.period_months:
        return None
    return Finding(period <= value, {"period_months": round(period, 1), "limit_months": value})


def _max_instalments(asked: Asked, value: int) -> Finding:
    count = int(asked.params.get("instalments") or 1)
    inputs = {"asked_parts": count, "limit_parts": value}
    return Finding(count <= value, inputs, {"instalments": value})


def _cumulative(asked: Asked, value: tuple[Tier, ...]) -> Finding:
    return _within(asked, cumulative_limit(asked.facts.term_months, value))


def _product_term(asked: Asked, value: Mapping[str, int]) -> Finding | None:
    longest = asked.facts.circumstances.product_max_term_months
    if longest is None:
        return None
    limit = product_limit(asked.facts.term_months, longest, value["short_term_months"])
    return _within(asked, Decimal(limit), product_months=longest)


def _within(asked: Asked, limit: Decimal, **more: Any) -> Finding:
    """Whether what is added fits in what earlier extensions have left of the limit."""
    added, used = asked.outcome.added_months, asked.facts.prior_extension_months
    left = max(limit - used, Decimal(0))
    over = int((added - left).to_integral_value(ROUND_CEILING))
    inputs = {
        "term_months": asked.facts.term_months,
        "limit_months": limit,
        "used_months": used,
        "added_months": added,
        "left_months": left,
        **more,
    }
    return Finding(added == 0 or over <= 0, inputs, {"months": asked.months - over})


def _rate_tier(asked: Asked, value: tuple[RateTier, ...]) -> Finding:
    facts, outcome = asked.facts, asked.outcome
    total = facts.term_months + facts.prior_extension_months + outcome.added_months
    before = rate_of_term(facts.term_months + facts.prior_extension_months, value)
    after = rate_of_term(total, value)
    rate = outcome.highest_rate_pct
    met = outcome.added_months == 0 or before == after or rate >= after.pct
    return Finding(met, {"total_months": total, "tier_pct": after.pct, "rate_pct": rate})


CUMULATIVE = frozenset({"term_months", "limit_months", "used_months", "added_months", "left_months"})

CHECKS: Mapping[str, Check] = {
    "max_months": Check(_max_months, whole, frozenset({"asked_months", "limit_months"})),
    "max_months_in_all": Check(_max_months_in_all, whole, frozenset({"asked_months", "limit_months"})),
    "max_period_months": Check(_max_period, whole, frozenset({"period_months", "limit_months"})),
    "max_instalments": Check(_max_instalments, whole, frozenset({"asked_parts", "limit_parts"})),
    "cumulative_extension": Check(_cumulative, tiers, CUMULATIVE),
    "product_max_term": Check(
        _product_term, fields(short_term_months=whole), CUMULATIVE | {"product_months"}
    ),
    "rate_tier": Check(_rate_tier, rate_tiers, frozenset({"total_months", "tier_pct", "rate_pct"})),
}
