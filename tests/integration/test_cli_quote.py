"""`tideover quote`: one option, the rules that decide on it, and figures that add up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from loans.models import Quote
from loans.relief import KINDS
from storage.engine import Database
from tests.support.book import load_book
from tests.support.desk import AT, call, said


@pytest.fixture(autouse=True)
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    yield database


def quoted(loan: str, kind: str, *params: str) -> Any:
    given = [argument for param in params for argument in ("--param", param)]
    return said("quote.json", "quote", "--loan", loan, "--option", kind, *given, "--now", AT)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_quoted_with_figures_that_add_up(book: Database, kind: str) -> None:
    params = ("instalments=9",) if kind == "reamortise" else ("months=2",)
    shape = quoted("L-ZH-DUE", kind, *params)
    assert shape["eligible"] and shape["refused_by"] == [] and shape["nearest"] is None
    for name in ("principal", "interest", "fee", "penalty", "due"):
        assert sum(Decimal(row[name]) for row in shape["rows"]) == Decimal(shape["totals"][name])
    today = Decimal(shape["today"]["totals"]["due"])
    assert Decimal(shape["totals"]["due"]) - today == Decimal(shape["difference"]["due"])
    assert sum(Decimal(row["due"]) for row in shape["today"]["rows"]) == today
    assert shape["totals"]["principal"] == shape["today"]["totals"]["principal"]
    assert all(rule["reason_zh"] and rule["reason_en"] for rule in shape["rules"])


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


def test_what_is_refused_comes_with_the_rule_and_the_nearest_that_is_allowed(book: Database) -> None:
    shape = quoted("L-ZH-DUE", "extension", "months=9")
    assert not shape["eligible"] and shape["refused_by"] == ["extension.max_months"]
    assert (shape["rows"], shape["totals"], shape["quote"]) == ([], None, None)
    assert shape["nearest"]["params"] == {"months": 6} and shape["nearest"]["needs_approval"]
    assert len(shape["nearest"]["rows"]) == 7


def test_too_late_a_loan_is_refused_without_a_nearest(book: Database) -> None:
    shape = quoted("L-EN-OLD", "extension", "months=1")
    assert shape["refused_by"] == ["relief.days_past_due"] and shape["nearest"] is None


def test_a_loan_that_is_paid_up_is_refused_by_its_state(book: Database) -> None:
    shape = quoted("L-ZH-CLEAR", "extension", "months=1")
    assert not shape["eligible"] and shape["rules"] == [] and len(shape["refused_by"]) == 1
    assert shape["summary_zh"] and shape["summary_en"]


def test_consents_and_approval_are_named(book: Database) -> None:
    assert quoted("L-ZH-GUARD", "extension", "months=2")["consents_needed"] == ["guarantor"]
    secured = quoted("L-EN-SECURED", "extension", "months=4")
    assert (secured["consents_needed"], secured["needs_approval"]) == (["security"], True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--option", "waive"), "there are: waive, settlement, reduce_rate"),
        (("--option", "extension", "--option", "deferral"), "cannot be combined yet"),
        (("--option", "extension", "--param", "rate=3"), "it has: months, until"),
        (("--option", "extension", "--param", "months=two"), "whole number of months"),
        (("--option", "extension", "--param", "months"), "name=value"),
        (("--option", "deferral", "--param", "interest=free"), "simple, capitalised"),
    ],
)
def test_wrong_usage_says_what_can_be_asked(arguments: tuple[str, ...], words: str) -> None:
    result = call("quote", "--loan", "L-ZH-DUE", *arguments, "--now", AT)
    assert result.exit_code == 2 and words in " ".join(result.stderr.split())


def test_an_unknown_loan_is_named() -> None:
    result = call("quote", "--loan", "L-NONE", "--option", "extension")
    assert result.exit_code == 1 and "no loan 'L-NONE'" in result.stderr and "没有这笔贷款" in result.stderr


def test_people_read_it_in_both_languages() -> None:
    printed = call(
        "quote", "--loan", "L-ZH-DUE", "--option", "extension", "--param", "months=9", "--now", AT
    ).stdout
    assert "refused 不能办理" in printed and "✗ extension.max_months" in printed
    assert "最接近的可行方案" in printed and "2027-06-05" in printed
