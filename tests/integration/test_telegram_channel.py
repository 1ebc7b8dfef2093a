"""Telegram through python-telegram-bot's real client, a strict Bot API server, a real gateway and database.

Only the dialogue model is replaced, at the `RasaClient` boundary (see tests/support/telegram_bench.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import bot.gateway
from bot.gateway import Gateway
from bot.incoming import Incoming
from bot.intake import Taken
from conversations.identity import make_link
from conversations.models import Conversation, InboundMessage, OutboxMessage
from loans.models import Borrower, ContactPoint
from storage.engine import Database
from tests.support.bot_api import DROP_AFTER_ACCEPTING, TOKEN, BotApi, refuse
from tests.support.telegram_bench import running
from tests.support.telegram_user import TelegramUser
from transcripts.models import LogEntry

PHONE = "+8613912345678"
LAST4 = "482X"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[BotApi]:
    with BotApi(tmp_path / "journal.jsonl") as server:
        yield server


@pytest.fixture
def lin(api: BotApi) -> TelegramUser:
    return TelegramUser(api, phone=PHONE)


@pytest.fixture
def link(database: Database) -> str:
    """A deep link's token for a borrower of the book."""
    with database.write() as session:
        borrower = Borrower(ref="B1", name="林晓", id_last4=LAST4, language="zh", timezone="Asia/Shanghai")
        session.add(borrower)
        session.flush()
        session.add(ContactPoint(borrower_id=borrower.id, kind="phone", value=PHONE))
        return make_link(session, borrower, datetime.now(UTC))


@pytest.fixture
def retrying_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.gateway, "FIRST_RETRY", bot.gateway.FIRST_RETRY / 30)


def outbox(database: Database) -> list[OutboxMessage]:
    with database.read() as session:
        rows = list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
        session.expunge_all()
        return rows


def inbound(database: Database) -> list[InboundMessage]:
    with database.read() as session:
        messages = list(session.scalars(select(InboundMessage).order_by(InboundMessage.id)))
        session.expunge_all()
        return messages


def log_of(database: Database) -> list[dict[str, Any]]:
    with database.read() as session:
        return [
            entry.payload or {} for entry in session.scalars(select(LogEntry).order_by(LogEntry.conv_seq))
        ]


async def until(true: Callable[[], bool], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def test_a_deep_link_and_the_last_four_characters_open_the_menu_whose_buttons_work(
    database: Database, api: BotApi, lin: TelegramUser, link: str
) -> None:
    async with running(database, api):
        lin.starts(link)
        [welcome] = await lin.hears()
        assert "AI" in welcome and "证件号码的最后四位" in welcome

        lin.says(LAST4)
        thanks, menu = await lin.hears(2)
        assert "林晓" in thanks
        assert "按钮" in menu
        rows = lin.messages[-1]["markup"]["inline_keyboard"]
        assert [len(row) for row in rows] == [1] * 7

        lin.presses("还欠多少")
        await lin.hears()
        await until(lambda: not api.unanswered)
    rows = outbox(database)
    assert [row.status for row in rows] == ["sent"] * 4
    assert [row.provider_message_id for row in rows] == [str(line["message_id"]) for line in api.journal()]
    assert [row.text for row in rows] == [line["text"] for line in api.journal()]
    assert {message.status for message in inbound(database)} == {"done"}
    assert inbound(database)[-1].details["intent"] == "ask_amount_due"


async def test_messages_are_plain_text_without_link_previews(
    database: Database, api: BotApi, lin: TelegramUser, link: str
) -> None:
    async with running(database, api):
        lin.starts(link)
        await lin.hears()
    [message] = lin.messages
    assert message["parse_mode"] is None
    assert message["link_preview"] == {"is_disabled": True}


async def test_a_link_opens_one_chat_only(
    database: Database, api: BotApi, lin: TelegramUser, link: str
) -> None:
    stranger = TelegramUser(api)
    async with running(database, api):
        lin.starts(link)
        await lin.hears()
        stranger.starts(link)
        [answer] = await stranger.hears()
    assert "链接已经用过" in answer
    with database.read() as session:
        linked = session.scalars(
            select(Conversation.address).where(Conversation.borrower_id.is_not(None))
        ).all()
    assert linked == [str(lin.id)]


async def test_a_stranger_hears_who_we_are_and_nothing_about_a_debt(database: Database, api: BotApi) -> None:
    stranger = TelegramUser(api, language_code="en")
    async with running(database, api):
        stranger.starts()
        [welcome] = await stranger.hears()
    assert "Riverside Microcredit" in welcome and "AI assistant" in welcome
    assert not any(word in welcome.lower() for word in ("loan", "debt", "owe", "due"))


async def test_ones_own_shared_number_links_the_chat(
    database: Database, api: BotApi, lin: TelegramUser, link: str
) -> None:
    async with running(database, api):
        lin.shares_contact()
        [answer] = await lin.hears()
    assert "证件号码的最后四位" in answer
    assert PHONE not in str(inbound(database)[0].details)


@pytest.mark.parametrize("whose", ["nobody's account", "another account"])
async def test_somebody_elses_number_does_not_link_the_chat(
    database: Database, api: BotApi, link: str, whose: str
) -> None:
    stranger = TelegramUser(api)
    async with running(database, api):
        stranger.shares_contact(phone=PHONE, own=False, user_id=12345 if whose == "another account" else None)
        [answer] = await stranger.hears()
    assert "不是您自己的手机号" in answer
    with database.read() as session:
        assert session.scalars(select(Conversation.borrower_id)).all() == [None]


@pytest.mark.parametrize(
    ("send", "answer"),
    [
        (TelegramUser.sends_sticker, "表情"),
        (TelegramUser.sends_photo, "文件收到了"),
        (TelegramUser.sends_voice, "语音"),
        (TelegramUser.sends_location, "位置"),
        (lambda user: user.edits("还是不还了"), "改了之前的一条消息"),
        (lambda user: user.says("\u200b\u200b\u2800"), "没有我能读懂的文字"),
        (lambda user: user.presses_data("never-issued"), "按钮已经不能用了"),
    ],
)
async def test_what_is_not_words_gets_a_kind_answer(
    database: Database, api: BotApi, lin: TelegramUser, send: Callable[[TelegramUser], int], answer: str
) -> None:
    async with running(database, api) as bench:
        send(lin)
        [heard] = await lin.hears()
        await until(lambda: not api.unanswered)
        assert answer in heard
        assert bench.model.told == []


@pytest.mark.parametrize(
    "text",
    [
        "/restart", '/intent{"x":1}', "／restart", "// /restart", "/menu", "/help", "/stop@tideover_bot",
        "👍👍👍", "a\x00b\x1b[31mc", "好" * 4096,
    ],
)  # fmt: skip
async def test_any_text_is_answered_and_none_reaches_the_model_as_a_command(
    database: Database, api: BotApi, lin: TelegramUser, text: str
) -> None:
    async with running(database, api) as bench:
        lin.says(text)
        await lin.hears()
        for told, _ in bench.model.told:
            assert told[:1] not in "/／" and "\x00" not in told
    assert [message.status for message in inbound(database)] == ["done"]


@pytest.mark.parametrize("command", ["/menu", "/help", "/stop", "/restart"])
async def test_a_bare_command_does_not_change_the_language(
    database: Database, api: BotApi, lin: TelegramUser, command: str
) -> None:
    async with running(database, api):
        lin.says("你好，我想问一下")
        await lin.hears()
        lin.says(command)
        await lin.hears()
    assert inbound(database)[-1].language == "zh"


async def test_a_stop_command_is_heard_as_a_wish_to_be_left_alone(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    async with running(database, api):
        lin.says("/stop")
        await lin.hears()
    assert inbound(database)[0].screen == ["stop"]


async def test_a_caption_is_read_as_words(database: Database, api: BotApi, lin: TelegramUser) -> None:
    async with running(database, api) as bench:
        lin.sends_photo("已经还了，看截图")
        await lin.hears()
        assert [text for text, _ in bench.model.told] == ["已经还了,看截图"]
    assert inbound(database)[0].details["file_id"] == "AgAC1"


async def test_groups_channels_and_changes_of_membership_are_left_alone(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    async with running(database, api):
        lin.says("大家好", chat_type="group")
        lin.says("/start", chat_type="supergroup")
        lin.changes("message_auto_delete_timer_changed", {"message_auto_delete_time": 86400})
        api.add_update("message", {"message_id": "not a number"})
        lin.says("你好")
        await lin.hears()
        await until(lambda: api.waiting_updates() == 0)
        await lin.hears_nothing_more()
    assert len(inbound(database)) == 1
    assert {line["chat_id"] for line in api.journal()} == {lin.id}


async def test_the_same_update_twice_is_answered_once(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    content = {"message_id": 9, "date": 1, "chat": {"id": lin.id, "type": "private"},
               "from": {"id": lin.id, "is_bot": False, "first_name": "Lin"}, "text": "你好"}  # fmt: skip
    async with running(database, api):
        api.add_update("message", content, update_id=77)
        await lin.hears()
        await until(lambda: api.waiting_updates() == 0)
        await asyncio.sleep(0.1)
        api.add_update("message", content, update_id=77)
        api.add_update("message", {**content, "message_id": 10, "text": "在吗"}, update_id=78)
        await lin.hears()
        await lin.hears_nothing_more()
    assert len(inbound(database)) == 2


async def test_two_messages_at_once_are_answered_in_order(
    database: Database, api: BotApi, lin: TelegramUser, link: str
) -> None:
    async with running(database, api):
        lin.starts(link)
        lin.says(LAST4)
        lin.says("我想看看怎么还")
        heard = await lin.hears(3)
    assert "证件号码" in heard[0] and "林晓" in heard[1]
    assert LAST4 not in str(log_of(database))


class DatabaseAwayTwice(Gateway):
    """A gateway whose database is away for the first two updates."""

    away = 2

    async def store(self, incoming: Incoming) -> Taken:
        if self.away:
            self.away -= 1
            raise OperationalError("INSERT", {}, Exception("the disk is full"))
        return await super().store(incoming)


async def test_an_update_is_confirmed_only_when_it_is_stored(
    database: Database, api: BotApi, lin: TelegramUser, caplog: pytest.LogCaptureFixture
) -> None:
    lin.says("你好")
    async with running(database, api, DatabaseAwayTwice):
        await until(lambda: "could not be stored" in caplog.text)
        assert api.waiting_updates() == 1
        await lin.hears()
        await lin.hears_nothing_more()


async def test_after_a_restart_half_way_what_was_left_is_answered_once(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    async with running(database, api) as before:
        before.model.away = 1_000
        lin.says("你好")
        [wait] = await lin.hears()
        assert "稍后就回复您" in wait
        lin.says("在吗")
        await until(lambda: len(inbound(database)) == 2)
    async with running(database, api):
        await lin.hears()
        await lin.hears_nothing_more()
    assert [message.status for message in inbound(database)] == ["done", "done"]


@pytest.mark.usefixtures("retrying_at_once")
async def test_while_the_model_is_away_one_notice_is_sent_and_the_answer_follows(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    async with running(database, api) as bench:
        bench.model.away = 3
        lin.says("你好")
        wait, _menu = await lin.hears(2)
        assert "稍后就回复您" in wait
        await lin.hears_nothing_more()


@pytest.mark.usefixtures("retrying_at_once")
async def test_a_message_that_never_can_be_handled_goes_to_a_person(
    database: Database, api: BotApi, lin: TelegramUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.gateway, "GIVE_UP_AFTER", timedelta(seconds=1))
    async with running(database, api) as bench:
        bench.model.away = 1_000
        lin.says("你好")
        _wait, sorry = await lin.hears(2)
        assert "转给同事" in sorry
    with database.read() as session:
        assert session.scalars(select(Conversation.handover)).all() == ["requested"]


async def test_a_dropped_connection_leaves_one_copy_and_an_uncertain_row(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    api.fail_next("sendMessage", DROP_AFTER_ACCEPTING)
    async with running(database, api) as bench:
        lin.says("你好")
        await lin.hears()
        await until(lambda: [row.status for row in outbox(database)] == ["uncertain"])
        await bench.dispatcher.dispatch_due()
        await lin.hears_nothing_more()


async def test_a_rate_limit_delays_an_answer_but_loses_nothing(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    api.fail_next("sendMessage", refuse(429, "Too Many Requests: retry after 2", retry_after=2))
    async with running(database, api) as bench:
        began = time.monotonic()
        lin.says("你好")
        await until(lambda: [row.last_error for row in outbox(database)] == ["RetryAfter"])
        while outbox(database)[0].status != "sent":
            await asyncio.sleep(0.1)
            await bench.dispatcher.dispatch_due()
        await lin.hears()
        assert time.monotonic() - began >= 2
    assert [row.status for row in outbox(database)] == ["sent"]


async def test_who_has_blocked_the_bot_is_not_written_to_again(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    async with running(database, api):
        lin.says("你好")
        lin.blocks_bot()
        await until(lambda: [row.status for row in outbox(database)] == ["dead"])
    assert api.journal() == []


async def test_another_program_with_the_same_token_is_said_clearly(
    database: Database, api: BotApi, lin: TelegramUser, caplog: pytest.LogCaptureFixture
) -> None:
    api.fail_next("getUpdates", refuse(409, "Conflict: terminated by other getUpdates request"))
    async with running(database, api):
        lin.says("你好")
        await lin.hears()
    assert "another program reads this bot's updates: stop it" in caplog.text


async def test_a_webhook_left_behind_does_not_stop_polling(
    database: Database, api: BotApi, lin: TelegramUser
) -> None:
    api.webhook = {"url": "http://127.0.0.1:9/", "secret": ""}
    async with running(database, api):
        lin.says("你好")
        await lin.hears()


async def test_no_log_line_holds_the_token_or_a_borrowers_words(
    database: Database, api: BotApi, lin: TelegramUser, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.fail_next("getMe", refuse(502, "Bad Gateway"))
    api.fail_next("sendMessage", refuse(400, "Bad Request: something odd"))
    async with running(database, api):
        lin.starts(link)
        lin.says(f"我的尾号{LAST4}，电话{PHONE}，最近生意不好")
        await until(lambda: len(outbox(database)) >= 2)
        await asyncio.sleep(0.3)
    for secret in (TOKEN, TOKEN.split(":")[1], link, LAST4, PHONE, "生意不好"):
        assert secret not in caplog.text
