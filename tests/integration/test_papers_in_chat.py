"""An agreement's papers in the chat: a button under what was agreed, a download on the web, a document on Telegram."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from actions.confirm_agreement import ActionConfirmAgreement
from bot.channels.telegram import make_bot
from bot.channels.telegram_sender import TelegramSender
from conversations import decisions
from conversations.attachments import maker
from conversations.identity import make_link
from conversations.models import Button, Conversation, OutboxMessage
from conversations.outbox import Message, enqueue
from loans.documents.make import make_file
from loans.models import Agreement, Borrower, Loan
from loans.options import option_for
from loans.positions import position_of
from loans.quotes import freeze
from loans.view import active_schedule
from policies.rulebook import rulebook
from scheduler.dispatcher import Dispatcher
from storage.engine import Database
from tests.support.acting import open_chat, pending, says
from tests.support.book import NOW, load_book
from tests.support.bot_api import TOKEN, BotApi
from tests.support.desk import confirmed
from tests.support.telegram_user import TelegramUser
from tests.support.web_app import WebApp, eventually, serving
from transcripts import log

FROM_THE_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def book(database: Database, tmp_path: Path) -> Database:
    load_book(database, tmp_path / "tape")
    return database


@contextmanager
def page(web: WebApp) -> Iterator[httpx.Client]:
    """A browser that has opened the chat."""
    with httpx.Client(base_url=web.url, trust_env=False, timeout=20) as browser:
        assert browser.get("/").status_code == 200
        yield browser


def tells(browser: httpx.Client, count: int, **message: str) -> list[dict[str, Any]]:
    """Send a message and return the answers, once there are `count` new ones."""

    def shown() -> list[dict[str, Any]]:
        found = browser.get("/api/messages").json()["messages"]
        return [message for message in found if message["voice"] != "you"]

    before = len(shown())
    body = {"client_id": str(uuid4()), **message}
    assert browser.post("/api/messages", json=body, headers=FROM_THE_PAGE).status_code == 202
    answers: list[dict[str, Any]] = eventually(lambda: len(shown()) >= before + count and shown()[before:])
    return answers


def linked(book: Database, browser: httpx.Client, ref: str, last_characters: str) -> None:
    """Open a borrower's link and show who it is."""
    with book.write() as session:
        borrower = session.scalars(select(Borrower).where(Borrower.ref == ref)).one()
        token = make_link(session, borrower, NOW)
    tells(browser, 1, start=token)
    tells(browser, 2, text=last_characters)


def token_of(message: dict[str, Any], title: str) -> str:
    [token] = [button["token"] for button in message["buttons"] if button["title"] == title]
    return str(token)


def files(book: Database, agreement: str) -> list[bytes]:
    with book.read() as session:
        made = session.get_one(Agreement, agreement)
        return [make_file(made, kind).content for kind in ("pdf", "ics")]


def test_the_papers_are_downloaded_from_the_web_chat_by_their_borrower_only(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    with serving(book) as web, page(web) as browser:
        linked(book, browser, "ZH-DUE", "尾号1024")
        plan = tells(browser, 1, text="看看还款计划")[-1]
        assert plan["picture"]
        document, calendar = tells(browser, 2, button=token_of(plan, "协议文件"))
        assert agreement[:8] in document["text"]
        assert (document["file"]["title"], calendar["file"]["title"]) == (
            "协议文件（PDF）",
            "还款日历（ICS）",
        )
        got = [browser.get(message["file"]["url"]) for message in (document, calendar)]
        assert [answer.content for answer in got] == files(book, agreement)
        assert [answer.headers["content-disposition"] for answer in got] == [
            f'attachment; filename="agreement-{agreement[:8]}.{kind}"' for kind in ("pdf", "ics")
        ]
        assert {answer.headers["cache-control"] for answer in got} == {"no-store"}
        assert browser.get(document["file"]["url"].replace("files", "pictures")).status_code == 404
        with page(web) as stranger:
            assert stranger.get(document["file"]["url"]).status_code == 404
        with httpx.Client(base_url=web.url, trust_env=False) as nobody:
            assert nobody.get(document["file"]["url"]).status_code == 401


def test_what_was_given_out_is_logged_by_its_fingerprint_and_without_a_name(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    with serving(book) as web, page(web) as browser:
        linked(book, browser, "ZH-DUE", "尾号1024")
        tells(browser, 2, button=token_of(tells(browser, 1, text="看看还款计划")[-1], "协议文件"))
    with book.read() as session:
        chats = session.scalars(select(Conversation.id)).all()
        logged = [entry for chat in chats for entry in log.entries(session, chat) if entry.kind == "document"]
        name = session.get_one(Agreement, agreement).loan.borrower.name
    assert [entry.payload["sha256"] for entry in logged] == [
        hashlib.sha256(content).hexdigest() for content in files(book, agreement)
    ]
    assert not any(name in str(entry.payload) for entry in logged)


def test_papers_of_an_agreement_that_waits_come_marked_and_without_a_calendar(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-GUARD", months=2)
    with serving(book) as web, page(web) as browser:
        linked(book, browser, "ZH-GUARD", last_four(book, "ZH-GUARD"))
        [document] = tells(browser, 1, button=button_for(book, agreement))
        pdf = PdfReader(io.BytesIO(browser.get(document["file"]["url"]).content))
    assert all("尚未生效" in sheet.extract_text() for sheet in pdf.pages)
    with book.read() as session:
        sent = session.scalars(select(OutboxMessage.attachment)).all()
    assert [attachment["kind"] for attachment in sent if attachment] == ["agreement"]


def test_somebody_elses_agreement_is_unknown(book: Database) -> None:
    foreign, _ = confirmed(book, "L-EN-DUE", months=2)
    with serving(book) as web, page(web) as browser:
        linked(book, browser, "ZH-DUE", "尾号1024")
        for agreement in (foreign, "0" * 32):
            [answer] = tells(browser, 1, button=button_for(book, agreement))
            assert "没有找到" in answer["text"] and "file" not in answer


def last_four(book: Database, ref: str) -> str:
    with book.read() as session:
        return "尾号" + str(session.scalars(select(Borrower.id_last4).where(Borrower.ref == ref)).one())


def button_for(book: Database, agreement: str) -> str:
    """A button for an agreement's papers in the newest chat, as if it had been shown there."""
    token = secrets.token_urlsafe(12)
    with book.write() as session:
        newest = session.scalars(select(Conversation).order_by(Conversation.created_at.desc()).limit(1)).one()
        session.add(
            Button(
                token=token,
                conversation_id=newest.id,
                intent="ask_schedule",
                arguments={"agreement": agreement},
                title="协议文件",
                created_at=NOW,
            )
        )
    return token


def test_a_confirmed_agreement_offers_its_papers(book: Database) -> None:
    conversation = open_chat(book, "EN-DUE")
    with book.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L-EN-DUE")).one()
        schedule = active_schedule(session, loan)
        option = option_for(
            position_of(loan, schedule, NOW.date()), rulebook(), [("extension", {"months": 2})]
        )
        quote = freeze(session, loan, schedule, option, rulebook(), NOW).id
    pending(book, conversation, kind="confirm_agreement", loan="L-EN-DUE", quote=quote)
    _, [answer] = says(book, conversation, "yes", ActionConfirmAgreement())
    assert answer.startswith("agreed@")
    assert offered(book, conversation) == {"Agreement document": made_of(book, quote)}


def test_an_approved_agreement_offers_its_papers(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-DUE", months=5)
    with book.write() as session:
        decided = decisions.approve(session, session.get_one(Agreement, agreement), by="u18", now=NOW)
    assert decided.told and offered(book, conversation) == {"协议文件": agreement}


def made_of(book: Database, quote: str) -> str:
    with book.read() as session:
        return session.scalars(select(Agreement.id).where(Agreement.quote_id == quote)).one()


def offered(book: Database, conversation: str) -> dict[str, str]:
    """The buttons for papers in a chat: title, and whose papers."""
    with book.read() as session:
        shown = session.scalars(select(Button).where(Button.conversation_id == conversation))
        return {
            button.title: button.arguments["agreement"] for button in shown if "agreement" in button.arguments
        }


async def test_on_telegram_the_papers_come_as_documents(book: Database, tmp_path: Path) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=2)
    with BotApi(tmp_path / "journal.jsonl") as api:
        lin = TelegramUser(api)
        with book.write() as session:
            chat = Conversation(channel="telegram", address=str(lin.id), created_at=NOW)
            session.add(chat)
            session.flush()
            for kind in ("agreement", "calendar"):
                spec = {"kind": kind, "loan": "L-ZH-DUE", "agreement": agreement, "language": "zh"}
                words = Message(kind, f"{kind}_here@1", attachment=spec)
                enqueue(session, chat, words, dedupe_key=kind, lane="reply", at=NOW)
        bot = make_bot(TOKEN, api.base_url)
        await bot.initialize()
        dispatcher = Dispatcher(book, {"telegram": TelegramSender(bot)}, make=maker(book))
        assert await dispatcher.dispatch_replies(chat.id) == 2
        await bot.shutdown()
        sent = [
            (message["method"], message["file_name"], message["document_bytes"]) for message in lin.messages
        ]
    sizes = map(len, files(book, agreement))
    names = (f"agreement-{agreement[:8]}.{kind}" for kind in ("pdf", "ics"))
    assert sent == [("sendDocument", name, size) for name, size in zip(names, sizes, strict=True)]
    with book.read() as session:
        assert session.scalars(select(OutboxMessage.status)).all() == ["sent", "sent"]
