"""Another option, another kind, another loan, none at all: said in words instead of numbers."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Start
from tests.support.changes import Changes, changes, question

ASK = {"ZH": "能不能延期两个月", "EN": "can I have two more months"}


@pytest.mark.parametrize(
    ("borrower", "choose", "words", "summary"),
    [
        ("ZH-DUE", "1", "换成只还利息吧", "2个月只还利息"),
        ("ZH-DUE", "3", "还是暂停还款那个吧", "暂停还款2个月"),
        ("ZH-DUE", "2", "要便宜的那个", "把这一期推迟到2027年2月5日"),
        ("EN-DUE", "1", "the interest-only one instead", "Pay only interest for 2 months"),
        ("EN-DUE", "2", "no, the cheaper one", "Move this instalment to 5 February 2027"),
    ],
)
async def test_at_a_read_back_another_option_is_named_by_what_it_is(
    talk: Start, borrower: str, choose: str, words: str, summary: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ASK[borrower[:2]], choose, words)
        assert summary in chat.heard and question(chat) == "confirm_agreement"
        assert changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words", "both"),
    [
        ("ZH-DUE", "要那个时间长的", ["选2", "选3", "找人工"]),
        ("EN-DUE", "the longer one", ["Option 2", "Option 3", "A person, please"]),
    ],
)
async def test_where_two_options_are_meant_only_these_are_asked_about(
    talk: Start, borrower: str, words: str, both: list[str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ASK[borrower[:2]], words)
        assert chat.buttons == both and question(chat) == "choose_option"
        await chat.presses(both[1])
        assert question(chat) == "confirm_agreement"


@pytest.mark.parametrize(
    ("borrower", "words", "summary"),
    [
        ("ZH-DUE", "我想先还利息三个月", "3个月只还利息"),
        ("EN-DUE", "can I pay interest only for 3 months", "Pay only interest for 3 months"),
    ],
)
async def test_a_kind_asked_for_by_name_is_what_is_offered(
    talk: Start, borrower: str, words: str, summary: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert summary in chat.heard and question(chat) == "choose_option"


@pytest.mark.parametrize(
    ("borrower", "words", "summary"),
    [
        ("ZH-DUE", "都不行，能不能3个月", "推迟到2027年3月5日"),
        ("EN-DUE", "none of these, can you do 3 months instead", "Move this instalment to 5 March 2027"),
        ("EN-DUE", "no, 1500 a month is all I can do", "Pay at most ¥1,500.00 each time"),
    ],
)
async def test_a_no_with_another_proposal_is_answered_with_that(
    talk: Start, borrower: str, words: str, summary: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ASK[borrower[:2]], words)
        assert summary in chat.heard and changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words", "person"),
    [
        ("ZH-DUE", ["都不合适"], "找人工"),
        ("ZH-DUE", ["1", "这些都不行"], "找人工"),
        ("EN-DUE", ["none of these work for me"], "A person, please"),
        ("EN-DUE", ["option 1", "no, none of them"], "A person, please"),
    ],
)
async def test_who_refuses_every_option_is_offered_a_person_and_staff_know(
    talk: Start, borrower: str, words: list[str], person: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ASK[borrower[:2]], *words)
        assert person in chat.buttons and changes(chat.database) == Changes(cases=("hardship",))
        with chat.database.read() as session:
            case = chat.cases(session)["hardship"]
            assert case.reason == "options_refused" and words[-1] in case.details


@pytest.mark.parametrize(
    ("borrower", "words", "answers", "first", "second"),
    [
        (
            "ZH-TWO",
            ["两笔都要延期两个月"],
            ["1", "好的", "1", "好的"],
            "先看贷款 L-ZH-TWO-A",
            "接下来看另一笔",
        ),
        (
            "ZH-TWO",
            ["我要延期两个月", "两笔都要"],
            ["1", "好的", "1", "好的"],
            "先看贷款 L-ZH-TWO-A",
            "接下来看另一笔",
        ),
        (
            "EN-TWO",
            ["I need two more months on both loans"],
            ["1", "yes", "1", "yes"],
            "first loan L-EN-TWO-A",
            "Now the other one",
        ),
    ],
)
async def test_both_loans_are_arranged_one_after_the_other(
    talk: Start, borrower: str, words: list[str], answers: list[str], first: str, second: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(*words)
        assert first in chat.heard
        await chat.says(*answers[:2])
        assert second in chat.heard and question(chat) == "choose_option"
        await chat.says(*answers[2:])
        assert changes(chat.database).schedules == (f"L-{borrower}-A", f"L-{borrower}-B")


@pytest.mark.parametrize(
    ("borrower", "words", "no", "second", "yes"),
    [
        ("ZH-TWO", "两笔都要延期两个月", "都不合适", "接下来看另一笔", "好的"),
        (
            "EN-TWO",
            "I need two more months on both loans",
            "none of these work for me",
            "Now the other one",
            "yes",
        ),
    ],
)
async def test_a_no_to_the_first_loan_leads_to_the_second(
    talk: Start, borrower: str, words: str, no: str, second: str, yes: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words, no)
        assert second in chat.heard
        await chat.says("1", yes)
        assert changes(chat.database).schedules == (f"L-{borrower}-B",)


@pytest.mark.parametrize(
    ("borrower", "words", "parts"),
    [
        ("ZH-FINED", "延两个月再把罚息免了", ["免除罚息126.30元", "推迟到2027年1月5日"]),
        ("ZH-DUE", "延两个月，还款日改到每月15号", ["把还款日改到15号", "推迟到2027年2月5日"]),
        ("ZH-DUE", "利率降一点，再延三个月", ["同事决定", "推迟到2027年3月5日"]),
        ("EN-FINED", "two more months and drop the late fees please", ["Waive ¥126.30", "5 January 2027"]),
        ("EN-DUE", "lower my interest rate and give me three more months", ["colleague", "5 March 2027"]),
    ],
)
async def test_no_part_of_a_double_wish_is_lost(
    talk: Start, borrower: str, words: str, parts: list[str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert all(part in chat.heard for part in parts) and question(chat) == "choose_option"
