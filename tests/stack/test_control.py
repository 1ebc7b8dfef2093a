"""Who answers: once a person has taken over, the bot is silent, whatever it was in the middle of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversations import control
from conversations.control import ControlError
from policies.contact import contact_policy
from scheduler.dispatcher import Dispatcher
from scheduler.planner import plan
from tests.stack.conftest import Start
from tests.support.book import NOW
from tests.support.fragile import FragileEngine
from tests.support.look import held_back, logged, messages, nothing_changed, nothing_computed, replies
from tests.support.relay import Relay
from tests.support.reminder_book import Journal, rows
from tests.support.talk import Talk
from tideover.engine import read_state
from tideover.settings import Settings

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def relay(settings: Settings) -> Iterator[Relay]:
    """A place between the gateway and Rasa where a turn can be held back."""
    state = read_state(settings)
    assert state is not None
    between = Relay(lambda: state.rasa_url)
    yield between
    between.shut()


def take(chat: Talk, owner: str = "lin", seen: int = 0) -> None:
    with chat.database.write() as session:
        control.take_over(session, chat.conversation(session).id, owner=owner, seen_epoch=seen, at=NOW)


def give_back(chat: Talk, owner: str = "lin", seen: int = 1) -> None:
    with chat.database.write() as session:
        control.hand_back(session, chat.conversation(session).id, owner=owner, seen_epoch=seen, at=NOW)


@pytest.mark.parametrize(
    ("ref", "words"), [("ZH-DUE", "能不能延期两个月"), ("EN-DUE", "could I have two more months")]
)
async def test_what_comes_under_human_control_is_stored_and_logged_and_left_to_the_person(
    talk: Start, ref: str, words: str
) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says("hi")
        take(chat)
        await chat.says(words)
        assert chat.last.replies == []
        with chat.database.read() as session:
            assert [message.status for message in messages(chat, session)] == ["done", "human"]
            assert [entry.payload["text"] for entry in logged(chat, session, "message_in")] == ["hi", words]
            assert len(replies(chat, session)) == 1 and nothing_computed(session)
        give_back(chat)
        await chat.says(words)
        assert f"L-{ref}" in chat.heard
        with chat.database.read() as session:
            kinds = [entry.kind for entry in logged(chat, session) if entry.kind in ("takeover", "handback")]
            assert kinds == ["takeover", "handback"]
            assert [message.status for message in messages(chat, session)] == ["done", "human", "done"]


@pytest.mark.parametrize(
    ("ref", "words"), [("ZH-DUE", "能不能延期两个月"), ("EN-DUE", "could I have two more months")]
)
async def test_taken_over_before_the_action_runs_nothing_is_computed_or_said(
    talk: Start, fragile: FragileEngine, ref: str, words: str
) -> None:
    async with talk(ref, verified=True, url=fragile.rasa.url) as chat:
        async with fragile.actions.holding("before") as barrier:
            turn = asyncio.create_task(chat.says(words))
            await barrier.reached()
            take(chat)
        await turn
        with chat.database.read() as session:
            assert nothing_computed(session)
            assert [message.status for message in messages(chat, session)] == ["human"]
            assert [entry.payload["action"] for entry in logged(chat, session, "withheld")] == [
                "action_offer_relief"
            ]
            assert replies(chat, session) == [] and replies(chat, session, "pending") == []


@pytest.mark.parametrize(("ref", "words"), [("ZH-DUE", "我还欠多少钱"), ("EN-DUE", "how much do I owe")])
async def test_taken_over_between_the_action_and_the_sending_its_answer_is_cancelled(
    talk: Start, relay: Relay, ref: str, words: str
) -> None:
    async with talk(ref, verified=True, url=relay.url) as chat:
        async with relay.holding("after") as barrier:
            turn = asyncio.create_task(chat.says(words))
            await barrier.reached()
            with chat.database.read() as session:
                assert len(replies(chat, session, "pending")) == 1
            take(chat)
        await turn
        with chat.database.read() as session:
            assert replies(chat, session) == []
            assert len(replies(chat, session, "cancelled")) == 1
            [entry] = logged(chat, session, "takeover")
            assert entry.payload["withheld"] == 1 and entry.actor == "lin"


@pytest.mark.parametrize(
    ("ref", "words", "yes"),
    [("ZH-DUE", "能不能延期两个月", "确认"), ("EN-DUE", "could I have two more months", "yes")],
)
async def test_a_yes_given_before_the_takeover_does_not_count_after_the_hand_back(
    talk: Start, ref: str, words: str, yes: str
) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says(words)
        await chat.says("!button " + chat.last.replies[-1]["buttons"][0]["payload"])
        take(chat)
        await chat.says(yes)
        give_back(chat)
        await chat.says(yes)
        with chat.database.read() as session:
            assert nothing_changed(session)
            assert chat.conversation(session).pending.get("kind", "none") == "none"
            assert [message.status for message in messages(chat, session)][-2:] == ["human", "done"]


async def test_of_two_who_take_over_at_once_one_wins(talk: Start) -> None:
    async with talk("ZH-DUE") as chat:
        await chat.says("人工")

        async def attempt(owner: str) -> str:
            try:
                await asyncio.to_thread(take, chat, owner)
            except ControlError as refusal:
                return str(refusal)
            return owner

        outcomes = await asyncio.gather(attempt("lin"), attempt("chen"))
        with chat.database.read() as session:
            conversation = chat.conversation(session)
            winner = conversation.owner
            assert outcomes.count(str(winner)) == 1 and conversation.control_epoch == 1
            [lost] = [outcome for outcome in outcomes if outcome != winner]
            assert "control changed meanwhile" in lost and str(winner) in lost
            assert [entry.actor for entry in logged(chat, session, "takeover")] == [winner]


async def test_only_who_holds_a_conversation_hands_it_back_and_only_as_it_is_now(talk: Start) -> None:
    async with talk("EN-DUE") as chat:
        await chat.says("a person please")
        take(chat)
        with pytest.raises(ControlError):
            give_back(chat, owner="chen")
        with pytest.raises(ControlError):
            give_back(chat, seen=0)
        give_back(chat)
        with pytest.raises(ControlError):
            give_back(chat)
        with chat.database.read() as session:
            conversation = chat.conversation(session)
            assert (conversation.control, conversation.owner, conversation.control_epoch) == ("bot", None, 2)
            assert len(logged(chat, session, "handback")) == 1


@pytest.mark.parametrize("ref", ["ZH-DUE", "EN-DUE"])
async def test_neither_restart_nor_hours_of_silence_end_human_control(talk: Start, ref: str) -> None:
    async with talk(ref, verified=True) as chat:
        take(chat)
        for later, words in ((0, "/restart"), (3, "／session_start"), (30, "hello")):
            chat.terminal.now = NOW + timedelta(hours=later)
            await chat.says(words)
            assert chat.last.replies == []
        with chat.database.read() as session:
            assert [message.status for message in messages(chat, session)] == ["human"] * 3
            assert chat.conversation(session).control == "human"
            assert replies(chat, session) == []


@pytest.mark.parametrize(
    ("ref", "cry", "stop"), [("ZH-DUE", "我不想活了", "退订"), ("EN-DUE", "I want to end my life", "STOP")]
)
async def test_a_cry_for_help_and_a_stop_count_under_human_control_though_the_bot_is_silent(
    talk: Start, ref: str, cry: str, stop: str
) -> None:
    async with talk(ref, verified=True) as chat:
        take(chat)
        await chat.says(stop)
        assert chat.state["handover"] == "active"
        await chat.says(cry)
        with chat.database.read() as session:
            assert replies(chat, session) == [] and replies(chat, session, "pending") == []
            assert held_back(chat, session) == {"stop_contact", "crisis"}
            assert chat.borrower(session).opted_out and "crisis" in chat.cases(session)
            assert chat.conversation(session).handover == "crisis"
            assert [message.status for message in messages(chat, session)] == ["human", "human"]
        give_back(chat)
        with chat.database.read() as session:
            assert held_back(chat, session) == {"stop_contact", "crisis"}


@pytest.mark.parametrize("ref", ["ZH-DUE", "EN-DUE"])
async def test_a_planned_reminder_does_not_leave_while_a_person_is_in_charge(talk: Start, ref: str) -> None:
    async with talk(ref, verified=True, channel="web") as chat:
        await chat.says("hi")
        three_days_before = datetime(2026, 12, 2, 17, 30, tzinfo=SHANGHAI)
        plan(chat.database, contact_policy(), three_days_before)
        [before] = [row for row in rows(chat.database) if row.lane == "reminder"]
        assert before.status == "pending"
        take(chat)
        journal = Journal()
        dispatcher = Dispatcher(chat.database, {"web": journal}, clock=lambda: three_days_before)
        await dispatcher.dispatch_due()
        assert journal.accepted == []
        [after] = [row for row in rows(chat.database) if row.lane == "reminder"]
        assert after.status == "cancelled" and after.log_entry_id is None
