"""What borrowers ask for by name: so much a month, another due date, less penalty, a settlement, an unmarked record."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Start
from tests.support.changes import Changes, changes, plan, question, quoted_plan

YES = {"ZH": ("选1", "确认办理"), "EN": ("Option 1", "Yes, arrange it")}

GRANTED_AT_ONCE = [
    ("ZH-DUE", "每月只能还4000", "每期最多还4,000.00元，分10期还清", "affordable"),
    ("ZH-DUE", "我每个月最多还四千块，可以吗", "每期最多还4,000.00元，分10期还清", "affordable"),
    ("ZH-DUE", "每月还5400还不起，只能还4000", "每期最多还4,000.00元，分10期还清", "affordable"),
    ("ZH-DUE", "每月还2000，先还三个月行吗", "先3个月每期最多还2,000.00元", "partial_payment"),
    ("ZH-DUE", "发工资是15号，能改到15号还吗", "把还款日改到15号", "move_due_date"),
    ("ZH-DUE", "能改还款日吗，改到20号", "把还款日改到20号", "move_due_date"),
    ("ZH-FINED", "能不能减免罚息", "免除罚息126.30元和费用50.00元：", "waive"),
    ("ZH-FINED", "能不能免掉罚息，再延期两个月", "并把这一期推迟到2027年1月5日", "waive+extension"),
    ("EN-DUE", "I can pay 2500 a month", "Pay at most ¥2,500.00 each time, in 10 instalments", "affordable"),
    (
        "EN-DUE",
        "I could manage 2,800 per month",
        "Pay at most ¥2,800.00 each time, in 9 instalments",
        "affordable",
    ),
    (
        "EN-DUE",
        "move my due date to the 10th please, I'm paid on the 8th",
        "Move the due date to the 10th of the month",
        "move_due_date",
    ),
    (
        "EN-FINED",
        "could you waive the late fee please",
        "Waive ¥126.30 of penalties and ¥50.00 of fees:",
        "waive",
    ),
    (
        "EN-FINED",
        "please waive the penalties and give me two months",
        "and move this instalment to 5 January 2027",
        "waive+extension",
    ),
]


@pytest.mark.parametrize(("borrower", "words", "summary", "kind"), GRANTED_AT_ONCE)
async def test_what_is_asked_for_by_name_is_offered_read_back_and_becomes_exactly_what_was_quoted(
    talk: Start, borrower: str, words: str, summary: str, kind: str
) -> None:
    first, yes = YES[borrower[:2]]
    loan = f"L-{borrower}"
    async with talk(borrower, verified=True) as chat:
        before = plan(chat.database, loan)
        await chat.says(words)
        assert summary in chat.heard and question(chat) == "choose_option"
        assert changes(chat.database) == Changes() and plan(chat.database, loan) == before
        await chat.presses(first)
        assert summary in chat.heard and question(chat) == "confirm_agreement"
        assert changes(chat.database) == Changes()
        await chat.presses(yes)
        done = changes(chat.database)
        assert (done.agreements, done.schedules, done.promises) == (((loan, kind, "active"),), (loan,), ())
        assert plan(chat.database, loan) == quoted_plan(chat.database, loan)


WAITS_FOR_APPROVAL = [
    ("ZH-OLD", "一次性结清能减免多少", "协商结清：只剩一次还款", "settlement"),
    ("ZH-LATE", "可以减免利息吗", "免除利息558.42元", "waive"),
    ("ZH-DUE", "可以停息三个月吗", "从2026年12月5日起3个月不计利息", "interest_pause"),
    ("ZH-BULLET", "贷款到期能续贷吗", "不用先还本金，续贷12个月", "renewal"),
    ("ZH-LATE", "能不能先别上报征信", "保护征信3个月，还款安排不变", "credit_protection"),
    ("EN-OLD", "can I settle for less", "Settle the loan: one payment is left", "settlement"),
    ("EN-DUE", "can you lower my interest rate to 10%", "Lower the yearly rate to 10%", "reduce_rate"),
    (
        "EN-BULLET",
        "can i renew the loan instead of paying it now",
        "Renew the loan for 12 months at 10.8% a year",
        "renewal",
    ),
    (
        "EN-LATE",
        "please don't report me to the credit bureau",
        "Protect your credit record for 3 months",
        "credit_protection",
    ),
]


@pytest.mark.parametrize(("borrower", "words", "summary", "kind"), WAITS_FOR_APPROVAL)
async def test_what_staff_must_approve_is_offered_as_such_and_changes_nothing_until_they_do(
    talk: Start, borrower: str, words: str, summary: str, kind: str
) -> None:
    first, yes = YES[borrower[:2]]
    loan = f"L-{borrower}"
    async with talk(borrower, verified=True) as chat:
        before = plan(chat.database, loan)
        await chat.says(words)
        assert summary in chat.heard
        assert ("要同事审批" if borrower.startswith("ZH") else "once a colleague approves") in chat.heard
        await chat.presses(first)
        await chat.presses(yes)
        assert changes(chat.database) == Changes(agreements=((loan, kind, "pending_approval"),))
        assert plan(chat.database, loan) == before


@pytest.mark.parametrize(
    ("borrower", "words", "why", "instead"),
    [
        ("ZH-DUE", "每个月最多还100块", "每期至少 432.48元 才会慢慢还清", "把这一期推迟到"),
        ("ZH-DUE", "我每个月只能还2000", "期限最多延长 12个月", "把剩余欠款重新分成19期"),
        ("ZH-DUE", "能续贷吗", "续贷只适用于到期一次还本的贷款", "把这一期推迟到"),
        ("EN-DUE", "I can only afford 50 a month", "it falls from ¥215.21 on", "Move this instalment to"),
        (
            "EN-DUE",
            "I can only pay 1200 a month",
            "the term can grow by up to 12 months",
            "Spread what is left over 19 instalments",
        ),
        ("EN-DUE", "roll over my loan please", "principal is due at the end", "Move this instalment to"),
    ],
)
async def test_what_is_refused_is_explained_and_something_allowed_is_offered_instead(
    talk: Start, borrower: str, words: str, why: str, instead: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert why in chat.heard and instead in chat.heard
        assert question(chat) == "choose_option" and changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words", "why"),
    [
        ("ZH-DUE", "一次性还清能减免吗", "目前的分类是“正常”"),
        ("EN-DUE", "would you take less if I pay it off in one go", "classed as normal"),
        ("ZH-DUE", "能不能降低利率", "有权限的同事决定"),
        ("EN-DUE", "can you lower my interest rate", "decided by a colleague"),
    ],
)
async def test_what_only_a_colleague_can_decide_is_passed_on_with_the_reason(
    talk: Start, borrower: str, words: str, why: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert why in chat.heard and chat.state["handover"] == "requested" and question(chat) == "none"
        assert changes(chat.database) == Changes(cases=("handover",))


@pytest.mark.parametrize(
    ("borrower", "words", "answer"),
    [
        ("ZH-DUE", "罚息能不能免掉", "没有可以减免的金额"),
        ("EN-DUE", "can you waive the late fee", "There is nothing to waive"),
    ],
)
async def test_who_owes_no_penalty_is_told_so_and_nobody_is_called(
    talk: Start, borrower: str, words: str, answer: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert answer in chat.heard and chat.state["handover"] is None
        assert changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words", "asked", "answer", "summary"),
    [
        ("ZH-DUE", "我每个月能还两三千吧", "每个月准确能还多少", "3000", "每期最多还3,000.00元"),
        ("ZH-DUE", "每个月还0元可以吗", "每个月准确能还多少", "每月3000", "每期最多还3,000.00元"),
        ("EN-DUE", "I can pay $300 a month", "repaid in yuan", "2000 a month", "Pay at most ¥2,000.00"),
        ("EN-DUE", "I can pay 2000 to 2500 a month", "How much exactly", "2500", "Pay at most ¥2,500.00"),
        ("EN-DUE", "I can pay -800 a month", "How much exactly", "2500", "Pay at most ¥2,500.00"),
    ],
)
async def test_an_amount_in_doubt_is_asked_for_before_a_plan_is_worked_out(
    talk: Start, borrower: str, words: str, asked: str, answer: str, summary: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert asked in chat.heard and question(chat) == "offer_relief"
        await chat.says(answer)
        assert summary in chat.heard and question(chat) == "choose_option"
        assert changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words", "after", "summary"),
    [
        ("ZH-DUE", "每月只能还4000", "不用了，每个月还3000吧", "每期最多还3,000.00元"),
        (
            "EN-DUE",
            "I can pay 2500 a month",
            "no, I can only pay 2000 a month",
            "at most ¥2,000.00 each time",
        ),
        ("ZH-DUE", "能延期两个月吗", "还是太多，每个月只能还3000", "每期最多还3,000.00元"),
        ("EN-DUE", "can I have two more months", "what if I pay 2000 a month instead", "at most ¥2,000.00"),
        ("ZH-DUE", "每月只能还4000", "那延期三个月呢", "把这一期推迟到2027年3月5日"),
    ],
)
async def test_another_wish_takes_the_place_of_the_one_before(
    talk: Start, borrower: str, words: str, after: str, summary: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words, after)
        assert summary in chat.heard and question(chat) == "choose_option"
        assert changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words"), [("ZH-DUE", "每月只能还4000"), ("EN-DUE", "I can pay 2500 a month")]
)
async def test_other_options_are_asked_for_and_the_wish_is_still_known(
    talk: Start, borrower: str, words: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        offered = chat.heard
        await chat.presses(YES[borrower[:2]][0])
        await chat.presses("看其他方案" if borrower.startswith("ZH") else "Other options")
        assert chat.heard == offered and changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "words", "identity", "summary"),
    [
        ("ZH-DUE", "我每个月只能还4000", "最后四位", "每期最多还4,000.00元"),
        ("EN-FINED", "could you waive the penalty please", "last four characters", "Waive ¥126.30"),
    ],
)
async def test_a_wish_is_answered_with_figures_only_after_the_identity_check(
    talk: Start, borrower: str, words: str, identity: str, summary: str
) -> None:
    async with talk(borrower) as chat:
        await chat.says(words)
        assert identity in chat.heard and "L-" not in chat.heard
        await chat.identifies()
        assert summary in chat.heard and question(chat) == "choose_option"


@pytest.mark.parametrize(
    ("borrower", "words", "which", "summary"),
    [
        ("ZH-TWO", "每个月只能还2000", "第一笔", "每期最多还2,000.00元"),
        ("EN-TWO", "I can pay 2000 a month", "the first one", "Pay at most ¥2,000.00 each time"),
    ],
)
async def test_with_two_loans_the_one_meant_is_asked_for_and_the_wish_is_kept(
    talk: Start, borrower: str, words: str, which: str, summary: str
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert question(chat) == "choose_loan"
        await chat.says(which)
        assert summary in chat.heard and f"L-{borrower}-A" in chat.heard
        assert changes(chat.database) == Changes()


@pytest.mark.parametrize(
    ("borrower", "story", "promise"),
    [
        ("ZH-LATE", ["我先还2000", "12月3号", "对"], ("2026-12-03", "2000.00")),
        ("EN-LATE", ["I can pay 2000 this month, on 3 December", "yes"], ("2026-12-03", "2000.00")),
    ],
)
async def test_a_single_payment_is_still_a_promise(
    talk: Start, borrower: str, story: list[str], promise: tuple[str, str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(*story)
        assert changes(chat.database) == Changes(promises=((f"L-{borrower}", *promise),))


@pytest.mark.parametrize(
    ("borrower", "words", "lines"),
    [
        (
            "ZH-DUE",
            "能延期两个月吗",
            ["每期5,398.48元到10,916.25元，一共多付119.19元，确认后就生效", "分类和征信：", "报送为按时还款"],
        ),
        (
            "EN-DUE",
            "can I have two more months",
            [
                "from ¥3,198.50 to ¥6,456.79 each time, ¥59.67 more in all, in force once you confirm",
                "Class and credit record:",
            ],
        ),
    ],
)
async def test_options_are_compared_by_instalment_cost_and_what_follows_before_one_is_chosen(
    talk: Start, borrower: str, words: str, lines: list[str]
) -> None:
    async with talk(borrower, verified=True) as chat:
        await chat.says(words)
        assert all(line in chat.heard for line in lines)
        await chat.presses(YES[borrower[:2]][0])
        assert lines[1] in chat.heard
