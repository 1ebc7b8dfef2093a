"""Where the rules stop: others must agree, staff must approve, fewer months are offered, or a person takes over."""

from __future__ import annotations

import pytest

from loans.agreements import approve
from tests.stack.conftest import Start
from tests.support.book import NOW
from tests.support.changes import Changes, changes, plan, question


@pytest.mark.parametrize(
    ("borrower", "story", "condition", "waiting", "again", "refused"),
    [
        ("ZH-GUARD", ["延期两个月", "1"], "担保人书面同意", "原还款计划不变", "再延一个月", "不能再办另一份"),
        (
            "EN-SECURED",
            ["extend by two months please", "1"],
            "consent of the provider of security",
            "today's plan stays as it is",
            "and one more month please",
            "has to wait for its outcome",
        ),
    ],
)
async def test_a_guaranteed_or_secured_loan_waits_for_the_written_consent_and_keeps_its_plan(
    talk: Start, borrower: str, story: list[str], condition: str, waiting: str, again: str, refused: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        loan = f"L-{borrower}"
        before = plan(chat.database, loan)
        await chat.says(*story)
        assert condition in chat.heard
        await chat.says("确认" if borrower.startswith("ZH") else "yes")
        assert condition in chat.heard and waiting in chat.heard
        expected = Changes(((loan, "extension", "pending_consent"),))
        assert changes(chat.database) == expected and plan(chat.database, loan) == before
        await chat.says(again)
        assert refused in chat.heard and question(chat) == "none"
        assert changes(chat.database) == expected


@pytest.mark.parametrize(
    ("borrower", "ask", "adjusted", "months", "approval", "waiting"),
    [
        (
            "ZH-DUE",
            "能延期12个月吗",
            "您想要 12 个月",
            "推迟到2027年6月5日",
            "还需要同事审批",
            "同事会尽快审批",
        ),
        (
            "EN-DUE",
            "can I have 12 more months",
            "You asked for 12 months",
            "to 5 June 2027",
            "a colleague has to approve",
            "A colleague will decide soon",
        ),
    ],
)
async def test_more_months_than_allowed_become_the_nearest_and_wait_for_approval(
    talk: Start, borrower: str, ask: str, adjusted: str, months: str, approval: str, waiting: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        loan = f"L-{borrower}"
        before = plan(chat.database, loan)
        await chat.says(ask)
        assert adjusted in chat.heard and months in chat.heard
        await chat.says("1")
        assert approval in chat.heard
        await chat.says("确认" if borrower.startswith("ZH") else "yes")
        assert waiting in chat.heard
        assert changes(chat.database) == Changes(((loan, "extension", "pending_approval"),))
        assert plan(chat.database, loan) == before


@pytest.mark.parametrize(
    ("borrower", "ask", "reason", "person"),
    [
        ("ZH-OLD", "我想延期两个月", "138天", "已请同事"),
        ("EN-OLD", "I lost my job and need two more months", "138 days past due", "asked a colleague"),
    ],
)
async def test_more_than_ninety_days_late_a_person_helps(
    talk: Start, borrower: str, ask: str, reason: str, person: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask)
        assert reason in chat.heard and person in chat.heard
        assert chat.state["handover"] == "requested" and question(chat) == "none"
        assert changes(chat.database) == Changes(cases=("hardship",))
        with chat.database.read() as session:
            assert chat.quotes(session) == []


@pytest.mark.parametrize(
    ("borrower", "ask", "yes", "reason"),
    [
        ("ZH-DUE", "再延期一个月可以吗", "确认", "已调整过 2次"),
        ("EN-DUE", "can I have one more month", "yes", "has been changed 2 times"),
    ],
)
async def test_a_second_change_waits_for_a_manager_and_the_third_is_refused_with_its_reason_and_a_case(
    talk: Start, borrower: str, ask: str, yes: str, reason: str
) -> None:
    loan = f"L-{borrower}"
    async with talk(borrower, verified=True) as chat:
        await chat.says(ask, "1", yes, ask, "1", yes)
        done = changes(chat.database)
        assert done.agreements == ((loan, "extension", "active"), (loan, "extension", "pending_approval"))
        with chat.database.write() as session:
            waiting = chat.agreements(session)[1]
            assert waiting.quote.approval_level == "manager"
            approve(session, waiting, NOW, by="m01")
        agreed = plan(chat.database, loan)
        await chat.says(ask)
        assert reason in chat.heard
        done = changes(chat.database)
        assert [status for _, _, status in done.agreements] == ["replaced", "active"]
        assert done.cases == ("hardship",) and plan(chat.database, loan) == agreed
        with chat.database.read() as session:
            assert [schedule.version for schedule in chat.schedules(session)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("borrower", "words", "answer"),
    [("ZH-LATE", "我明年3月1号还", "有点远"), ("EN-LATE", "I will pay on 1 March 2027", "rather far")],
)
async def test_a_promise_too_far_ahead_is_not_noted_and_more_time_is_offered(
    talk: Start, borrower: str, words: str, answer: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert answer in chat.heard and changes(chat.database) == Changes()
        await chat.says("好的" if borrower.startswith("ZH") else "yes")
        assert question(chat) == "choose_option" and changes(chat.database) == Changes()
        with chat.database.read() as session:
            assert chat.conversation(session).pending["months"] == 4


@pytest.mark.parametrize(
    ("borrower", "words", "answer"),
    [
        ("ZH-LATE", "能不能免掉利息，一次性结清", "有权限的同事决定"),
        ("EN-LATE", "would you accept less as a one-off settlement", "decided by a colleague"),
    ],
)
async def test_a_settlement_is_never_promised_by_the_bot(
    talk: Start, borrower: str, words: str, answer: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert answer in chat.heard and chat.state["handover"] == "requested"
        assert changes(chat.database) == Changes(cases=("handover",))
