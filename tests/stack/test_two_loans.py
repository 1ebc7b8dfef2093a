"""Two loans: which one is asked, and only that one is changed."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Start
from tests.support.changes import Changes, changes, pictures, plan, press_earlier, question, quoted_plan


def signed(loan: str, kind: str = "extension") -> Changes:
    """The one change: an agreement on this loan."""
    return Changes(((loan, kind, "active"),), schedules=(loan,))


@pytest.mark.parametrize(
    ("borrower", "ask", "which", "loan", "option", "confirm"),
    [
        ("ZH-TWO", "想延期三个月", "第二笔", "L-ZH-TWO-B", "1", "确认"),
        ("ZH-TWO", "想延期三个月", "1", "L-ZH-TWO-A", "第一个", "好的"),
        ("ZH-TWO", "想延期三个月", "L-ZH-TWO-B", "L-ZH-TWO-B", "1", "确认"),
        ("EN-TWO", "I need three more months", "the first one", "L-EN-TWO-A", "option 1", "yes"),
        ("EN-TWO", "I need three more months", "2", "L-EN-TWO-B", "1", "yes"),
        ("EN-TWO", "I need three more months", "L-EN-TWO-B", "L-EN-TWO-B", "option 1", "yes"),
    ],
)
async def test_the_loan_named_by_number_or_reference_is_changed_and_no_other(
    talk: Start, borrower: str, ask: str, which: str, loan: str, option: str, confirm: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask)
        assert question(chat) == "choose_loan" and len(chat.buttons) == 2
        await chat.says(which)
        assert loan in chat.heard and question(chat) == "choose_option"
        await chat.says(option, confirm)
        assert changes(chat.database) == signed(loan)
        assert plan(chat.database, loan) == quoted_plan(chat.database, loan)
        with chat.database.read() as session:
            assert chat.agreements(session)[0].quote.params["months"] == 3


@pytest.mark.parametrize(
    ("borrower", "ask", "loan", "option", "confirm"),
    [
        ("ZH-TWO", "想延期三个月", "L-ZH-TWO-B（20,000.00元）", "选2", "确认办理"),
        ("EN-TWO", "I need three more months", "L-EN-TWO-B (¥20,000.00)", "Option 2", "Yes, arrange it"),
    ],
)
async def test_the_loan_pressed_is_changed_and_no_other(
    talk: Start, borrower: str, ask: str, loan: str, option: str, confirm: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask)
        await chat.presses(loan)
        await chat.presses(option)
        await chat.presses(confirm)
        assert changes(chat.database) == signed(f"L-{borrower}-B", "deferral")


async def test_a_loan_named_at_once_is_not_asked_about(talk: Start) -> None:
    async with talk("EN-TWO", verified=True) as chat:
        await chat.says("I need more time for L-EN-TWO-A please")
        assert question(chat) == "choose_option" and "L-EN-TWO-A" in chat.heard
        assert changes(chat.database) == Changes()


async def test_the_other_loan_may_be_named_after_all(talk: Start) -> None:
    async with talk("EN-TWO", verified=True) as chat:
        await chat.says(
            "I need more time for L-EN-TWO-A please", "option 1", "hmm, what about L-EN-TWO-B instead"
        )
        assert "L-EN-TWO-B" in chat.heard and question(chat) == "choose_option"
        await chat.says("option 1", "yes")
        assert changes(chat.database) == signed("L-EN-TWO-B")


async def test_the_wish_outlives_both_the_identity_check_and_the_choice_of_loan(talk: Start) -> None:
    async with talk("ZH-TWO") as chat:
        await chat.says("能延期三个月吗")
        await chat.identifies()
        assert question(chat) == "choose_loan"
        await chat.presses("L-ZH-TWO-A（30,000.00元）")
        assert "推迟到2027年2月15日" in chat.heard and changes(chat.database) == Changes()


async def test_a_promise_is_for_the_loan_that_was_chosen(talk: Start) -> None:
    async with talk("ZH-TWO", verified=True) as chat:
        await chat.says("我12月10号还2000元")
        await chat.presses("L-ZH-TWO-A（30,000.00元）")
        assert "2,000.00元" in chat.heard and "L-ZH-TWO-A" in chat.heard
        await chat.says("对")
        assert changes(chat.database) == Changes(promises=(("L-ZH-TWO-A", "2026-12-10", "2000.00"),))


async def test_the_plan_of_the_loan_that_was_chosen_is_shown(talk: Start) -> None:
    async with talk("EN-TWO", verified=True) as chat:
        await chat.says("show me my repayment plan", "the second one")
        assert "Repayment plan of loan L-EN-TWO-B" in chat.heard
        await press_earlier(chat, 0, "L-EN-TWO-A (¥30,000.00)")
        assert "Repayment plan of loan L-EN-TWO-A" in chat.heard
        assert [picture["loan"] for picture in pictures(chat)] == ["L-EN-TWO-B", "L-EN-TWO-A"]
        assert changes(chat.database) == Changes()


async def test_both_balances_are_told_without_asking_which(talk: Start) -> None:
    async with talk("ZH-TWO", verified=True) as chat:
        await chat.says("我还欠多少")
        assert "L-ZH-TWO-A" in chat.heard and "L-ZH-TWO-B" in chat.heard
        assert question(chat) == "none" and changes(chat.database) == Changes()
