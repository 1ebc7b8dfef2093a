"""After a cry for help: no two answers alike in a row, business is parked kindly, and staff are told again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.stack.conftest import Start
from tests.support.look import OF_A_DEBT, nothing_changed, templates


@pytest.mark.parametrize(
    ("borrower", "story"),
    [
        (
            "ZH-DUE",
            [
                "我不想活了",
                "我还欠多少",
                "在吗",
                "能不能延期",
                "你是机器人吧",
                "我真的不想活了",
                "活着没意思，想死",
            ],
        ),
        (
            "EN-DUE",
            [
                "I want to kill myself",
                "how much do I owe",
                "hello?",
                "I need more time",
                "are you a robot",
                "I really want to die",
            ],
        ),
        ("ZH-LATE", ["一把火烧了你们公司", "还欠多少", "一把火烧了你们公司"]),
    ],
)
async def test_no_answer_is_read_out_twice_in_a_row(talk: Start, borrower: str, story: list[str]) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(*story)
        with chat.database.read() as session:
            said = templates(chat, session)
            assert all(one != other for one, other in pairwise(said))
            assert len(said) == len(story) and nothing_changed(session)


@pytest.mark.parametrize(
    ("borrower", "cry", "business", "parked"),
    [
        ("ZH-DUE", "我不想活了", "能不能延期两个月", "会有同事帮您处理"),
        (
            "EN-DUE",
            "I want to kill myself",
            "can I have two more months",
            "a colleague will help you with it",
        ),
    ],
)
async def test_business_is_parked_with_the_lines_to_call(
    talk: Start, borrower: str, cry: str, business: str, parked: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(cry, business)
        assert parked in chat.heard and "12356" in chat.heard and not OF_A_DEBT.search(chat.heard)


@pytest.mark.parametrize(
    ("borrower", "cries"),
    [
        ("ZH-DUE", ["我不想活了", "我真的不想活了"]),
        ("EN-DUE", ["I want to kill myself", "I really want to die"]),
    ],
)
async def test_staff_are_told_of_a_second_cry(talk: Start, borrower: str, cries: list[str]) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(*cries)
        with chat.database.read() as session:
            case = chat.cases(session)["crisis"]
            assert "again" in case.details and case.changed_at is not None


@pytest.mark.parametrize(
    ("borrower", "words"),
    [
        ("ZH-DUE", "我撑不住了，能不能宽限几天"),
        ("EN-DUE", "I can't hold on any longer, can you give me a few days"),
    ],
)
async def test_who_is_at_the_end_of_their_means_and_asks_for_time_is_given_options(
    talk: Start, borrower: str, words: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert chat.state["handover"] is None and f"L-{borrower}" in chat.heard
