"""The characters of the ID and a request in one message: both count at once."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Start
from tests.support.changes import Changes, changes, question


@pytest.mark.parametrize(
    ("borrower", "words", "answer"),
    [
        ("ZH-LATE", "我要延期，3307", "推迟到2027年1月1日"),
        ("ZH-LATE", "身份证后四位是3307，我还欠多少", "62,062.94元"),
        ("ZH-LATE", "3307 下次什么时候还", "2026年11月1日"),
        ("EN-DUE", "I need two more months, my ID ends in 204X", "Move this instalment to 5 February 2027"),
        ("EN-DUE", "how much do I owe, 204X", "¥22,389.86"),
        ("EN-LATE", "I lost my job 4410", "For loan L-EN-LATE"),
    ],
)
async def test_a_request_with_the_characters_is_answered_at_once(
    talk: Start, borrower: str, words: str, answer: str
) -> None:
    async with talk(borrower) as chat:
        await chat.says(words)
        assert chat.state["verified"] and answer in chat.heard


@pytest.mark.parametrize(
    ("borrower", "ask", "words", "answers"),
    [
        ("ZH-LATE", "能不能延期两个月", "3307，我还欠多少", ["62,062.94元", "推迟到2027年1月1日"]),
        (
            "EN-LATE",
            "can I have two more months",
            "4410, and how much do I owe?",
            ["Loan L-EN-LATE:", "Pause all payments for 2 months"],
        ),
    ],
)
async def test_what_was_asked_before_is_not_lost(
    talk: Start, borrower: str, ask: str, words: str, answers: list[str]
) -> None:
    async with talk(borrower) as chat:
        await chat.says(ask, words)
        assert all(answer in chat.heard for answer in answers) and question(chat) == "choose_option"


@pytest.mark.parametrize(
    ("borrower", "words", "said", "after"),
    [
        ("ZH-LATE", "我要延期，3308", "对不上", "推迟到2027年1月1日"),
        ("EN-LATE", "how much do I owe? 4411", "do not match", "Loan L-EN-LATE:"),
    ],
)
async def test_wrong_characters_reveal_nothing_and_the_request_waits_for_the_right_ones(
    talk: Start, borrower: str, words: str, said: str, after: str
) -> None:
    async with talk(borrower) as chat:
        await chat.says(words)
        assert said in chat.heard and "L-" not in chat.heard and not chat.state["verified"]
        await chat.identifies()
        assert after in chat.heard and changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words", "said"), [("ZH-LATE", "3307 谢谢", "已确认"), ("EN-LATE", "4410 hi", "confirmed")]
)
async def test_courtesies_beside_the_characters_are_no_request(
    talk: Start, borrower: str, words: str, said: str
) -> None:
    async with talk(borrower) as chat:
        await chat.says(words)
        assert said in chat.heard and chat.state["verified"]
