"""Down, starting, killed or too quick: nothing is lost, nothing is said twice, and the borrower hears why."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import bot.gateway
from bot.incoming import Incoming
from storage.engine import Database
from tests.stack.conftest import Start
from tests.support.book import NOW
from tests.support.fragile import FragileEngine
from tests.support.look import held_back, logged, messages, replies, templates
from tests.support.talk import Talk
from tideover.settings import ROOT, Settings

WITHIN = 60.0


@pytest.fixture(autouse=True)
def tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait between two tries is short, so that a test does not take minutes."""
    monkeypatch.setattr(bot.gateway, "FIRST_RETRY", bot.gateway.FIRST_RETRY / 4)
    monkeypatch.setattr(bot.gateway, "LONGEST_RETRY", bot.gateway.FIRST_RETRY)


async def until(true: Callable[[], bool], within: float = WITHIN) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


def statuses(chat: Talk) -> list[str]:
    with chat.database.read() as session:
        return [message.status for message in messages(chat, session)]


def said(chat: Talk) -> list[str]:
    with chat.database.read() as session:
        return templates(chat, session)


@pytest.mark.parametrize(("ref", "words"), [("ZH-DUE", "我还欠多少钱"), ("EN-DUE", "how much do I owe?")])
async def test_with_the_action_server_down_the_borrower_hears_once_to_wait_and_once_the_answer(
    talk: Start, fragile: FragileEngine, ref: str, words: str
) -> None:
    async with talk(ref, verified=True, url=fragile.rasa.url) as chat:
        fragile.actions.shut()
        await chat.says(words)
        assert said(chat) == ["please_wait"] and statuses(chat) == ["received"]
        tried = len(fragile.rasa.calls)
        await until(lambda: len(fragile.rasa.calls) >= tried + 2)
        assert said(chat) == ["please_wait"]
        fragile.actions.open()
        await until(lambda: statuses(chat) == ["done"])
        await until(lambda: len(said(chat)) == 2)
        await asyncio.sleep(1)
        assert said(chat) == ["please_wait", "amount_due"]
        with chat.database.read() as session:
            [message] = messages(chat, session)
            assert message.explanation["intent"]["name"] == "ask_amount_due"
            assert message.explanation["actions"] == ["action_amount_due"]
            assert f"L-{ref}" in replies(chat, session)[-1]


@pytest.mark.parametrize(
    ("ref", "first", "cry"),
    [
        ("ZH-DUE", "能不能延期两个月", "我不想活了"),
        ("EN-DUE", "could I have two more months", "I want to kill myself"),
    ],
)
async def test_a_cry_for_help_is_answered_while_rasa_is_down_and_another_message_waits(
    talk: Start, fragile: FragileEngine, ref: str, first: str, cry: str
) -> None:
    async with talk(ref, verified=True, url=fragile.rasa.url) as chat:
        fragile.rasa.shut()
        await chat.says(first, cry)
        assert said(chat) == ["please_wait", "crisis"] and statuses(chat) == ["received", "done"]
        with chat.database.read() as session:
            assert held_back(chat, session) == {"crisis"} and "crisis" in chat.cases(session)
        fragile.rasa.open()
        await until(lambda: statuses(chat) == ["done", "done"])
        await until(lambda: len(said(chat)) == 3)
        assert said(chat)[-1] == "crisis_parked"
        with chat.database.read() as session:
            assert chat.quotes(session) == []


@pytest.mark.timeout(300)
async def test_rasa_killed_in_the_middle_and_started_again_answers_everything_in_order(
    talk: Start, fragile: FragileEngine
) -> None:
    async with talk("ZH-DUE", verified=True, url=fragile.rasa.url) as chat:
        await chat.says("能不能延期两个月")
        fragile.kill()
        await chat.says("选1", "下次什么时候还款", "退订")
        assert said(chat)[1:] == ["please_wait", "stop_contact", "stop_contact_loan"]
        assert statuses(chat) == ["done", "received", "received", "done"]
        await fragile.start()
        await until(lambda: statuses(chat) == ["done"] * 4)
        await until(lambda: "due_date" in said(chat))
        heard = said(chat)
        assert heard.count("please_wait") == 1 and heard.count("due_date") == 1
        with chat.database.read() as session:
            answered = [m.explanation["actions"][-1] for m in messages(chat, session)]
            assert answered == ["action_offer_relief", "action_offer_relief", "action_due_date", "gateway"]
            assert held_back(chat, session) == {"stop_contact"}
            order = [entry.kind for entry in logged(chat, session) if entry.kind.startswith("message_")]
            assert order.count("message_in") == 4 and order.count("message_out") == len(heard)


@pytest.mark.parametrize(("ref", "words"), [("ZH-DUE", "我还欠多少钱"), ("EN-DUE", "how much do I owe?")])
async def test_while_rasa_is_starting_a_message_waits_for_it(
    talk: Start, monkeypatch: pytest.MonkeyPatch, ref: str, words: str
) -> None:
    async with talk(ref, verified=True) as chat:
        with monkeypatch.context() as starting:
            starting.setattr("tideover.stack.running_rasa", lambda settings: None)
            await chat.says(words)
            assert said(chat) == ["please_wait"] and statuses(chat) == ["received"]
        await until(lambda: statuses(chat) == ["done"])
        await until(lambda: said(chat) == ["please_wait", "amount_due"])
        with chat.database.read() as session:
            assert len(replies(chat, session)) == 2


@pytest.mark.parametrize(
    ("ref", "lines", "order"),
    [
        (
            "ZH-DUE",
            ["我还欠多少钱", "下次什么时候还款", "怎么还款"],
            ["amount_due", "due_date", "how_to_pay"],
        ),
        (
            "EN-DUE",
            ["how much do I owe?", "when is my next payment?", "how do I pay?"],
            ["amount_due", "due_date", "how_to_pay"],
        ),
    ],
)
async def test_messages_at_once_are_all_answered_in_the_order_they_came(
    talk: Start, ref: str, lines: list[str], order: list[str]
) -> None:
    async with talk(ref, verified=True) as chat:
        gateway = chat.terminal.stack.gateway
        for number, line in enumerate(lines):
            await gateway.store(
                Incoming("terminal", chat.terminal.address, f"key-{number}", "text", text=line, clock=NOW)
            )
        with chat.database.read() as session:
            conversation = chat.conversation(session).id
        await asyncio.gather(*(gateway.handle_waiting(conversation) for _ in lines))
        assert said(chat) == order
        with chat.database.read() as session:
            assert [message.text for message in messages(chat, session)] == lines
            assert [message.explanation["actions"] for message in messages(chat, session)] == [
                [f"action_{name}"] for name in order
            ]


async def test_the_same_update_delivered_twice_at_once_is_answered_once(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        update = Incoming("terminal", chat.terminal.address, "same", "text", text="我还欠多少钱", clock=NOW)
        numbers = await asyncio.gather(*(chat.terminal.stack.gateway.receive(update) for _ in range(4)))
        assert len(set(numbers)) == 1 and said(chat) == ["amount_due"]
        with chat.database.read() as session:
            assert len(logged(chat, session, "message_in")) == 1


@pytest.mark.parametrize(
    ("ref", "words", "text"),
    [("ZH-DUE", "我还欠多少钱", "amount_due"), ("EN-DUE", "how much do I owe?", "amount_due")],
)
async def test_killed_between_the_commit_and_the_sending_exactly_one_reply_goes_out(
    talk: Start, settings: Settings, book: Database, ref: str, words: str, text: str
) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.killed_turn",
        book.url,
        str(settings.home),
        str(settings.engine_home),
        ref,
        words,
        cwd=Path(ROOT),
    )
    assert await child.wait() == -signal.SIGKILL
    async with talk(ref) as chat:
        assert statuses(chat) == ["done"]
        with book.read() as session:
            assert templates(chat, session, "pending") == [text] and replies(chat, session) == []
        stack = chat.terminal.stack
        for _ in range(2):
            await stack.gateway.resume()
            await stack.dispatcher.dispatch_due()
        assert said(chat) == [text]
        with book.read() as session:
            assert len(logged(chat, session, "message_out")) == 1
