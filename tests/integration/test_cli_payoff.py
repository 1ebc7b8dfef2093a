"""`tideover payoff`: the parts add up, the day matters, and a lender's own conventions are data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from loans.late_charges import payoff_terms_of
from loans.models import Charge, Loan
from policies import late_charges
from storage.engine import Database
from tests.support.book import load_book
from tests.support.desk import AT, call, said

PARTS = ("principal", "interest", "fee", "penalty", "charges", "prepayment_fee")


@pytest.fixture(autouse=True)
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    late_charges._by_product.cache_clear()
    yield database
    late_charges._by_product.cache_clear()


def settling(loan: str, *more: str) -> Any:
    shape = said("payoff.json", "payoff", "--loan", loan, *more, "--now", AT)
    assert sum(Decimal(shape[part]) for part in PARTS) - Decimal(shape["rebate"]) == Decimal(
        shape["total"]
    ) - Decimal(shape["refund"])
    assert Decimal(shape["total"]) - Decimal(shape["outstanding"]) == Decimal(shape["difference"])
    assert shape["summary_zh"] and shape["summary_en"]
    return shape


@pytest.mark.parametrize("loan", ["L-ZH-DUE", "L-EN-LATE", "L-ZH-BULLET", "L-EN-OLD", "L-EN-LONDON"])
def test_the_parts_add_up_and_a_day_later_is_not_cheaper(loan: str) -> None:
    shape = settling(loan)
    assert Decimal(shape["next_day"]) >= Decimal(shape["total"]) > 0
    assert Decimal(shape["difference"]) < 0


def test_today_half_a_period_is_earned_and_on_the_due_date_all_of_it() -> None:
    today, due = settling("L-EN-DUE"), settling("L-EN-DUE", "--on", "2026-12-05")
    assert (today["as_of"], today["on"], due["on"]) == ("2026-11-20", "2026-11-20", "2026-12-05")
    assert (today["interest"], due["interest"]) == ("107.60", "215.20")
    assert today["principal"] == due["principal"] == "21520.48"
    assert "21,628.08" in today["summary_en"] and "21,628.08" in today["summary_zh"]


def test_lateness_costs_what_the_tape_and_the_lender_s_file_say(
    book: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = settling("L-EN-LATE")
    assert (plain["days_past_due"], plain["class"], plain["penalty"]) == (19, "special_mention", "0.00")
    with book.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L-EN-LATE")).one()
        loan.penalty_rate_pct, loan.asset_class = Decimal("22.5"), "substandard"
        session.add(Charge(loan_id=loan.id, kind="visit", due_on=date(2026, 11, 10), amount=Decimal("30.00")))
    late = settling("L-EN-LATE")
    assert Decimal(late["accrued_penalty"]) > 0 == Decimal(late["penalty"])
    assert (late["charges"], late["class"], late["class_floor"]) == (
        "30.00",
        "substandard",
        "special_mention",
    )
    file = tmp_path / "late_charges.yml"
    file.write_text(
        "all: {days_in_year: 365}\nproducts: {shop: {compounding: simple, prepayment_fee_pct: 0.5}}\n"
    )
    monkeypatch.setenv("TIDEOVER_LATE_CHARGES_FILE", str(file))
    late_charges._by_product.cache_clear()
    with book.read() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L-EN-LATE")).one()
        terms = payoff_terms_of(loan)
        assert (terms.penalty.days_in_year, terms.penalty.compounding) == (365, "simple")
        assert terms.prepayment_fee_pct == Decimal("0.5")
    assert Decimal(settling("L-EN-LATE")["prepayment_fee"]) > 0


def test_a_loan_that_is_paid_up_needs_nothing() -> None:
    shape = settling("L-ZH-CLEAR")
    assert (shape["total"], shape["refund"], shape["days_past_due"]) == ("0.00", "0.00", 0)
    assert "已经还清" in shape["summary_zh"] and "fully repaid" in shape["summary_en"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--loan", "L-NONE"), 1, "no loan 'L-NONE'"),
        (("--loan", "L-EN-DUE", "--on", "2026-11-19"), 1, "已经过去"),
        (("--loan", "L-EN-DUE", "--on", "2026-06-04"), 1, "disbursed on 2026-06-05"),
        (("--loan", "L-EN-DUE", "--on", "tomorrow"), 2, "tomorrow"),
    ],
)
def test_what_cannot_be_worked_out_is_said(arguments: tuple[str, ...], status: int, words: str) -> None:
    result = call("payoff", *arguments, "--now", AT)
    assert result.exit_code == status and words in result.stderr and not result.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("all: {compounding: hourly}", "none, simple, monthly, quarterly"),
        ("all: {days: 360}", "'days' is unknown"),
        ("all: {prepayment_fee_pct: much}", "no Decimal"),
        ("{}", "tables `all` and `products`"),
        ("all: [", "cannot be read"),
    ],
)
def test_a_file_of_late_charges_that_makes_no_sense_is_named(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "late_charges.yml"
    file.write_text(text)
    monkeypatch.setenv("TIDEOVER_LATE_CHARGES_FILE", str(file))
    late_charges._by_product.cache_clear()
    result = call("payoff", "--loan", "L-EN-DUE", "--now", AT)
    assert result.exit_code == 1 and words in result.stderr


def test_people_read_it_in_both_languages() -> None:
    printed = call("payoff", "--loan", "L-ZH-LATE", "--now", AT).stdout
    assert "即可结清" in printed and "settles the loan" in printed
    assert "结清金额 to pay" in printed and "19 days past due" in printed
