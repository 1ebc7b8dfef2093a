"""docs/rules.md is what policies/ says today."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from policies.checks import CHECKS
from policies.contact import Facts, contact_policy
from policies.relief import FOREIGN_CURRENCY, NOT_IN_FORCE
from tools import rules_table


def test_the_page_is_current() -> None:
    written = rules_table.PAGE.read_text(encoding="utf-8")
    assert written == rules_table.page(), "run .venv/bin/python -m tools.rules_table and commit docs/rules.md"


def test_every_rule_there_is_has_its_meaning() -> None:
    now = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    rulings = contact_policy().evaluate(Facts(now, unpaid=True, consent=True, opted_out=False))
    assert set(rules_table.CONTACT) == {ruling.id for ruling in rulings}
    assert set(rules_table.CHECKS) == set(CHECKS)
    assert set(rules_table.IN_CODE) == {FOREIGN_CURRENCY, NOT_IN_FORCE}
