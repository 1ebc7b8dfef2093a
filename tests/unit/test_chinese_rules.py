"""docs/chinese-rules.md is current, and every test it names is there."""

from __future__ import annotations

import ast

import pytest

from policies.rulebook import FOLDER, load_rulebook
from tools import chinese_rules
from tools.chinese_rules import READ, RECALLED, RULES, SECONDARY, ChineseRule


def test_the_page_is_current() -> None:
    written = chinese_rules.PAGE.read_text(encoding="utf-8")
    assert written == chinese_rules.page(), (
        "run .venv/bin/python -m tools.chinese_rules and commit docs/chinese-rules.md"
    )


@pytest.mark.parametrize("row", RULES, ids=lambda row: str(row.source)[:30])
def test_every_rule_is_enforced_by_tests_that_exist_or_says_that_it_is_not_applied(row: ChineseRule) -> None:
    assert row.certainty in (READ, SECONDARY, RECALLED)
    assert bool(row.tests) is not row.here.startswith("not applied: ")
    for test in row.tests:
        file, _, name = test.partition("::")
        tree = ast.parse((chinese_rules.ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test


def test_every_rule_of_a_rulebook_it_names_is_there() -> None:
    ids = {path.stem: {rule.id for rule in load_rulebook(path).rules} for path in FOLDER.glob("*.yml")}
    for row in RULES:
        for name in row.rules:
            profile, _, rule_id = name.partition(":")
            assert rule_id in ids[profile], name
