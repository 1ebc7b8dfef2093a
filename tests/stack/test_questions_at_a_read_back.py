"""A question among the options or at a read-back is answered, and the open one is put again in a line."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Start
from tests.support.changes import Changes, changes, question

ZH = ("ZH-DUE", "能不能延期两个月", "1", "好的，确认", "确认办理", "还在等您确认")
EN = (
    "EN-DUE",
    "can I have two more months",
    "option 1",
    "yes",
    "Yes, arrange it",
    "still waiting for your answer",
)


@pytest.mark.parametrize(
    ("story", "asks", "figure"),
    [
        (ZH, "会多收多少利息？", "多付119.19元"),
        (ZH, "这要多花多少钱", "多付119.19元"),
        (ZH, "这样划算吗", "多付119.19元"),
        (EN, "what does it cost me", "¥59.67 more"),
        (EN, "how much extra interest is that", "¥59.67 more"),
        (EN, "is there any fee for this?", "¥59.67 more"),
    ],
)
async def test_what_it_costs_is_answered_with_the_figures_of_the_option(
    talk: Start, story: tuple[str, ...], asks: str, figure: str
) -> None:
    borrower, ask, choose, yes, button, waiting = story
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, choose, asks)
        assert figure in chat.heard and "罚息" not in chat.heard and "enalt" not in chat.heard
        again = chat.last.replies[-1]["text"]
        assert waiting in again and "\n" not in again and button in chat.buttons
        assert changes(chat.database) == Changes()
        await chat.says(yes)
        assert changes(chat.database).schedules == (f"L-{borrower}",)


@pytest.mark.parametrize(
    ("borrower", "ask", "asks", "lines"),
    [
        ("ZH-DUE", "能不能延期两个月", "会多收多少利息？", ["方案1：", "方案2：", "方案3："]),
        (
            "EN-DUE",
            "can I have two more months",
            "what does it cost me",
            ["Option 1:", "Option 2:", "Option 3:"],
        ),
    ],
)
async def test_among_options_each_ones_cost_is_told(
    talk: Start, borrower: str, ask: str, asks: str, lines: list[str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, asks)
        assert all(line in chat.heard for line in lines) and question(chat) == "choose_option"
        await chat.says("2")
        assert question(chat) == "confirm_agreement"


@pytest.mark.parametrize(
    ("borrower", "words", "answer"),
    [("ZH-FINED", "罚息多少", "126.30元"), ("EN-FINED", "how much are the late fees?", "¥176.30")],
)
async def test_a_question_about_late_charges_is_still_about_late_charges(
    talk: Start, borrower: str, words: str, answer: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says("能不能延期两个月" if borrower == "ZH-FINED" else "can I have two more months", words)
        assert answer in chat.heard or "176.30" in chat.heard


@pytest.mark.parametrize(
    ("borrower", "ask", "choose", "wait", "said", "yes"),
    [
        ("ZH-DUE", "能不能延期两个月", "1", "等等", "不着急", "好的"),
        ("ZH-DUE", "能不能延期两个月", "2", "让我想想", "不着急", "确认"),
        ("ZH-DUE", "能不能延期两个月", "1", "好的，等一下", "不着急", "确认"),
        (
            "EN-DUE",
            "can I have two more months",
            "option 1",
            "ok, one moment please",
            "take your time",
            "yes",
        ),
        ("EN-DUE", "can I have two more months", "option 1", "wait", "take your time", "yes"),
        (
            "EN-DUE",
            "can I have two more months",
            "option 2",
            "hold on, let me think",
            "take your time",
            "yes please",
        ),
    ],
)
async def test_who_needs_a_moment_loses_nothing(
    talk: Start, borrower: str, ask: str, choose: str, wait: str, said: str, yes: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, choose, wait)
        assert said in chat.heard and "2026" in chat.heard and question(chat) == "confirm_agreement"
        assert changes(chat.database) == Changes()
        await chat.says(yes)
        assert changes(chat.database).schedules == (f"L-{borrower}",)
