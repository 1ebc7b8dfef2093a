"""What python-telegram-bot's client makes of Telegram's answers, and how long messages are cut."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from bot.channels.telegram import make_bot
from bot.channels.telegram_sender import TEXT_LIMIT, Part, TelegramSender, split_text
from conversations.control import take_over
from conversations.models import Conversation, OutboxMessage
from conversations.outbox import Message, enqueue
from conversations.sending import Delivery, Outcome
from loans.documents.file import File
from scheduler.dispatcher import Dispatcher
from storage.engine import Database
from tests.support.bot_api import DROP_AFTER_ACCEPTING, GARBAGE, RESET, TOKEN, BotApi, Fault, refuse
from tests.support.telegram_user import TelegramUser

NOW = datetime(2026, 12, 7, 1, tzinfo=UTC)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[BotApi]:
    with BotApi(tmp_path / "journal.jsonl") as server:
        yield server


@pytest.fixture
def lin(api: BotApi) -> TelegramUser:
    return TelegramUser(api)


@pytest.fixture
async def sender(api: BotApi) -> AsyncIterator[TelegramSender]:
    bot = make_bot(TOKEN, api.base_url)
    await bot.initialize()
    yield TelegramSender(bot)
    await bot.shutdown()


def picture() -> File:
    file = BytesIO()
    Image.new("RGB", (20, 20), "white").save(file, "PNG")
    return File("tideover.png", "image/png", file.getvalue())


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (refuse(429, "Too Many Requests: retry after 7", retry_after=7), Outcome("rate_limited", retry_after=7)),
        (refuse(429, "Too Many Requests"), Outcome("rate_limited", retry_after=1)),
        (refuse(403, "Forbidden: bot was blocked by the user"), Outcome("blocked")),
        (refuse(403, "Forbidden: user is deactivated"), Outcome("blocked")),
        (refuse(400, "Bad Request: chat not found"), Outcome("blocked")),
        (refuse(400, "Bad Request: PEER_ID_INVALID"), Outcome("blocked")),
        (refuse(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100777),
         Outcome("migrated", new_address="-100777")),
        (refuse(400, "Bad Request: message text is empty"), Outcome("refused")),
        (refuse(401, "Unauthorized"), Outcome("retry")),
        (refuse(500, "Internal Server Error"), Outcome("uncertain")),
        (refuse(502, "Bad Gateway"), Outcome("uncertain")),
        (GARBAGE, Outcome("uncertain")),
        (RESET, Outcome("uncertain")),
        (DROP_AFTER_ACCEPTING, Outcome("uncertain")),
    ],
)  # fmt: skip
async def test_each_answer_of_telegram_says_what_became_of_the_message(
    api: BotApi, lin: TelegramUser, sender: TelegramSender, fault: Fault, expected: Outcome
) -> None:
    api.fail_next("sendMessage", fault)
    outcome = await sender.send(Delivery(1, str(lin.id), "您好"))
    assert (outcome.kind, outcome.retry_after, outcome.new_address) == (
        expected.kind,
        expected.retry_after,
        expected.new_address,
    )
    assert outcome.error and TOKEN not in outcome.error
    assert len(api.journal()) == (1 if fault is DROP_AFTER_ACCEPTING else 0)


async def test_a_connection_that_never_came_about_may_be_tried_again() -> None:
    bot = make_bot(TOKEN, "http://127.0.0.1:9")
    outcome = await TelegramSender(bot).send(Delivery(1, "1", "hello"))
    assert outcome.kind == "retry"


async def test_an_address_that_is_no_telegram_chat_and_an_empty_text_are_refused(
    api: BotApi, lin: TelegramUser, sender: TelegramSender
) -> None:
    assert (await sender.send(Delivery(1, "chat-1", "hello"))).kind == "refused"
    assert (await sender.send(Delivery(1, str(lin.id), " \n "))).kind == "refused"
    assert [call for call, _ in api.calls] == ["getMe"]


async def test_a_chat_nobody_opened_is_blocked(sender: TelegramSender) -> None:
    assert (await sender.send(Delivery(1, "42", "hello"))).kind == "blocked"


async def test_a_long_message_goes_in_parts_with_the_buttons_under_the_last(
    lin: TelegramUser, sender: TelegramSender
) -> None:
    text = "\n".join(f"第{n}期：应还 1,234.50元，含利息 34.50元。🙂" for n in range(1, 400))
    outcome = await sender.send(Delivery(1, str(lin.id), text, [("好的", "t1"), ("找人工", "t2")]))
    assert outcome.kind == "sent"
    assert "\n".join(message["text"] for message in lin.messages) == text
    assert [bool(message["markup"]) for message in lin.messages] == [False] * (len(lin.messages) - 1) + [True]
    assert lin.messages[-1]["markup"]["inline_keyboard"] == [
        [{"text": "好的", "callback_data": "t1"}],
        [{"text": "找人工", "callback_data": "t2"}],
    ]
    assert outcome.provider_message_id == str(lin.messages[-1]["message_id"])


async def test_a_later_part_is_waited_for_because_the_first_has_arrived(
    api: BotApi, lin: TelegramUser, sender: TelegramSender
) -> None:
    api.fail_next("sendPhoto", refuse(429, "Too Many Requests: retry after 1", retry_after=1))
    assert (
        await sender.send(Delivery(1, str(lin.id), "x" * 5000, attachment=picture()))
    ).kind == "rate_limited"
    assert lin.messages == []
    assert (await sender.send(Delivery(1, str(lin.id), "x" * 5000, attachment=picture()))).kind == "sent"
    api.fail_next("sendMessage", refuse(429, "Too Many Requests: retry after 1", retry_after=1))
    assert (await sender.send(Delivery(2, str(lin.id), "y" * 2000, attachment=picture()))).kind == "sent"
    assert [message["method"] for message in lin.messages][-2:] == ["sendPhoto", "sendMessage"]


async def test_half_a_message_is_uncertain_and_never_a_retry(
    api: BotApi, lin: TelegramUser, sender: TelegramSender
) -> None:
    api.fail_next("sendMessage", refuse(400, "Bad Request: something odd"))
    outcome = await sender.send(Delivery(1, str(lin.id), "y" * 2000, attachment=picture()))
    assert outcome.kind == "uncertain"
    assert outcome.error.startswith("part 2 of 2")
    assert len(lin.messages) == 1


async def test_after_a_take_over_between_two_parts_the_rest_is_not_sent(
    database: Database, lin: TelegramUser, sender: TelegramSender
) -> None:
    with database.write() as session:
        chat = Conversation(channel="telegram", address=str(lin.id), created_at=NOW)
        session.add(chat)
        session.flush()
        words = Message("x" * 9000, "plan@1")
        enqueue(session, chat, words, dedupe_key="1", lane="reply", at=NOW)

    class TakenOverAfterTheFirst(TelegramSender):
        async def _send(self, chat_id: int, part: Part) -> Outcome:
            outcome = await super()._send(chat_id, part)
            with database.write() as session:
                take_over(session, chat.id, owner="kim", seen_epoch=0, at=NOW)
            return outcome

    interrupted = TakenOverAfterTheFirst(sender._bot)
    assert await Dispatcher(database, {"telegram": interrupted}).dispatch_replies(chat.id) == 0
    assert [len(message["text"]) for message in lin.messages] == [4096]
    with database.read() as session:
        row = session.scalars(select(OutboxMessage)).one()
    assert row.status == "uncertain"
    assert row.last_error == (
        "part 2 of 3: withheld with what follows, control has changed; what came before was sent"
    )


async def test_a_short_text_is_the_pictures_caption(lin: TelegramUser, sender: TelegramSender) -> None:
    image = picture()
    await sender.send(Delivery(1, str(lin.id), "还款计划", [("菜单", "t1")], attachment=image))
    [message] = lin.messages
    assert (message["method"], message["text"], message["photo_bytes"]) == (
        "sendPhoto",
        "还款计划",
        len(image.content),
    )
    assert message["markup"]["inline_keyboard"] == [[{"text": "菜单", "callback_data": "t1"}]]


async def test_a_document_keeps_its_name_and_has_the_text_as_caption(
    lin: TelegramUser, sender: TelegramSender
) -> None:
    papers = File("agreement-1a2b3c4d.pdf", "application/pdf", b"%PDF-1.4 invented")
    outcome = await sender.send(Delivery(1, str(lin.id), "协议文件", [("菜单", "t1")], attachment=papers))
    [message] = lin.messages
    assert outcome.kind == "sent"
    assert (message["method"], message["text"]) == ("sendDocument", "协议文件")
    assert (message["file_name"], message["document_bytes"]) == (papers.name, len(papers.content))
    assert message["markup"]["inline_keyboard"] == [[{"text": "菜单", "callback_data": "t1"}]]


@pytest.mark.parametrize(
    ("words", "share"),
    [("您好，我不知道您是谁。", "分享我的手机号"), ("Hello.", "Share my phone number")],
)
async def test_whoever_we_do_not_know_can_share_their_number_with_one_tap(
    lin: TelegramUser, sender: TelegramSender, words: str, share: str
) -> None:
    await sender.send(Delivery(1, str(lin.id), words, [("人工", "t1")], template="welcome_unlinked@1"))
    [message] = lin.messages
    assert message["markup"]["keyboard"] == [[{"text": share, "request_contact": True}], [{"text": "人工"}]]
    await sender.send(Delivery(2, str(lin.id), "您好，请发送证件后四位。", template="welcome_linked@1"))
    assert lin.messages[-1]["markup"] == {"remove_keyboard": True}


async def test_a_button_token_that_is_too_long_is_refused(lin: TelegramUser, sender: TelegramSender) -> None:
    assert (await sender.send(Delivery(1, str(lin.id), "hello", [("yes", "t" * 65)]))).kind == "refused"


@given(
    st.text(alphabet=st.sampled_from("还款。！ \nab.🙂é，"), max_size=300),
    st.integers(min_value=2, max_value=50),
)
@settings(max_examples=200)
def test_no_piece_is_too_long_and_no_word_is_lost(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert all(0 < len(piece.encode("utf-16-le")) // 2 <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_text_is_cut_after_a_sentence_before_it_is_cut_in_a_word() -> None:
    text = "第一句话。" * 900
    first, *_ = split_text(text)
    assert first.endswith("。") and TEXT_LIMIT - 5 < len(first) <= TEXT_LIMIT
