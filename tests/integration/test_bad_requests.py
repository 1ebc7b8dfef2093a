"""Requests that make no sense: a clear answer in both languages, and a loan book that has not changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from actions.choose import ActionChoose
from actions.confirm_agreement import ActionConfirmAgreement
from actions.offer_relief import ActionOfferRelief
from actions.promise import ActionPromise
from conversations.models import Conversation
from storage.engine import Database
from tests.support.acting import asked, open_chat, says
from tests.support.book import NOW, load_book
from tests.support.changes import Changes, changes, plan


@pytest.fixture(autouse=True)
def book(database: Database, tmp_path: Path) -> Database:
    load_book(database, tmp_path / "tape")
    return database


@pytest.mark.parametrize(
    ("mine", "words", "answer"),
    [
        ("ZH-DUE", "贷款 L-EN-LATE 能延期两个月吗", "我在您名下没有找到贷款 L-EN-LATE，什么都没有改变"),
        ("EN-DUE", "can loan L-ZH-LATE have two more months", "I find no loan L-ZH-LATE among yours"),
        ("EN-TWO", "can loan L-XX-NONE-B have two more months", "I find no loan L-XX-NONE-B among yours"),
    ],
)
def test_a_loan_of_somebody_else_is_answered_like_one_that_does_not_exist(
    book: Database, mine: str, words: str, answer: str
) -> None:
    chat = open_chat(book, mine)
    follow_up, [said] = says(book, chat, words, ActionOfferRelief(), "ask_extension")
    assert follow_up is None and said.startswith("loan_unknown@") and answer in said
    assert asked(book, chat) == {} and changes(book) == Changes()


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("ZH-DUE", "贷款 l-zh-due 能延期两个月吗"),
        ("EN-DUE", "L-EN-DUE please, day-to-day it is hard, two more months"),
    ],
)
def test_a_loan_of_ones_own_is_found_however_it_is_written(book: Database, ref: str, words: str) -> None:
    chat = open_chat(book, ref)
    says(book, chat, words, ActionOfferRelief(), "ask_extension")
    assert asked(book, chat)["kind"] == "choose_option" and asked(book, chat)["loan"] == f"L-{ref}"


@pytest.mark.parametrize(
    ("ref", "ask", "number", "yes", "answer"),
    [
        ("ZH-DUE", "能延期两个月吗", "1", "确认", "这次没有办成"),
        ("EN-DUE", "can I have two more months", "1", "yes please", "This could not be arranged"),
    ],
)
def test_a_quote_that_has_expired_is_not_signed(
    book: Database, ref: str, ask: str, number: str, yes: str, answer: str
) -> None:
    chat, before = open_chat(book, ref), plan(book, f"L-{ref}")
    says(book, chat, ask, ActionOfferRelief(), "ask_extension")
    says(book, chat, number, ActionChoose(), "choose_option")
    assert asked(book, chat)["kind"] == "confirm_agreement"
    late = NOW + timedelta(days=5)
    with book.write() as session:
        session.get_one(Conversation, chat).verified_at = late
    follow_up, [said] = says(book, chat, yes, ActionConfirmAgreement(), now=late)
    assert answer in said and follow_up == "action_offer_relief"
    assert changes(book) == Changes() and plan(book, f"L-{ref}") == before


@pytest.mark.parametrize(
    ("ref", "ask", "number", "yes"),
    [("ZH-DUE", "能延期两个月吗", "1", "确认"), ("EN-DUE", "can I have two more months", "1", "yes please")],
)
def test_a_second_yes_agrees_to_nothing_more(
    book: Database, ref: str, ask: str, number: str, yes: str
) -> None:
    chat = open_chat(book, ref)
    says(book, chat, ask, ActionOfferRelief(), "ask_extension")
    says(book, chat, number, ActionChoose(), "choose_option")
    says(book, chat, yes, ActionConfirmAgreement())
    signed, new_plan = changes(book), plan(book, f"L-{ref}")
    assert signed.agreements == ((f"L-{ref}", "extension", "active"),)
    says(book, chat, yes, ActionConfirmAgreement())
    assert changes(book) == signed and plan(book, f"L-{ref}") == new_plan


@pytest.mark.parametrize(
    ("ref", "words", "answer"),
    [
        ("ZH-DUE", "每个月还0元可以吗", "每个月准确能还多少"),
        ("ZH-DUE", "每个月还-800可以吗", "每个月准确能还多少"),
        ("ZH-DUE", "每个月还800.123元可以吗", "每个月准确能还多少"),
        ("ZH-DUE", "每个月还99999999999999999999元可以吗", "每个月准确能还多少"),
        ("EN-DUE", "could I pay 0 yuan a month", "How much exactly"),
        ("EN-DUE", "could I pay ¥-800 a month", "How much exactly"),
        ("EN-DUE", "could I pay 800.123 yuan a month", "How much exactly"),
        ("EN-DUE", "could I pay 99999999999999999999 yuan a month", "How much exactly"),
    ],
)
def test_no_plan_is_made_of_an_amount_that_is_none(book: Database, ref: str, words: str, answer: str) -> None:
    chat = open_chat(book, ref)
    _, [said] = says(book, chat, words, ActionOfferRelief(), "ask_extension")
    assert answer in said and asked(book, chat)["kind"] == "offer_relief"
    assert changes(book) == Changes()


@pytest.mark.parametrize(
    ("ref", "words", "answer"),
    [
        ("ZH-DUE", "我明天还-800元", "具体是多少"),
        ("EN-DUE", "I will pay -800 yuan tomorrow", "How much exactly"),
    ],
)
def test_a_negative_promise_is_asked_again(book: Database, ref: str, words: str, answer: str) -> None:
    chat = open_chat(book, ref)
    _, [said] = says(book, chat, words, ActionPromise(), "promise_to_pay")
    assert answer in said and asked(book, chat)["kind"] == "promise_details"
    assert changes(book) == Changes()
