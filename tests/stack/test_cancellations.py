"""No, not now, too late, twice: nothing is agreed that was not read back and wanted, and nothing twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.stack.conftest import Start
from tests.support.book import NOW
from tests.support.changes import Changes, changes, pay, plan, press_earlier, question, quoted_plan

ZH_SIGNED = Changes((("L-ZH-DUE", "extension", "active"),), schedules=("L-ZH-DUE",))
EN_SIGNED = Changes((("L-EN-DUE", "extension", "active"),), schedules=("L-EN-DUE",))


@pytest.mark.parametrize(
    ("borrower", "story", "answer"),
    [
        ("ZH-DUE", ["能延期两个月吗", "选1", "不用了"], "没有做任何改动"),
        ("ZH-DUE", ["能延期两个月吗", "选1", "我改主意了，不办了"], "没有做任何改动"),
        ("ZH-LATE", ["我下周五还钱", "算了，先别记"], "这个没有记下"),
        ("EN-DUE", ["can I have two more months", "option 1", "no"], "nothing has been changed"),
        (
            "EN-DUE",
            ["can I have two more months", "option 1", "I changed my mind, leave it"],
            "nothing has been changed",
        ),
        ("EN-LATE", ["I'll pay next Friday", "no, forget it"], "I have not noted it"),
    ],
)
async def test_a_no_drops_the_question_changes_nothing_and_leaves_the_way_open(
    talk: Start, borrower: str, story: list[str], answer: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(*story)
        assert answer in chat.heard
        assert {"找人工", "A person, please"} & set(chat.buttons)
        assert question(chat) == "none" and changes(chat.database) == Changes()
        await chat.says("好的" if borrower.startswith("ZH") else "ok")
        assert changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words", "answer"),
    [
        ("ZH-DUE", ["好的", "嗯", "确认"], "没有等您确认的事项"),
        ("EN-DUE", ["ok", "yes", "sure"], "Nothing is waiting"),
    ],
)
async def test_an_ok_to_nothing_changes_nothing(
    talk: Start, borrower: str, words: list[str], answer: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        for word in words:
            await chat.says(word)
            assert answer in chat.heard, word
        assert changes(chat.database) == Changes()
        with chat.database.read() as session:
            assert chat.quotes(session) == []


async def test_confirming_twice_in_words_makes_one_agreement(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("能延期两个月吗", "1", "确认", "确认")
        assert "没有改动任何安排" in chat.heard
        assert changes(chat.database) == ZH_SIGNED
        with chat.database.read() as session:
            assert [schedule.version for schedule in chat.schedules(session)] == [1, 2]


async def test_confirming_twice_by_the_button_makes_one_agreement(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("can I have two more months", "option 1")
        await chat.presses("Yes, arrange it")
        await press_earlier(chat, 1, "Yes, arrange it")
        assert "You have already confirmed this" in chat.heard
        assert changes(chat.database) == EN_SIGNED
        with chat.database.read() as session:
            assert [schedule.version for schedule in chat.schedules(session)] == [1, 2]


async def test_a_confirm_button_pressed_after_a_no_is_read_back_again_first(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("能延期两个月吗", "1")
        await chat.presses("不用了")
        await press_earlier(chat, 1, "确认办理")
        assert "请核对" in chat.heard and changes(chat.database) == Changes()
        await chat.presses("确认办理")
        assert changes(chat.database) == ZH_SIGNED


async def test_an_earlier_options_confirm_button_does_not_confirm_the_later_option(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("can I have two more months", "option 1", "option 2")
        await press_earlier(chat, 1, "Yes, arrange it")
        assert "Move this instalment" in chat.heard and "Please check" in chat.heard
        assert changes(chat.database) == Changes()


async def test_the_yes_under_a_promise_never_confirms_an_agreement(talk: Start) -> None:
    async with talk("ZH-LATE", verified=True) as chat:
        await chat.says("我下周五还钱", "还是想延期两个月", "1")
        await press_earlier(chat, 0, "好的")
        assert "还在等您确认" in chat.heard
        assert question(chat) == "confirm_agreement" and changes(chat.database) == Changes()


async def test_the_yes_under_an_earlier_promise_does_not_note_the_later_one(talk: Start) -> None:
    async with talk("EN-LATE", verified=True) as chat:
        await chat.says("I'll pay next Friday", "no wait, 1 December")
        await press_earlier(chat, 0, "Yes")
        assert "1 December" in chat.heard
        assert question(chat) == "confirm_promise" and changes(chat.database) == Changes()


async def test_an_option_of_before_an_agreement_is_worked_out_anew(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("can I have two more months", "option 1", "yes")
        await press_earlier(chat, 0, "Option 2")
        assert "no longer up to date" in chat.heard and question(chat) == "choose_option"
        assert changes(chat.database) == EN_SIGNED


async def test_an_expired_quote_is_not_signed_but_worked_out_anew(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("能延期三个月吗", "1")
        chat.terminal.now = NOW + timedelta(days=5)
        await chat.says("确认")
        assert "最后四位" in chat.heard and "L-ZH-DUE" not in chat.heard
        await chat.identifies()
        assert "已过有效期" in chat.heard and "推迟到2027年3月5日" in chat.heard
        assert changes(chat.database) == Changes()
        await chat.says("1", "确认")
        assert changes(chat.database) == ZH_SIGNED


async def test_a_yes_the_next_morning_counts_once_the_borrower_has_shown_who_they_are(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("can I have two more months", "option 1")
        chat.terminal.now = NOW + timedelta(hours=22)
        await chat.says("yes")
        assert "last four characters" in chat.heard and changes(chat.database) == Changes()
        await chat.identifies()
        assert "It is done" in chat.heard and changes(chat.database) == EN_SIGNED
        assert plan(chat.database, "L-EN-DUE") == quoted_plan(chat.database, "L-EN-DUE")


@pytest.mark.parametrize(
    ("borrower", "ask", "changed", "amount"),
    [
        ("ZH-DUE", "能延期三个月吗", "有了变化", "5398.53"),
        ("EN-DUE", "can I have three more months", "the loan has changed", "3198.56"),
    ],
)
async def test_a_payment_between_quote_and_yes_has_it_worked_out_anew(
    talk: Start, borrower: str, ask: str, changed: str, amount: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, "1")
        pay(chat.database, f"L-{borrower}", amount, date(2026, 11, 20))
        await chat.says("确认" if borrower.startswith("ZH") else "yes")
        assert changed in chat.heard and question(chat) == "choose_option"
        assert changes(chat.database) == Changes()
        with chat.database.read() as session:
            offered = chat.conversation(session).pending["quotes"]
            assert chat.conversation(session).pending["months"] == 3
            assert {
                row["paid"] for quote in chat.quotes(session) if quote.id in offered for row in quote.rows[:6]
            } == {True}


@pytest.mark.parametrize(
    ("borrower", "words", "answer"),
    [
        ("ZH-LATE", "我就是不还，随你们便", "不会催逼您"),
        ("EN-LATE", "I refuse to pay, do what you like", "nobody will press"),
    ],
)
async def test_a_refusal_is_met_calmly_with_ways_forward(
    talk: Start, borrower: str, words: str, answer: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert answer in chat.heard and len(chat.buttons) == 2
        assert changes(chat.database) == Changes()
