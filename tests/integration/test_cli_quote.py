"""`tideover quote`: reliefs, alone and together, the rules that decide on them, and figures that add up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from loans.models import Quote
from policies.kinds import KINDS
from storage.engine import Database
from tests.support.book import load_book
from tests.support.changes import Changes, changes
from tests.support.desk import AT, call, said


@pytest.fixture(autouse=True)
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    yield database


def quoted(loan: str, kinds: str, *params: str) -> Any:
    """What is quoted for one kind, or several joined by +."""
    asked = [argument for kind in kinds.split("+") for argument in ("--option", kind)]
    given = [argument for param in params for argument in ("--param", param)]
    return said("quote.json", "quote", "--loan", loan, *asked, *given, "--now", AT)


EVERY_KIND = {
    "extension": ("L-ZH-DUE", "months=2"),
    "deferral": ("L-ZH-DUE", "months=2"),
    "interest_only": ("L-ZH-DUE", "months=2"),
    "reamortise": ("L-ZH-DUE", "instalments=9"),
    "affordable": ("L-ZH-DUE", "pay=4000"),
    "partial_payment": ("L-ZH-DUE", "pay=2000", "months=2"),
    "move_due_date": ("L-ZH-DUE", "day=15"),
    "reduce_rate": ("L-ZH-DUE", "annual_rate_pct=10"),
    "interest_pause": ("L-ZH-DUE", "months=2"),
    "renewal": ("L-ZH-BULLET", "months=6"),
    "waive": ("L-ZH-FINED", "penalty=100", "fee=100"),
    "settlement": ("L-ZH-OLD", "instalments=3"),
    "credit_protection": ("L-ZH-LATE", "months=3"),
}
TOGETHER = {
    "waive+extension": ("L-ZH-FINED", "penalty=100", "months=2"),
    "reduce_rate+move_due_date": ("L-ZH-DUE", "annual_rate_pct=10", "day=15"),
    "waive+interest_pause+deferral": ("L-ZH-FINED", "fee=100", "months=2", "deferral.months=3"),
}


def test_every_kind_there_is_is_quoted_here() -> None:
    assert set(EVERY_KIND) == set(KINDS)


@pytest.mark.parametrize(("kinds", "asked"), [*EVERY_KIND.items(), *TOGETHER.items()])
def test_every_relief_is_quoted_with_figures_that_add_up(kinds: str, asked: tuple[str, ...]) -> None:
    shape = quoted(asked[0], kinds, *asked[1:])
    assert shape["eligible"] and shape["refused_by"] == [] and shape["nearest"] is None
    assert (shape["kind"], [step["kind"] for step in shape["steps"]]) == (kinds, kinds.split("+"))
    totals, today = figures(shape["totals"]), figures(shape["today"]["totals"])
    for name in ("principal", "interest", "fee", "penalty", "due"):
        assert sum(Decimal(row[name]) for row in shape["rows"]) == totals[name]
        assert sum(Decimal(row[name]) for row in shape["today"]["rows"]) == today[name]
    waived, difference = figures(shape["waived"]), shape["difference"]
    assert totals["due"] - today["due"] == Decimal(difference["due"])
    assert totals["principal"] == today["principal"] - waived["principal"]
    assert Decimal(difference["extra_cost"]) == Decimal(difference["interest"]) - (
        waived["principal"] + waived["fee"] + waived["penalty"]
    )
    assert all(rule["reason_zh"] and rule["reason_en"] for rule in shape["rules"])


def figures(amounts: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in amounts.items()}


def test_asking_again_gives_the_same_quote_which_is_written_down_once(book: Database) -> None:
    first, again = (quoted("L-EN-DUE", "extension", "months=2") for _ in range(2))
    assert (first["quote"], first["hash"], first["expires_at"]) == (
        again["quote"],
        again["hash"],
        again["expires_at"],
    )
    assert quoted("L-EN-DUE", "extension")["hash"] == first["hash"]  # two months are the rulebook's default
    with book.read() as session:
        assert session.scalar(select(func.count(Quote.id))) == 1
    assert changes(book) == Changes()


def test_reliefs_asked_together_are_one_quote_whatever_their_order() -> None:
    together = quoted("L-ZH-FINED", "waive+extension", "penalty=100", "fee=100", "months=2")
    assert (
        together["hash"]
        == quoted("L-ZH-FINED", "extension+waive", "penalty=100", "fee=100", "months=2")["hash"]
    )
    assert together["params"] == {
        "waive.penalty": "100",
        "waive.fee": "100",
        "waive.interest": "0",
        "extension.months": 2,
    }
    assert together["waived"] == {
        "principal": "0.00",
        "interest": "0.00",
        "fee": "50.00",
        "penalty": "126.30",
    }
    assert together["summary_zh"].startswith("免除罚息126.30元和费用50.00元，并把这一期推迟到2027年1月5日：")
    assert together["summary_en"].startswith(
        "Waive ¥126.30 of penalties and ¥50.00 of fees, and move this instalment to 5 January 2027: "
    )


def test_a_bare_parameter_is_for_every_kind_that_has_it_and_a_named_one_for_that_kind_alone() -> None:
    shape = quoted("L-ZH-DUE", "interest_pause+deferral", "months=2", "deferral.months=1")
    months = {step["kind"]: step["params"]["months"] for step in shape["steps"]}
    assert months == {"interest_pause": 2, "deferral": 1}


def test_what_is_refused_comes_with_the_rule_and_the_nearest_that_is_allowed() -> None:
    shape = quoted("L-ZH-DUE", "extension", "months=9")
    assert not shape["eligible"] and shape["refused_by"] == ["extension.max_months"]
    assert (shape["rows"], shape["totals"], shape["quote"]) == ([], None, None)
    assert shape["nearest"]["params"] == {"months": 6} and shape["nearest"]["needs_approval"]
    assert len(shape["nearest"]["rows"]) == 7


def test_a_payment_too_small_is_answered_with_the_floor_or_with_the_longest_plan() -> None:
    never = quoted("L-ZH-DUE", "affordable", "pay=100")
    assert never["refused_by"] == ["below_floor"]
    assert "本金不会减少" in never["summary_zh"] and "the principal never falls" in never["summary_en"]
    too_long = quoted("L-ZH-DUE", "affordable", "pay=2000")
    assert too_long["refused_by"] and too_long["nearest"]["steps"][0]["kind"] == "reamortise"


def test_too_late_a_loan_is_refused_without_a_nearest() -> None:
    shape = quoted("L-EN-OLD", "extension", "months=1")
    assert "relief.days_past_due" in shape["refused_by"] and shape["nearest"] is None
    assert shape["comparison"] == []


def test_a_loan_that_is_paid_up_is_refused_by_its_state() -> None:
    shape = quoted("L-ZH-CLEAR", "extension", "months=1")
    assert not shape["eligible"] and shape["rules"] == [] and shape["refused_by"] == ["closed_loan"]
    assert shape["summary_zh"] and shape["summary_en"]


def test_consents_and_the_level_of_approval_are_named() -> None:
    assert quoted("L-ZH-GUARD", "extension", "months=2")["consents_needed"] == ["guarantor"]
    secured = quoted("L-EN-SECURED", "extension", "months=4")
    assert (secured["consents_needed"], secured["needs_approval"]) == (["security"], True)
    assert secured["approval_level"] == "officer"
    assert quoted("L-ZH-DUE", "interest_pause")["approval_level"] == "manager"


def test_the_caps_on_the_rate_and_what_follows_for_class_and_credit_record_are_shown() -> None:
    shape = quoted("L-ZH-DUE", "deferral", "months=2")
    assert [(check["id"], check["allowed"]) for check in shape["cap_checks"]] == [("relief.rate_cap", True)]
    assert shape["effects"]["asset_class"] == "restructured_watch"
    assert shape["effects"]["watch_until"] == "2027-11-20"
    assert shape["effects"]["record_zh"] and shape["effects"]["record_en"]


def test_options_are_compared_at_most_three_in_the_rulebooks_order_with_the_one_asked_for() -> None:
    compared = quoted("L-ZH-DUE", "deferral", "months=2")["comparison"]
    assert [(each["kind"], each["asked"]) for each in compared] == [
        ("extension", False),
        ("deferral", True),
        ("interest_only", False),
    ]
    for each in compared:
        assert 0 < Decimal(each["smallest"]) <= Decimal(each["usual_amount"]) <= Decimal(each["largest"])
        assert each["ends_on"] >= "2027-06-05"
        assert each["class_zh"] and each["class_en"] and each["record_zh"] and each["record_en"]
    other = quoted("L-ZH-DUE", "affordable", "pay=4000")["comparison"]
    assert [(each["kind"], each["asked"]) for each in other] == [
        ("affordable", True),
        ("extension", False),
        ("deferral", False),
    ]
    assert other[0]["usual_amount"] == "4000.00"


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (("--option", "gift"), "there are: waive, settlement", "可选：waive、settlement"),
        (("--option", "waive", "--option", "waive"), "waive is given twice", "方案 waive 重复"),
        (
            tuple(word for kind in KINDS[:4] for word in ("--option", kind)),
            "at most 3 options can be combined, not 4",
            "最多可以组合 3 种方案",
        ),
        (("--option", "extension", "--param", "rate=3"), "extension: months, until", "没有这个参数"),
        (("--option", "extension", "--param", "deferral.months=3"), "which is not asked for", "没有被选"),
        (
            ("--option", "extension", "--param", "months=2", "--param", "months=3"),
            "months is given twice",
            "参数 months 重复",
        ),
        (("--option", "extension", "--param", "months=two"), "whole number of months", "1200 的整数"),
        (("--option", "extension", "--param", "months=-2"), "whole number of months", "1200 的整数"),
        (("--option", "extension", "--param", "months"), "name=value", "请写成 months=2"),
        (("--option", "deferral", "--param", "interest=free"), "simple, capitalised", "中选一个"),
        (("--option", "affordable", "--param", "pay=0"), "amount above 0", "大于 0 的金额"),
        (("--option", "affordable", "--param", "pay=-800"), "amount above 0", "大于 0 的金额"),
        (("--option", "affordable", "--param", "pay=800.001"), "two decimal places", "最多两位小数"),
        (("--option", "waive", "--param", "penalty=120"), "percentage from 0 to 100", "0 到 100 的百分数"),
        (("--option", "waive"), "at least one must be above 0", "至少一项大于 0"),
        (("--option", "reduce_rate", "--param", "annual_rate_pct=-1"), "annual_rate_pct", "annual_rate_pct"),
    ],
)
def test_wrong_usage_says_what_can_be_asked(
    book: Database, arguments: tuple[str, ...], english: str, chinese: str
) -> None:
    result = call("quote", "--loan", "L-ZH-FINED", *arguments, "--now", AT)
    words = " ".join(result.stderr.split())
    assert result.exit_code == 2 and english in words and chinese in words
    with book.read() as session:
        assert session.scalar(select(func.count(Quote.id))) == 0


def test_an_unknown_loan_is_named() -> None:
    result = call("quote", "--loan", "L-NONE", "--option", "extension")
    assert result.exit_code == 1 and "no loan 'L-NONE'" in result.stderr and "没有这笔贷款" in result.stderr


def test_people_read_a_table_and_both_languages() -> None:
    result = call("quote", "--loan", "L-EN-DUE", "--option", "interest_only", "--now", AT)
    assert result.exit_code == 0
    assert "allowed 可以办理" in result.stdout and "Pay only interest for 3 months" in result.stdout
    assert "剩余本金" in result.stdout and "hash" in result.stdout and "方案比较" in result.stdout
    refused = call("quote", "--loan", "L-EN-DUE", "--option", "extension", "--param", "months=9", "--now", AT)
    assert "refused 不能办理" in refused.stdout and "最接近的可行方案" in refused.stdout


def test_a_long_loan_is_not_cut_off_and_classes_are_named_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shape = quoted("L-ZH-DUE", "extension", "months=2")
    printed = call(
        "quote", "--loan", "L-ZH-DUE", "--option", "extension", "--param", "months=2", "--now", AT
    ).stdout
    assert [row["number"] for row in shape["rows"] if f"\n {row['number']} " not in printed] == []
    assert "…" not in printed and "restructured_watch" not in printed
    assert "关注，观察" in printed and "watched" in printed


def test_what_is_waived_is_read_too() -> None:
    result = call("quote", "--loan", "L-EN-FINED", "--option", "waive", "--param", "penalty=100", "--now", AT)
    assert "罚息 penalty 126.30" in " ".join(result.stdout.split())
