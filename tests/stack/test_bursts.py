"""Several short messages at once: a greeting before the matter itself gets no menu of its own."""

from __future__ import annotations

from uuid import uuid4

import pytest

from bot.incoming import Incoming
from tests.stack.conftest import Start
from tests.support.book import NOW
from tests.support.look import templates
from tests.support.talk import Talk


async def writes_at_once(chat: Talk, *lines: str) -> None:
    """Have all the lines waiting before the first is handled."""
    gateway = chat.terminal.stack.gateway
    for line in lines:
        taken = await gateway.store(
            Incoming(chat.terminal.channel, chat.terminal.address, uuid4().hex, "text", text=line, clock=NOW)
        )
    await gateway.handle_waiting(taken.conversation_id)


@pytest.mark.parametrize(
    ("borrower", "lines", "said"),
    [
        ("ZH-DUE", ["你好", "在吗", "我还欠多少"], ["amount_due"]),
        ("EN-DUE", ["hi", "ok", "how much do I owe"], ["amount_due"]),
        ("EN-DUE", ["hi", "hello?"], ["greet"]),
        ("ZH-DUE", ["谢谢", "再见"], ["goodbye"]),
    ],
)
async def test_only_what_asks_for_something_is_answered(
    talk: Start, borrower: str, lines: list[str], said: list[str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await writes_at_once(chat, *lines)
        with chat.database.read() as session:
            assert templates(chat, session) == said


@pytest.mark.parametrize(
    ("borrower", "lines"),
    [("ZH-DUE", ["你好", "我失业了", "能帮帮我吗"]), ("EN-DUE", ["hi", "i lost my job", "can you help"])],
)
async def test_trouble_told_in_pieces_is_heard_and_not_greeted_with_a_menu(
    talk: Start, borrower: str, lines: list[str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await writes_at_once(chat, *lines)
        with chat.database.read() as session:
            assert templates(chat, session)[0] == "hardship_heard"


@pytest.mark.parametrize(
    ("borrower", "lines"),
    [("ZH-DUE", ["我不想活了", "你好", "在吗"]), ("EN-DUE", ["I want to die", "hi", "hello"])],
)
async def test_a_cry_for_help_among_them_is_never_passed_over(
    talk: Start, borrower: str, lines: list[str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await writes_at_once(chat, *lines)
        with chat.database.read() as session:
            assert templates(chat, session)[0] == "crisis"
