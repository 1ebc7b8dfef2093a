"""What the chat says of an option beside its summary: what falls due each time, and whom it still takes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from actions.choose import ActionChoose
from actions.confirm_agreement import ActionConfirmAgreement
from actions.offer_relief import ActionOfferRelief
from conversations.models import Conversation
from loans.models import Quote
from loans.quotes import rows_to_pay
from policies.wording import money
from storage.engine import Database
from tests.support.acting import asked, open_chat, pending, says
from tests.support.book import load_book


@pytest.fixture
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    return database


def offered(book: Database, chat: str, loan: str, language: str, months: int) -> str:
    """What the bot offers on a loan when so many months are asked for."""
    with book.write() as session:
        session.get_one(Conversation, chat).language = language
    pending(book, chat, kind="offer_relief", loan=loan, months=months)
    words = f"延期{months}个月" if language == "zh" else f"extend by {months} months please"
    _, answers = says(book, chat, words, ActionOfferRelief(), "ask_extension")
    return "\n".join(answers)


@pytest.mark.parametrize(
    ("language", "yes", "consent", "approvals"),
    [
        ("zh", "确认", "书面同意", ("还要同事审批", "之后还要同事审批", "之后还要同事审批")),
        (
            "en",
            "yes",
            "written consent of the provider of security",
            ("once a colleague approves", "a colleague has to approve it", "a colleague has to approve"),
        ),
    ],
)
def test_a_consent_and_an_approval_are_both_said_in_the_offer_the_read_back_and_the_confirmation(
    book: Database, language: str, yes: str, consent: str, approvals: tuple[str, str, str]
) -> None:
    chat = open_chat(book, "EN-SECURED")
    offer = offered(book, chat, "L-EN-SECURED", language, 4)
    first = next(line for line in offer.splitlines() if consent in line)
    _, [read_back] = says(book, chat, "1", ActionChoose(), "choose_option")
    _, [confirmed] = says(book, chat, yes, ActionConfirmAgreement())
    assert confirmed.startswith("agreed_waiting_consent_and_approval@")
    for said, approval in zip((first, read_back, confirmed), approvals, strict=True):
        assert consent in said and approval in said


def amounts_by_day(quote: Quote) -> list[Decimal]:
    """What falls due on each day with a payment, in order."""
    by_day: dict[str, Decimal] = {}
    for row in rows_to_pay(quote):
        by_day[row["due_on"]] = by_day.get(row["due_on"], Decimal(0)) + Decimal(row["due"])
    return [by_day[day] for day in sorted(by_day) if by_day[day]]


@pytest.mark.parametrize(("borrower", "language"), [("ZH-DUE", "zh"), ("EN-DUE", "en")])
def test_one_amount_is_said_only_where_all_instalments_but_the_last_are_equal(
    book: Database, borrower: str, language: str
) -> None:
    chat = open_chat(book, borrower)
    offer = offered(book, chat, f"L-{borrower}", language, 2)
    kinds_of_words = set()
    with book.read() as session:
        for quote_id in asked(book, chat)["quotes"]:
            amounts = amounts_by_day(session.get_one(Quote, quote_id))
            is_level = len(set(amounts[:-1])) == 1
            kinds_of_words.add(is_level)
            shown = [money(each, "CNY", language) for each in (amounts[0], min(amounts), max(amounts))]
            if language == "zh":
                words = f"（每期{shown[0]}，" if is_level else f"（每期{shown[1]}到{shown[2]}，"
            else:
                words = (
                    f"({shown[0]} each time," if is_level else f"(from {shown[1]} to {shown[2]} each time,"
                )
            assert words in offer
    assert kinds_of_words == {True, False}
