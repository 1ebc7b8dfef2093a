"""A stop that was misheard is taken back, an arrangement that waits is withdrawn: each after one clear yes."""

from __future__ import annotations

import pytest

from loans.agreements import WITHDRAWN
from tests.stack.conftest import Start
from tests.support.changes import question
from tests.support.look import held_back, logged

WAITING = [
    ("ZH-GUARD", "能不能延期两个月", "好的", "撤回申请", "好"),
    ("ZH-GUARD", "能不能延期两个月", "好的", "刚才那个取消，我不要了", "对"),
    ("EN-SECURED", "can I have two more months", "yes", "cancel that", "yes"),
    ("EN-SECURED", "can I have two more months", "yes", "please cancel my request", "yes, do it"),
]


@pytest.mark.parametrize(
    ("borrower", "stop", "reason", "denial", "yes"),
    [
        ("ZH-DUE", "这笔不是我借的", "dispute", "我没说不是我欠的", "对"),
        ("EN-DUE", "I dispute this debt", "dispute", "no, I don't dispute it", "yes"),
    ],
)
async def test_a_dispute_that_was_none_is_taken_back(
    talk: Start, borrower: str, stop: str, reason: str, denial: str, yes: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(stop, denial)
        assert question(chat) == "confirm_step" and chat.state["reminders"] == "paused"
        await chat.says(yes)
        assert chat.state["reminders"] == "active"
        with chat.database.read() as session:
            assert held_back(chat, session) == set()
            assert "taken back" in chat.cases(session)[reason].details
            assert [entry.payload["reason"] for entry in logged(chat, session, "suppression_lifted")] == [
                reason
            ]


@pytest.mark.parametrize(
    ("borrower", "stop", "denial", "asked", "yes"),
    [
        ("ZH-LATE", "我不认识这个人，你们打错了", "搞错了，我就是本人", "最后四位", "对的"),
        (
            "EN-DUE",
            "you have the wrong number, I don't know this person",
            "sorry, I am the borrower",
            "last four",
            "yes",
        ),
    ],
)
async def test_who_says_after_all_that_they_are_the_borrower_shows_it_first(
    talk: Start, borrower: str, stop: str, denial: str, asked: str, yes: str
) -> None:
    async with talk(borrower) as chat:
        await chat.says(stop, denial)
        assert asked in chat.heard and chat.state["reminders"] == "stopped"
        await chat.identifies()
        assert question(chat) == "confirm_step"
        await chat.says(yes)
        assert chat.state["reminders"] == "active"


@pytest.mark.parametrize(
    ("borrower", "stop", "denial", "no"),
    [
        ("ZH-DUE", "这笔不是我借的", "我没说不是我欠的", "不对"),
        ("EN-DUE", "I dispute this debt", "I don't dispute it", "no"),
    ],
)
async def test_without_a_yes_the_stop_stays(
    talk: Start, borrower: str, stop: str, denial: str, no: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(stop, denial, no)
        assert chat.state["reminders"] == "paused"


@pytest.mark.parametrize(
    ("borrower", "stop", "denial"),
    [
        ("ZH-DUE", "我不想活了", "没有，你理解错了"),
        ("ZH-DUE", "借款人已经过世", "你理解错了，我是借款人"),
        ("EN-DUE", "talk to my lawyer", "you misunderstood me, I am the borrower"),
        ("EN-DUE", "STOP", "you misunderstood me, that's me"),
    ],
)
async def test_a_crisis_a_death_a_lawyer_and_a_stop_are_not_talked_away(
    talk: Start, borrower: str, stop: str, denial: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(stop)
        before = chat.state["reminders"]
        await chat.says(denial)
        await chat.identifies()
        await chat.says("对" if borrower.startswith("ZH") else "yes")
        assert chat.state["reminders"] == before != "active"


@pytest.mark.parametrize(("borrower", "ask", "yes", "undo", "sure"), WAITING)
async def test_what_still_waits_is_withdrawn_after_one_question(
    talk: Start, borrower: str, ask: str, yes: str, undo: str, sure: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, "1", yes, undo)
        assert question(chat) == "confirm_step" and chat.state["agreement"]["status"] == "pending_consent"
        await chat.says(sure)
        with chat.database.read() as session:
            [agreement] = chat.agreements(session)
            assert (agreement.status, agreement.ended_because) == ("expired", WITHDRAWN)
            assert [entry.subject_id for entry in logged(chat, session, "withdrawal")] == [agreement.id]
            assert len(chat.schedules(session)) == 1
        await chat.says(ask)
        assert question(chat) == "choose_option"


@pytest.mark.parametrize(
    ("borrower", "ask", "yes", "undo", "no"),
    [
        ("ZH-GUARD", "能不能延期两个月", "好的", "撤回申请", "还是不撤了"),
        ("EN-SECURED", "can I have two more months", "yes", "cancel that", "no"),
    ],
)
async def test_without_a_yes_it_goes_on_waiting(
    talk: Start, borrower: str, ask: str, yes: str, undo: str, no: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, "1", yes, undo, no)
        assert chat.state["agreement"]["status"] == "pending_consent"


@pytest.mark.parametrize(("borrower", "ask", "yes", "undo", "sure"), [WAITING[0], WAITING[2]])
async def test_withdrawing_needs_the_identity_first(
    talk: Start, borrower: str, ask: str, yes: str, undo: str, sure: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, "1", yes)
        with chat.database.write() as session:
            chat.conversation(session).verified_at = None
        await chat.says(undo)
        assert question(chat) == "identity" and "L-" not in chat.heard
        await chat.identifies()
        await chat.says(sure)
        assert chat.state["agreement"]["status"] == "expired"
