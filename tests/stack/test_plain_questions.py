"""Questions that have an answer of their own: what settles the loan, the papers, who hears of it, the rate."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Start
from tests.support.changes import Changes, changes, question


@pytest.mark.parametrize(
    ("borrower", "words", "total", "on"),
    [
        ("ZH-LATE", "提前还清要多少", "57,052.19元", "2026年11月20日"),
        ("ZH-DUE", "现在一次性结清要多少钱", "元", "2026年11月20日"),
        ("EN-LATE", "how much to pay it all off", "¥34,231.31", "20 November 2026"),
        ("EN-LATE", "how much to settle it on 1 December?", "¥34,376.39", "1 December 2026"),
    ],
)
async def test_what_settles_the_loan_is_told_with_its_day_once_the_borrower_is_known(
    talk: Start, borrower: str, words: str, total: str, on: str
) -> None:
    async with talk(borrower) as chat:
        await chat.says(words)
        assert question(chat) == "identity" and "L-" not in chat.heard
        await chat.identifies()
        assert total in chat.heard and on in chat.heard and changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words"),
    [("ZH-DUE", "一次性结清能打几折"), ("EN-DUE", "would you take less if I settle it today")],
)
async def test_who_asks_to_pay_less_is_not_told_the_whole_figure_instead(
    talk: Start, borrower: str, words: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        turn = await chat.says(words)
        assert "action_payoff" not in turn.as_json()["actions"]


@pytest.mark.parametrize(
    ("borrower", "ask", "yes", "words", "none"),
    [
        ("ZH-DUE", "能不能延期两个月", "好的", "把协议文件发给我", "还没有在这里办过调整"),
        ("EN-DUE", "can I have two more months", "yes", "send me the agreement", "no agreement to send"),
    ],
)
async def test_papers_are_sent_when_there_are_any(
    talk: Start, borrower: str, ask: str, yes: str, words: str, none: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert none in chat.heard
        await chat.says(ask, "1", yes, words)
        kinds = [reply["attachment"]["kind"] for reply in chat.last.replies if reply.get("attachment")]
        assert kinds == ["agreement", "calendar"] or chat.state["agreement"]["id"][:8] in chat.heard


@pytest.mark.parametrize(
    ("borrower", "words", "said"),
    [
        ("ZH-LATE", "你们会告诉我家人吗", "只在这里和您本人说"),
        ("ZH-LATE", "会上门吗", "只在这里和您本人说"),
        ("ZH-LATE", "会通知担保人吗", "担保人"),
        ("EN-LATE", "will you tell my boss?", "with you alone"),
        ("EN-LATE", "will someone come to my house", "with you alone"),
        ("EN-LATE", "will my employer be told about this?", "with you alone"),
    ],
)
async def test_who_hears_of_it_is_answered_plainly_and_says_nothing_of_a_loan(
    talk: Start, borrower: str, words: str, said: str
) -> None:
    async with talk(borrower) as chat:
        await chat.says(words)
        assert said in chat.heard and "L-" not in chat.heard


@pytest.mark.parametrize(
    ("borrower", "words", "rate", "interest"),
    [
        ("ZH-DUE", "利率是多少", "14.4%", "432.47元"),
        ("ZH-DUE", "利息多少", "14.4%", "432.47元"),
        ("EN-DUE", "what rate am I paying", "12%", "¥215.20"),
        ("EN-DUE", "how much interest is in my next payment", "12%", "¥215.20"),
    ],
)
async def test_the_rate_and_the_interest_of_the_next_instalment_are_told(
    talk: Start, borrower: str, words: str, rate: str, interest: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert rate in chat.heard and interest in chat.heard


@pytest.mark.parametrize(
    ("borrower", "words", "offered"),
    [
        ("ZH-DUE", "傻逼，我要延期两个月", "推迟到2027年2月5日"),
        (
            "EN-DUE",
            "you useless idiots, just give me two more months",
            "Move this instalment to 5 February 2027",
        ),
    ],
)
async def test_a_request_made_in_anger_is_answered(
    talk: Start, borrower: str, words: str, offered: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert offered in chat.heard and question(chat) == "choose_option"
