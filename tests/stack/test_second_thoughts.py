"""What people say after all seemed settled: undo it, write to me again, I meant the other one."""

from __future__ import annotations

import pytest

from conversations.control import find, hand_back, take_over
from conversations.staff import close_case
from tests.stack.conftest import Start
from tests.support.book import NOW


@pytest.mark.parametrize(
    ("ref", "ask", "undo", "said"),
    [
        ("ZH-DUE", "能不能延期两个月", "刚才那个取消，我不要了", "仍然有效"),
        ("EN-DUE", "can I have two more months", "cancel that agreement, I changed my mind", "still stands"),
    ],
)
async def test_a_signed_agreement_is_never_said_to_be_undone(
    talk: Start, ref: str, ask: str, undo: str, said: str
) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says(ask, "2")
        await chat.says("好的" if ref == "ZH-DUE" else "yes")
        assert chat.state["agreement"]["status"] == "active"
        await chat.says(undo)
        assert said in chat.heard
        assert chat.state["agreement"]["status"] == "active" and chat.state["handover"] == "requested"
        with chat.database.read() as session:
            assert chat.cases(session)["handover"].reason == "undo_agreement"


async def test_what_still_waits_is_not_said_to_be_in_force(talk: Start) -> None:
    async with talk("ZH-GUARD", verified=True) as chat:
        await chat.says("能不能延期两个月", "1", "好的", "刚才那个取消，我不要了")
        assert chat.state["agreement"]["status"] == "pending_consent"
        assert "不会生效" in chat.heard and "仍然有效" not in chat.heard


@pytest.mark.parametrize(
    ("ref", "ask", "yes"),
    [("ZH-DUE", "能不能延期两个月", "好的"), ("EN-DUE", "can I have two more months", "yes")],
)
async def test_a_bare_number_at_a_read_back_is_asked_again(talk: Start, ref: str, ask: str, yes: str) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says(ask, "2")
        with chat.database.read() as session:
            read_back = (chat.conversation(session).pending or {})["quote"]
        await chat.says("1")
        assert not chat.state["agreement"]
        with chat.database.read() as session:
            assert (chat.conversation(session).pending or {})["quote"] == read_back
        await chat.says(yes)
        assert chat.state["agreement"]["status"] == "active"


@pytest.mark.parametrize(
    ("ref", "stop", "resume"),
    [("ZH-DUE", "退订", "重新给我发提醒吧"), ("EN-DUE", "STOP", "please resume my reminders")],
)
async def test_a_borrower_can_have_reminders_again(talk: Start, ref: str, stop: str, resume: str) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says(stop)
        assert chat.state["reminders"] == "stopped"
        await chat.says(resume)
        assert chat.state["reminders"] == "active"
        with chat.database.read() as session:
            assert not chat.borrower(session).opted_out


async def test_nobody_else_can_turn_reminders_on_again(talk: Start) -> None:
    async with talk("ZH-DUE") as chat:
        await chat.says("退订", "恢复提醒")
        assert "最后四位" in chat.heard
        assert chat.state["reminders"] == "stopped"
        with chat.database.read() as session:
            assert chat.borrower(session).opted_out


@pytest.mark.parametrize(("ref", "ask"), [("ZH-TWO", "想延期两个月"), ("EN-TWO", "I need two more months")])
async def test_a_loan_can_be_named_by_typing_its_number(talk: Start, ref: str, ask: str) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says(ask, f"L-{ref}-B")
        assert f"L-{ref}-B" in chat.heard
        with chat.database.read() as session:
            assert {quote.loan.ref for quote in chat.quotes(session)} == {f"L-{ref}-B"}


async def test_a_crisis_is_still_one_after_the_chat_is_handed_back(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("你好")
        with chat.database.write() as session:
            conversation = chat.conversation(session)
            take_over(session, conversation.id, owner="u1", seen_epoch=conversation.control_epoch, at=NOW)
        await chat.says("我不想活了")
        with chat.database.write() as session:
            conversation = find(session, chat.conversation(session).id)
            hand_back(session, conversation.id, owner="u1", seen_epoch=conversation.control_epoch, at=NOW)
        await chat.says("还欠多少")
        assert chat.state["handover"] == "crisis"
        assert "元" not in chat.heard


async def test_business_goes_on_once_staff_have_closed_the_crisis(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("我不想活了", "还欠多少")
        assert "元" not in chat.heard
        with chat.database.write() as session:
            assert close_case(session, chat.borrower(session), "crisis", by="u1", at=NOW, note="已联系家人")
            assert not close_case(session, chat.borrower(session), "crisis", by="u1", at=NOW)
        await chat.says("还欠多少")
        assert "元" in chat.heard
        assert chat.state["handover"] is None and chat.state["reminders"] == "active"
