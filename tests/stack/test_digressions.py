"""Something else comes up in the middle: it is answered, the question is put again, and a yes still means that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.stack.conftest import Start
from tests.support.book import NOW
from tests.support.changes import Changes, changes, plan, question, quoted_plan

ZH_ASIDES = [
    ("我还欠多少", "37,789.66元"),
    ("下次什么时候还", "下次还款日是 2026年12月5日"),
    ("这是真的吗？", "您谨慎是对的"),
    ("谢谢", "不客气"),
    ("今天天气真好", "这个我帮不上忙"),
    ("你好", "智能客服助手"),
    ("怎么还钱", "官方渠道"),
    ("菜单", "点下面的按钮"),
]
EN_ASIDES = [
    ("how much do I owe", "¥22,389.86"),
    ("when is my next payment due", "5 December 2026"),
    ("is this real?", "You are right to be careful"),
    ("thanks", "You are welcome"),
    ("what's the weather like", "I cannot help with that"),
    ("hello", "AI assistant"),
    ("how can I pay", "official routes"),
    ("menu", "Choose below"),
]


@pytest.mark.parametrize(("aside", "answer"), ZH_ASIDES)
async def test_an_aside_before_the_yes_leaves_the_question_standing_in_chinese(
    talk: Start, aside: str, answer: str
) -> None:
    async with talk("ZH-DUE", verified=True) as chat:
        await chat.says("能不能延期两个月", "1", aside)
        assert answer in chat.heard
        assert "还在等您确认" in chat.heard and "确认办理" in chat.buttons
        assert changes(chat.database) == Changes()
        await chat.says("好的，确认")
        assert "办好了" in chat.heard
        assert changes(chat.database) == Changes(
            (("L-ZH-DUE", "extension", "active"),), schedules=("L-ZH-DUE",)
        )
        assert plan(chat.database, "L-ZH-DUE") == quoted_plan(chat.database, "L-ZH-DUE")


@pytest.mark.parametrize(("aside", "answer"), EN_ASIDES)
async def test_an_aside_before_the_yes_leaves_the_question_standing_in_english(
    talk: Start, aside: str, answer: str
) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("can I have two more months", "option 1", aside)
        assert answer in chat.heard
        assert "still waiting for your answer" in chat.heard and "Yes, arrange it" in chat.buttons
        assert changes(chat.database) == Changes()
        await chat.says("yes please")
        assert changes(chat.database) == Changes(
            (("L-EN-DUE", "extension", "active"),), schedules=("L-EN-DUE",)
        )
        assert plan(chat.database, "L-EN-DUE") == quoted_plan(chat.database, "L-EN-DUE")


@pytest.mark.parametrize(
    ("borrower", "ask", "asides", "choose", "confirm", "kind"),
    [
        ("ZH-LATE", "我想延期两个月", ["我还欠多少", "谢谢"], "选2", "确认办理", "deferral"),
        (
            "EN-LATE",
            "I need two more months",
            ["how much do I owe", "thanks"],
            "Option 2",
            "Yes, arrange it",
            "deferral",
        ),
    ],
)
async def test_the_options_stay_open_through_asides_and_can_still_be_pressed(
    talk: Start, borrower: str, ask: str, asides: list[str], choose: str, confirm: str, kind: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, *asides)
        assert question(chat) == "choose_option"
        await chat.presses(choose)
        await chat.presses(confirm)
        loan = f"L-{borrower}"
        assert changes(chat.database) == Changes(((loan, kind, "active"),), schedules=(loan,))


@pytest.mark.parametrize(
    ("borrower", "story", "again", "promise"),
    [
        ("ZH-LATE", ["我下周五还2000元", "我一共还欠多少？"], "请核对", ("2026-11-27", "2000.00")),
        (
            "EN-LATE",
            ["I'll pay 2000 next Friday", "how much do I owe?"],
            "Please check",
            ("2026-11-27", "2000.00"),
        ),
    ],
)
async def test_a_promise_waits_through_a_question_about_the_balance(
    talk: Start, borrower: str, story: list[str], again: str, promise: tuple[str, str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(*story)
        assert again in chat.heard and changes(chat.database) == Changes()
        await chat.says("对" if borrower.startswith("ZH") else "yes")
        assert changes(chat.database) == Changes(promises=((f"L-{borrower}", *promise),))


async def test_a_greeting_before_the_identity_does_not_lose_what_was_wanted(talk: Start) -> None:
    async with talk("ZH-LATE") as chat:
        await chat.says("能不能延期三个月", "你好")
        assert "最后四位" in chat.heard and "L-ZH-LATE" not in chat.heard
        await chat.identifies()
        assert "推迟到2027年2月1日" in chat.heard
        assert question(chat) == "choose_option" and changes(chat.database) == Changes()


async def test_a_complaint_before_the_identity_is_heard_as_a_complaint(talk: Start) -> None:
    async with talk("EN-LATE") as chat:
        await chat.says("could I have two more months?", "I am going to complain to the regulator about you")
        assert "right to complain" in chat.heard
        assert changes(chat.database) == Changes(cases=("complaint",))
        await chat.identifies()
        assert "L-EN-LATE" in chat.heard and question(chat) == "choose_option"


async def test_two_misses_apart_do_not_bring_a_person_unasked(talk: Start) -> None:
    async with talk("EN-DUE", verified=True) as chat:
        await chat.says("blorp zzt frumious", "how much do I owe", "grmpf xyzzy wibble")
        assert chat.state["handover"] is None
        assert changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "ask", "choose", "aside", "answer", "anew"),
    [
        ("ZH-DUE", "能延期三个月吗", "1", "我还欠多少", "37,789.66元", "推迟到2027年3月5日"),
        ("EN-DUE", "can I have three more months", "1", "how much do I owe", "¥22,389.86", "5 March 2027"),
    ],
)
async def test_days_later_an_aside_is_answered_and_the_offer_worked_out_anew(
    talk: Start, borrower: str, ask: str, choose: str, aside: str, answer: str, anew: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, choose)
        chat.terminal.now = NOW + timedelta(days=5)
        await chat.says(aside)
        assert question(chat) == "identity"
        await chat.identifies()
        assert answer in chat.heard and anew in chat.heard and question(chat) == "choose_option"
        assert changes(chat.database) == Changes()
