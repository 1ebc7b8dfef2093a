"""`tideover policy`: rulebooks are checked, and a change of one is tried on the whole book without touching it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from loans.models import Loan, Quote
from policies.rulebook import DEFAULT, FOLDER
from storage.engine import Database
from tests.support.book import load_book
from tests.support.desk import AT, SCHEMAS, call, confirmed, said


@pytest.fixture(autouse=True)
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    yield database


def changed(tmp_path: Path, rule_id: str, **changes: Any) -> Path:
    """The default rulebook with one rule changed, as a file."""
    data = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    rule = next(rule for rule in data["rules"] if rule["id"] == rule_id)
    rule.update(changes)
    file = tmp_path / "changed.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


def simulated(*arguments: str) -> Any:
    return said("simulate.json", "policy", "simulate", *arguments, "--now", AT)


def test_the_rulebooks_of_the_repository_are_in_order() -> None:
    found = said("policy_check.json", "policy", "check")["files"]
    assert [Path(one["file"]).stem for one in found] == ["cn_bank", "cn_microcredit", "uk_lender"]
    assert all(one["valid"] and one["rules"] == one["unconfirmed"] > 0 for one in found)
    assert "in order 正常: cn_bank.yml" in call("policy", "check").stdout


def test_the_documentation_shows_what_the_check_says_today() -> None:
    shown = (SCHEMAS.parent / "commands.md").read_text(encoding="utf-8")
    assert f"$ tideover policy check\n{call('policy', 'check').stdout}" in shown


def test_a_wrong_rulebook_is_named_with_line_key_and_remedy(tmp_path: Path) -> None:
    file = changed(tmp_path, "relief.days_past_due", value="ninety")
    [fault] = [
        one["fault"] for one in said("policy_check.json", "policy", "check", str(file), status=1)["files"]
    ]
    assert file.read_text(encoding="utf-8").splitlines()[fault["line"] - 1].strip() == "value: ninety"
    assert fault["key"].endswith(".value") and "give a whole number" in fault["what"]
    printed = call("policy", "check", str(file), str(DEFAULT))
    assert printed.exit_code == 1
    assert f"wrong 有误: {file}:{fault['line']}: " in printed.stdout and "in order 正常" in printed.stdout


def test_the_rulebook_in_use_changes_nothing_against_itself() -> None:
    found = simulated("--rulebook", str(DEFAULT))
    assert found["changed"] == 0 and found["changes"] == []
    assert found["before"] == found["after"]
    assert 0 < found["before"]["with_offer"] < found["before"]["loans"]


def test_rules_in_another_order_change_nothing(tmp_path: Path) -> None:
    strict = changed(tmp_path, "relief.days_past_due", value=10)
    data = yaml.safe_load(strict.read_text(encoding="utf-8"))
    again = next(rule for rule in data["rules"] if rule["id"] == "relief.days_past_due")
    data["rules"].append({**again, "id": "relief.days_past_due_again"})
    files = [tmp_path / "one.yml", tmp_path / "other.yml"]
    for file in files:
        file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
        data["rules"].reverse()
    found = simulated("--rulebook", str(files[0]), "--against", str(files[1]))
    assert found["changes"] == [] and found["before"]["refusals"] == found["after"]["refusals"]
    assert found["after"]["refusals"]["relief.days_past_due_again"] > 0


def test_a_stricter_limit_takes_offers_away(book: Database, tmp_path: Path) -> None:
    file = changed(tmp_path, "relief.days_past_due", value=10)
    found = simulated("--rulebook", str(file))
    changes = {change["loan"]: change for change in found["changes"]}
    assert {"L-ZH-LATE", "L-EN-LATE"} <= set(changes) and "L-ZH-DUE" not in changes
    without = [change for change in changes.values() if not change["after"]["options"]]
    assert changes["L-ZH-LATE"] in without and changes["L-EN-LATE"] in without
    assert all(change["after"]["refused_by"] == ["relief.days_past_due"] for change in without)
    before, after = found["before"], found["after"]
    assert before["with_offer"] - after["with_offer"] == len(without)
    refused = [tally["refusals"]["relief.days_past_due"] for tally in (before, after)]
    assert refused[1] - refused[0] == len(without)
    saved = sum(
        first_interest(change["before"]) - first_interest(change["after"]) for change in changes.values()
    )
    assert Decimal(before["extra_interest"]["CNY"]) - Decimal(after["extra_interest"]["CNY"]) == saved


def first_interest(answer: Any) -> Decimal:
    """What the first option adds in interest; nothing when there is none."""
    return Decimal(answer["options"][0]["extra_interest"]) if answer["options"] else Decimal(0)


def test_another_lenders_rules_are_compared_with_any(tmp_path: Path) -> None:
    bank, microcredit = str(FOLDER / "cn_bank.yml"), str(DEFAULT)
    there = simulated("--rulebook", bank, "--against", microcredit)
    back = simulated("--rulebook", microcredit, "--against", bank)
    assert (there["before"], there["after"]) == (back["after"], back["before"])
    assert there["changed"] == back["changed"] > 0


def test_a_level_of_approval_is_a_change_too(tmp_path: Path) -> None:
    file = changed(tmp_path, "approval.amount", value="1000.00", approval="manager")
    found = simulated("--rulebook", str(file))
    assert (
        found["after"]["needs_approval"] == found["after"]["with_offer"] > found["before"]["needs_approval"]
    )
    assert found["before"]["offers"] == found["after"]["offers"]
    assert found["changes"][0]["after"]["options"][0]["approval_level"] == "manager"


def test_relief_the_branch_has_given_counts_against_its_limit(book: Database, tmp_path: Path) -> None:
    data = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    data["rules"].append(
        {
            **next(rule for rule in data["rules"] if rule["id"] == "relief.days_past_due"),
            **{"id": "relief.branch_share", "check": "max_branch_share", "value": "20"},
            "met": {"zh": "{share_pct}", "en": "{share_pct}"},
            "unmet": {"zh": "{share_pct} > {limit_pct}", "en": "{share_pct} > {limit_pct}"},
        }
    )
    file = tmp_path / "branch.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    counts: list[int] = []
    for _ in range(2):
        refusals = simulated("--rulebook", str(file))["after"]["refusals"]
        counts.append(refusals.get("relief.branch_share", 0))
        if len(counts) == 1:
            confirmed(book, "L-ZH-BULLET", months=2)
    assert counts[0] < counts[1]


def test_the_book_stays_as_it_is(book: Database, tmp_path: Path) -> None:
    simulated("--rulebook", str(changed(tmp_path, "extension.max_months", value=1)))
    with book.read() as session:
        assert session.scalar(select(func.count(Quote.id))) == 0
        assert session.scalar(select(Loan.id).limit(1)) is not None


def test_people_read_it_in_both_languages(tmp_path: Path) -> None:
    file = changed(tmp_path, "relief.days_past_due", value=10)
    printed = call("policy", "simulate", "--rulebook", str(file), "--now", AT).stdout
    assert "before 变更前" in printed and "refused by 不能办理" in printed
    assert "L-ZH-LATE: extension" in printed and "refused 不能办理 (relief.days_past_due)" in printed


def test_a_wrong_rulebook_is_not_simulated(tmp_path: Path) -> None:
    result = call("policy", "simulate", "--rulebook", str(tmp_path / "none.yml"))
    assert result.exit_code == 1 and "none.yml" in result.stderr and "give the path" in result.stderr
