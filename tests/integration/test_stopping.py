"""An orderly end: what has been begun is sent and acknowledged, and nothing is left half-way."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from bot.channels.web import WebChat
from bot.incoming import Incoming
from conversations.models import Conversation, InboundMessage
from conversations.outbox import Message, enqueue
from policies.contact import contact_policy
from scheduler.dispatcher import Dispatcher
from scheduler.planner import plan
from scheduler.status import status
from scheduler.ticks import Ticks
from storage.engine import Database
from tests.support.bot_api import TOKEN, BotApi, delay
from tests.support.reminder_book import DUE, Journal, add_borrower, add_loan, at, rows
from tests.support.telegram_user import TelegramUser
from tests.support.web_app import WebApp
from tideover.engine import free_port
from tideover.front import front
from tideover.settings import Settings


def planned(database: Database, borrowers: int) -> None:
    with database.write() as session:
        for number in range(borrowers):
            add_loan(session, add_borrower(session, f"B{number}"), f"L{number}", [DUE])
    plan(database, contact_policy(), at(7))


async def begun(journal: Journal) -> None:
    async with asyncio.timeout(20):
        while not journal.tried:
            await asyncio.sleep(0.01)


async def test_the_ticks_end_when_the_calls_in_flight_are_acknowledged(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    planned(database, 12)
    journal = Journal(delay=0.5)
    dispatcher = Dispatcher(database, {"telegram": journal}, clock=lambda: at(7), rates={}, in_flight=4)
    ticks = Ticks(dispatcher)
    ticks.start()
    await begun(journal)
    await ticks.end()
    await asyncio.sleep(0.05)
    assert journal.in_flight == 0
    states = {state: count for state, count in status(database).states.items() if count}
    assert states == {"sent": 4, "pending": 8}
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_whoever_is_cancelled_cuts_no_message_off(database: Database) -> None:
    with database.write() as session:
        add_borrower(session, "B1")
        conversation = session.query(Conversation).one()
        enqueue(session, conversation, Message("hello", "greet@1"), dedupe_key="1", lane="reply", at=at(7))
    journal = Journal(delay=0.3)
    dispatcher = Dispatcher(database, {"telegram": journal}, clock=lambda: at(7))
    asking = asyncio.create_task(dispatcher.dispatch_replies(conversation.id))
    await begun(journal)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled()
    await dispatcher.close()
    assert [row.status for row in rows(database)] == ["sent"]


async def test_the_web_chat_ends_when_the_messages_it_took_are_answered(database: Database) -> None:
    app = WebApp(database)
    chat = WebChat(app.gateway, database, app.hub)
    assert await chat.take(Incoming("web", "w1", "u1", "text", "菜单"))
    await chat.close()
    await app.dispatcher.close()
    await app.gateway.close()
    with database.read() as session:
        assert [message.status for message in session.query(InboundMessage)] == ["done"]
    assert {row.status for row in rows(database)} == {"sent"}


@pytest.mark.parametrize("parts", [{"scheduler"}, {"scheduler", "gateway"}])
async def test_a_service_that_is_stopped_leaves_nothing_half_sent(
    database: Database, database_url: str, tmp_path: Path, parts: set[str]
) -> None:
    with BotApi(tmp_path / "journal.jsonl") as api:
        lin = TelegramUser(api)
        with database.write() as session:
            chat = Conversation(channel="telegram", address=str(lin.id), created_at=at(7))
            session.add(chat)
            session.flush()
            enqueue(session, chat, Message("hello", "greet@1"), dedupe_key="1", lane="reply", at=at(7))
        api.fail_next("sendMessage", delay(1.0))
        settings = Settings.from_environment(
            {
                "TIDEOVER_HOME": str(tmp_path),
                "TIDEOVER_ENGINE_HOME": str(tmp_path),
                "TIDEOVER_DATABASE_URL": database_url,
                "TIDEOVER_PORT": str(free_port()),
                "TIDEOVER_TELEGRAM_TOKEN": TOKEN,
                "TIDEOVER_TELEGRAM_BASE_URL": api.base_url,
            }
        )
        async with front(settings, parts, lambda _: None), asyncio.timeout(20):
            while "sendMessage" not in [method for method, _ in api.calls]:
                await asyncio.sleep(0.02)
        assert [(row.status, row.last_error) for row in rows(database)] == [("sent", None)]
        assert [message["text"] for message in lin.messages] == ["hello"]
