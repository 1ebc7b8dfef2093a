"""Checks of who else must agree."""

from __future__ import annotations

from collections.abc import Mapping

from policies.checks.base import Asked, Check, Finding
from policies.checks.values import no_value


def _guarantor(asked: Asked, value: None) -> Finding:
    return Finding(not asked.facts.guarantor)


def _security(asked: Asked, value: None) -> Finding:
    return Finding(not asked.facts.secured)


CHECKS: Mapping[str, Check] = {
    "consent_of_guarantor": Check(_guarantor, no_value, consent_of="guarantor"),
    "consent_of_security": Check(_security, no_value, consent_of="security"),
}
