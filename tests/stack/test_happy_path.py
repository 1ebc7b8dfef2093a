"""From a greeting to a new schedule, a promise or an answer, in both languages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.stack.conftest import Start
from tests.support.changes import Changes, changes, pictures, plan, question, quoted_plan


async def test_two_more_months_are_asked_for_chosen_read_back_and_signed_in_chinese(talk: Start) -> None:
    async with talk("ZH-DUE") as chat:
        await chat.says("你好", "最近生意不好，能不能延期两个月？")
        assert "最后四位" in chat.heard
        await chat.identifies()
        assert "L-ZH-DUE" in chat.heard and "选1" in chat.buttons
        await chat.presses("选1")
        assert "请核对" in chat.heard
        await chat.presses("确认办理")
        assert "办好了" in chat.heard
        assert chat.state["agreement"]["status"] == "active"
        with chat.database.read() as session:
            [agreement] = chat.agreements(session)
            old, new = chat.schedules(session)
            assert (old.status, new.status, new.agreement_id) == ("superseded", "active", agreement.id)
            assert sum(row.principal for row in new.instalments) == Decimal("60000.00")
        assert plan(chat.database, "L-ZH-DUE") == quoted_plan(chat.database, "L-ZH-DUE")


async def test_two_more_months_are_asked_for_chosen_read_back_and_signed_in_english(talk: Start) -> None:
    async with talk("EN-DUE") as chat:
        await chat.says("hello", "business is slow, could I have two more months please?")
        assert "last four characters" in chat.heard
        await chat.identifies()
        assert "L-EN-DUE" in chat.heard and "Option 1" in chat.buttons
        await chat.says("the second one")
        assert "Please check" in chat.heard
        await chat.says("yes")
        assert "It is done" in chat.heard
        with chat.database.read() as session:
            [agreement] = chat.agreements(session)
            assert agreement.status == "active"
            assert [schedule.version for schedule in chat.schedules(session)] == [1, 2]


ZH_MENU = [
    ("还欠多少", "我还欠多少钱", "37,789.66元"),
    ("下次还款日", "下次什么时候还", "2026年12月5日"),
    ("还款计划图", "看看还款计划", "还剩 7 期"),
    ("怎么还款", "怎么还钱", "个人账户"),
    ("还款记录", "我的还款记录", "2026年11月5日：5,398.53元"),
    ("找人工", "我想找真人", "已请同事来接手"),
]
EN_MENU = [
    ("What I owe", "how much do I owe", "¥22,389.86"),
    ("Next due date", "when is my next payment due", "5 December 2026"),
    ("Repayment plan", "show me my repayment plan", "7 instalments left"),
    ("How to pay", "how can I pay", "personal account"),
    ("My payments", "my payments so far", "5 November 2026: ¥3,198.56"),
    ("A person, please", "I want to talk to a person", "asked a colleague"),
]


@pytest.mark.parametrize(
    ("borrower", "menu", "entries"), [("ZH-DUE", "菜单", ZH_MENU), ("EN-DUE", "menu", EN_MENU)]
)
async def test_everything_on_the_menu_answers_to_its_button_as_to_words(
    talk: Start, borrower: str, menu: str, entries: list[tuple[str, str, str]]
) -> None:
    async with talk(borrower, verified=True) as chat:
        for button, words, answer in entries:
            await chat.says(menu)
            await chat.presses(button)
            assert answer in chat.heard, button
            pressed = chat.heard
            await chat.says(words)
            assert chat.heard == pressed, words
        drawn = [(picture["kind"], picture["loan"]) for picture in pictures(chat)]
        assert drawn == [("schedule", f"L-{borrower}")] * 2
        assert changes(chat.database) == Changes(cases=("handover",))
        assert chat.state["handover"] == "requested"


ZH_KINDS = [
    ("ZH-DUE", "能延期两个月吗", "选1", "把这一期推迟到2027年2月5日", "extension"),
    ("ZH-LATE", "我失业了，两个月没有收入", "选1", "暂停还款2个月", "deferral"),
    ("ZH-DUE", "能延期三个月吗", "选3", "3个月只还利息", "interest_only"),
    ("ZH-BULLET", "可以延期吗", "选2", "重新分成3期", "reamortise"),
]
EN_KINDS = [
    (
        "EN-DUE",
        "can I have two more months",
        "Option 1",
        "Move this instalment to 5 February 2027",
        "extension",
    ),
    ("EN-LATE", "I lost my job", "Option 1", "Pause all payments for 2 months", "deferral"),
    (
        "EN-DUE",
        "could I get three more months",
        "Option 3",
        "Pay only interest for 3 months",
        "interest_only",
    ),
    (
        "EN-BULLET",
        "can I get an extension",
        "Option 2",
        "Spread what is left over 3 instalments",
        "reamortise",
    ),
]


@pytest.mark.parametrize(("borrower", "words", "option", "summary", "kind"), ZH_KINDS + EN_KINDS)
async def test_each_kind_of_relief_becomes_exactly_the_plan_that_was_quoted(
    talk: Start, borrower: str, words: str, option: str, summary: str, kind: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        await chat.presses(option)
        assert summary in chat.heard
        shown = chat.heard
        await chat.presses("确认办理" if borrower.startswith("ZH") else "Yes, arrange it")
        loan = f"L-{borrower}"
        done = changes(chat.database)
        assert (done.agreements, done.schedules) == (((loan, kind, "active"),), (loan,))
        assert done.promises == ()
        assert plan(chat.database, loan) == quoted_plan(chat.database, loan)
        assert pictures(chat)[-1]["loan"] == loan
        with chat.database.read() as session:
            assert chat.agreements(session)[0].quote_id[:8] in shown


HARDSHIPS = [
    ("ZH-LATE", "我生病住院了，没法上班", "听到这个消息很难过", "L-ZH-LATE", "illness"),
    ("ZH-DUE", "店关门了，没有收入了", "听到这个消息很难过", "L-ZH-DUE", "business_closed"),
    (
        "EN-LATE",
        "I've been in hospital and could not work",
        "I am sorry to hear that",
        "L-EN-LATE",
        "illness",
    ),
    ("EN-DUE", "I was laid off last week", "I am sorry to hear that", "L-EN-DUE", "unemployed"),
]


@pytest.mark.parametrize(("borrower", "words", "sympathy", "loan", "reason"), HARDSHIPS)
async def test_hardship_is_met_with_sympathy_a_case_and_options_and_changes_nothing_yet(
    talk: Start, borrower: str, words: str, sympathy: str, loan: str, reason: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert chat.heard.startswith(sympathy) and loan in chat.heard
        assert changes(chat.database) == Changes(cases=("hardship",))
        assert question(chat) == "choose_option"
        with chat.database.read() as session:
            assert chat.cases(session)["hardship"].reason == reason


PROMISES = [
    ("ZH-DUE", ["我12月5号还5398.53元", "对"], ("2026-12-05", "5398.53")),
    ("ZH-LATE", ["我会还的", "12月3号", "对"], ("2026-12-03", "3878.93")),
    ("ZH-LATE", ["我先还一部分", "1000", "12月1号", "是的"], ("2026-12-01", "1000.00")),
    ("ZH-LATE", ["我可以先还2000块", "下周五", "没错"], ("2026-11-27", "2000.00")),
    ("EN-DUE", ["I will pay 3198.56 on 5 December", "yes"], ("2026-12-05", "3198.56")),
    ("EN-LATE", ["I'll pay next Friday", "correct"], ("2026-11-27", "2327.36")),
    ("EN-LATE", ["I will pay 2000", "on the 3rd of December", "yes"], ("2026-12-03", "2000.00")),
    (
        "EN-LATE",
        ["I can pay part of it", "after payday", "1 December", "500", "yes"],
        ("2026-12-01", "500.00"),
    ),
]


@pytest.mark.parametrize(("borrower", "story", "promise"), PROMISES)
async def test_a_promise_is_gathered_read_back_and_only_then_noted(
    talk: Start, borrower: str, story: list[str], promise: tuple[str, str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(*story[:-1])
        assert question(chat) == "confirm_promise"
        assert changes(chat.database) == Changes()
        await chat.says(story[-1])
        assert ("记下了" if borrower.startswith("ZH") else "Noted") in chat.heard
        assert changes(chat.database) == Changes(promises=((f"L-{borrower}", *promise),))


@pytest.mark.parametrize(
    ("borrower", "words", "answer"),
    [
        ("ZH-LATE", "我已经还了", "先暂停提醒"),
        ("EN-LATE", "I already paid last week", "I have paused reminders"),
    ],
)
async def test_who_has_paid_is_believed_for_now_and_a_colleague_checks(
    talk: Start, borrower: str, words: str, answer: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert answer in chat.heard
        assert chat.state["reminders"] == "paused"
        assert changes(chat.database) == Changes(cases=("already_paid",))


async def test_who_owes_nothing_hears_so_whatever_is_asked(talk: Start) -> None:
    async with talk("ZH-CLEAR", verified=True) as chat:
        for words in ("我还欠多少", "下次还款日是哪天", "我想延期", "我下周还钱"):
            await chat.says(words)
            assert "您现在不欠款" in chat.heard, words
        assert changes(chat.database) == Changes()
