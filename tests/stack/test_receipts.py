"""The photo of a receipt, in both languages: asked about once, put to the case of who has paid, shown to staff."""

from __future__ import annotations

import pytest

from conversations.evidence import evidence_of_cases
from storage.engine import Database
from tests.stack.conftest import Start

RECEIPTS = [
    ("ZH-DUE", "请问这是什么", "我已经还了", "这是昨天的转账回单，我已经还过了", "放进您的个案"),
    (
        "EN-DUE",
        "what is it?",
        "I have paid",
        "that is my receipt, I already paid yesterday",
        "is with your case",
    ),
]


@pytest.mark.parametrize(("who", "asked", "button", "words", "received"), RECEIPTS)
@pytest.mark.parametrize("by_button", [True, False])
async def test_the_photo_of_a_receipt_goes_to_the_case_of_who_has_paid(
    talk: Start,
    book: Database,
    who: str,
    asked: str,
    button: str,
    words: str,
    received: str,
    by_button: bool,
) -> None:
    async with talk(who, verified=True) as chat:
        await chat.says("!photo receipt.jpg")
        assert asked in chat.heard
        await (chat.presses(button) if by_button else chat.says(words))
        assert received in chat.heard
        await chat.says("!photo receipt-2.jpg")
        assert received in chat.heard
        with book.read() as session:
            files = evidence_of_cases(session, chat.borrower(session).id)
            assert list(chat.cases(session)) == ["already_paid"]
            assert chat.agreements(session) == [] and chat.promises(session) == []
    assert [(file["case_kind"], file["kind"]) for file in files] == [("already_paid", "photo")] * 2


@pytest.mark.parametrize("who", ["ZH-DUE", "EN-DUE"])
async def test_an_unverified_chat_hears_nothing_of_a_case(talk: Start, book: Database, who: str) -> None:
    async with talk(who, verified=True, address="another chat") as known:
        await known.says("我已经还了" if who == "ZH-DUE" else "I have already paid")
    async with talk(who) as chat:
        await chat.says("!photo receipt.jpg")
        assert "个案" not in chat.heard and "your case" not in chat.heard and not chat.buttons
        with book.read() as session:
            assert evidence_of_cases(session, chat.borrower(session).id) == []
