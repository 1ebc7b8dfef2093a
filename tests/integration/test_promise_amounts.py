"""A promise is of an amount the borrower really named, in the loan's money, and of no more than is owed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from actions.confirm_promise import ActionConfirmPromise
from actions.promise import ActionPromise
from loans.models import Loan, PromiseToPay
from storage.engine import Database
from tests.support.acting import asked, open_chat, pending, says
from tests.support.book import load_book


@pytest.fixture
def chat(database: Database, tmp_path: Path) -> str:
    load_book(database, tmp_path / "tape")
    return open_chat(database, "EN-DUE")


def promised(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(str(word.amount), word.pay_on.isoformat()) for word in session.scalars(select(PromiseToPay))]


@pytest.mark.parametrize(
    ("words", "template", "in_answer"),
    [
        ("I will pay 100.005 yuan tomorrow", "promise_amount_unclear", "How much exactly"),
        ("I will pay 100.00512 yuan tomorrow", "promise_amount_unclear", "How much exactly"),
        ("I will pay 99999999999999999999 yuan tomorrow", "promise_amount_unclear", "How much exactly"),
        ("I will pay 99999999999999 yuan tomorrow", "promise_amount_unclear", "How much exactly"),
        ("明天还 9999999999999999999999 元", "promise_amount_unclear", "具体是多少"),
        ("明天还九亿亿亿亿亿元", "promise_amount_unclear", "具体是多少"),
        ("I'll pay 300 or 400 yuan tomorrow", "promise_amount_unclear", "How much exactly"),
        ("I'll pay 0 yuan tomorrow", "promise_amount_unclear", "How much exactly"),
        ("I'll pay 100 dollars tomorrow", "promise_currency", "in yuan"),
        ("明天还100美元", "promise_currency", "人民币"),
        ("I will pay 90000 yuan tomorrow", "promise_amount_above", "¥22,389.86"),
        ("明天还九万", "promise_amount_above", "22,389.86元"),
    ],
)
def test_an_amount_in_doubt_is_asked_again_and_never_read_back_as_all_that_is_due(
    database: Database, chat: str, words: str, template: str, in_answer: str
) -> None:
    _, [answer] = says(database, chat, words, ActionPromise(), "promise_to_pay")
    assert answer.startswith(f"{template}@") and in_answer in answer
    question = asked(database, chat)
    assert (question["kind"], question["date"], question["amount"]) == (
        "promise_details",
        "2026-11-21",
        None,
    )
    _, answers = says(database, chat, "100", ActionPromise(), "provide_details")
    assert answers[-1].startswith("promise_read_back@") and "100.00" in answers[-1]
    says(database, chat, "yes", ActionConfirmPromise())
    assert promised(database) == [("100.00", "2026-11-21")]


def test_a_day_given_after_an_amount_in_doubt_does_not_make_it_all_that_is_due(
    database: Database, chat: str
) -> None:
    _, [answer] = says(database, chat, "I'll pay 100 dollars", ActionPromise(), "promise_to_pay")
    assert answer.startswith("promise_ask_date@")
    _, [answer] = says(database, chat, "tomorrow", ActionPromise(), "provide_details")
    assert answer.startswith("promise_ask_amount@")


@pytest.mark.parametrize(
    "words", ["yes, 3198.56 dollars", "yes, 100.005 yuan", "yes, 99999999999999999999 yuan"]
)
def test_a_yes_with_another_or_unclear_amount_is_no_yes(database: Database, chat: str, words: str) -> None:
    pending(database, chat, kind="confirm_promise", loan="L-EN-DUE", date="2026-11-21", amount="3198.56")
    follow_up, answers = says(database, chat, words, ActionConfirmPromise())
    assert (follow_up, answers, promised(database)) == ("action_promise", [], [])


def test_a_bare_number_is_in_the_money_of_the_loan_that_was_asked_about(
    database: Database, tmp_path: Path
) -> None:
    load_book(database, tmp_path / "tape")
    with database.write() as session:
        session.scalars(select(Loan).where(Loan.ref == "L-EN-TWO-B")).one().currency = "GBP"
    two = open_chat(database, "EN-TWO")
    pending(database, two, kind="promise_details", loan="L-EN-TWO-B", date="2026-11-21")
    _, answers = says(database, two, "I can pay 100", ActionPromise(), "promise_to_pay")
    assert answers[-1].startswith("promise_read_back@") and "£100.00" in answers[-1]
