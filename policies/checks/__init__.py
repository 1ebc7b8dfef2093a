"""The checks a relief rule can make. A rulebook names a check and gives its value and its words."""

from __future__ import annotations

from collections.abc import Mapping

from policies.checks import amounts, parties, rates, standing, terms
from policies.checks.base import Asked, Check, Finding, asked_months

__all__ = ["CHECKS", "Asked", "Check", "Finding", "asked_months"]

CHECKS: Mapping[str, Check] = {
    **standing.CHECKS,
    **terms.CHECKS,
    **rates.CHECKS,
    **amounts.CHECKS,
    **parties.CHECKS,
}
