"""The borrower says it otherwise before confirming: what was said last counts, and only that."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Start
from tests.support.changes import Changes, changes, plan, question, quoted_plan


async def test_three_months_become_two_before_a_yes_in_chinese(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("能不能延期三个月", "第一个")
        assert "推迟到2027年3月5日" in chat.heard
        await chat.says("换成两个月吧")
        assert question(chat) == "choose_option" and "推迟到2027年2月5日" in chat.heard
        await chat.says("第一个", "确认")
        assert changes(chat.database) == Changes(
            (("L-ZH-DUE", "extension", "active"),), schedules=("L-ZH-DUE",)
        )
        assert plan(chat.database, "L-ZH-DUE")[5][1] == "2027-01-05"
        with chat.database.read() as session:
            assert chat.agreements(session)[0].quote.params["months"] == 2


async def test_three_months_become_two_before_a_yes_in_english(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("can I have three months", "the second")
        assert "Pause all payments for 3 months" in chat.heard
        await chat.says("actually two months would be enough")
        assert "Pause all payments for 2 months" in chat.heard
        await chat.says("the second", "yes")
        assert changes(chat.database) == Changes(
            (("L-EN-DUE", "deferral", "active"),), schedules=("L-EN-DUE",)
        )
        with chat.database.read() as session:
            assert chat.agreements(session)[0].quote.params["months"] == 2


async def test_a_yes_with_other_months_in_it_is_no_yes(talk: Start) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("能不能延期三个月", "1", "好的，不过要两个月")
        assert changes(chat.database) == Changes()
        assert "推迟到2027年2月5日" in chat.heard


async def test_another_of_the_same_options_is_read_back_instead(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("can I have three months", "option 2", "no wait, the first one")
        assert "Please check" in chat.heard and "Move this instalment to 5 March 2027" in chat.heard
        assert changes(chat.database) == Changes()
        await chat.says("yes")
        assert changes(chat.database) == Changes(
            (("L-EN-DUE", "extension", "active"),), schedules=("L-EN-DUE",)
        )
        assert plan(chat.database, "L-EN-DUE") == quoted_plan(chat.database, "L-EN-DUE")


async def test_a_change_of_mind_may_name_the_option_that_is_wanted(talk: Start) -> None:
    async with talk("ZH-LATE", verified=True) as chat:
        await chat.says("我想延期两个月", "第三个", "算了，还是第二个")
        assert "请核对" in chat.heard and "暂停还款2个月" in chat.heard
        await chat.presses("确认办理")
        assert changes(chat.database) == Changes(
            (("L-ZH-LATE", "deferral", "active"),), schedules=("L-ZH-LATE",)
        )


@pytest.mark.parametrize(
    ("borrower", "words", "choice", "other", "expected"),
    [
        ("ZH-DUE", "能不能延期四个月", "选1", "看其他方案", "推迟到2027年4月5日"),
        (
            "EN-DUE",
            "can I have four more months",
            "Option 1",
            "Other options",
            "Move this instalment to 5 April 2027",
        ),
    ],
)
async def test_looking_at_the_other_options_keeps_the_months_that_were_asked_for(
    talk: Start, borrower: str, words: str, choice: str, other: str, expected: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        await chat.presses(choice)
        await chat.presses(other)
        assert question(chat) == "choose_option" and expected in chat.heard
        assert changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "story", "promise"),
    [
        ("ZH-DUE", ["我12月5号还3000", "不对，是12月8号", "好的"], ("2026-12-08", "3000.00")),
        ("ZH-DUE", ["我12月5号还3000", "金额改成3500", "好的"], ("2026-12-05", "3500.00")),
        ("EN-DUE", ["I will pay 3000 on 5 December", "no wait, the 8th", "yes"], ("2026-12-08", "3000.00")),
        (
            "EN-DUE",
            ["I will pay 3000 on 5 December", "sorry, I meant ¥3500", "yes"],
            ("2026-12-05", "3500.00"),
        ),
    ],
)
async def test_another_day_or_amount_is_read_back_again_and_only_the_last_is_noted(
    talk: Start, borrower: str, story: list[str], promise: tuple[str, str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(*story[:-1])
        assert question(chat) == "confirm_promise" and changes(chat.database) == Changes()
        await chat.says(story[-1])
        assert changes(chat.database) == Changes(promises=((f"L-{borrower}", *promise),))
        with chat.database.read() as session:
            assert len(chat.promises(session)) == 1


async def test_a_new_promise_takes_the_place_of_the_old(talk: Start) -> None:
    async with talk("ZH-LATE", verified=True) as chat:
        await chat.says("我下周五还钱", "对", "改成12月1号还2000元吧", "对")
        assert "2,000.00元" in chat.heard
        assert changes(chat.database) == Changes(promises=(("L-ZH-LATE", "2026-12-01", "2000.00"),))
        with chat.database.read() as session:
            assert sorted(word.status for word in chat.promises(session)) == ["cancelled", "open"]


async def test_a_correction_that_does_not_say_into_what_is_asked_about(talk: Start) -> None:
    async with talk("EN-LATE", verified=True) as chat:
        await chat.says("I'll pay next Friday", "make it something else")
        assert changes(chat.database) == Changes()
        await chat.says("8 December, 1500 yuan", "yes")
        assert changes(chat.database) == Changes(promises=(("L-EN-LATE", "2026-12-08", "1500.00"),))
