"""What is said about a relief: true to the cent, in plain words, in both languages alike."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.comparison import cost_of
from loans.relief import Position, Proposal, compute, compute_all, position_after
from loans.relief_words import HEADS
from loans.summary import summarise
from policies.kinds import KINDS
from tests.unit.relief_positions import loan
from tests.unit.relief_strategies import COMBINATIONS, Request, positions, proposal_for, requests

ZH_DAY = re.compile(r"(\d+)年(\d+)月(\d+)日")
MONTHS = list(month_name)[1:]
EN_DAY = re.compile(rf"(\d+) ({'|'.join(MONTHS)}) (\d+)")
ZH_MONEY, EN_MONEY = re.compile(r"([\d,]+\.\d\d)元"), re.compile(r"¥([\d,]+\.\d\d)")
RATE, WHOLE = re.compile(r"([\d.]+)%"), re.compile(r"\d+")


class Figures:
    """Every figure of a sentence: days, amounts, rates and whole numbers."""

    def __init__(
        self, sentence: str, days: Sequence[date], day: re.Pattern[str], money: re.Pattern[str]
    ) -> None:
        self.days = set(days)
        self.amounts = {Decimal(found.replace(",", "")) for found in money.findall(sentence)}
        rest = money.sub("", day.sub("", sentence))
        self.rates = {Decimal(found) for found in RATE.findall(rest)}
        self.counts = {int(found) for found in WHOLE.findall(RATE.sub("", rest))}


def figures(zh: str, en: str) -> tuple[Figures, Figures]:
    """The figures of a sentence in Chinese and in English."""
    zh_days = [date(int(year), int(month), int(day)) for year, month, day in ZH_DAY.findall(zh)]
    en_days = [date(int(year), MONTHS.index(month) + 1, int(day)) for day, month, year in EN_DAY.findall(en)]
    return Figures(zh, zh_days, ZH_DAY, ZH_MONEY), Figures(en, en_days, EN_DAY, EN_MONEY)


def each_step(position: Position, proposal: Proposal) -> list[tuple[Position, Proposal]]:
    """Every step of a proposal alone, with the loan it is computed on."""
    steps = []
    for step in proposal.steps:
        alone = compute(step.kind, position, step.params)
        steps.append((position, alone))
        position = position_after(position, alone)
    return steps


def check_every_figure(position: Position, proposal: Proposal) -> None:
    """Each figure said is one of the proposal, and both languages say the same."""
    zh, en = summarise(position, proposal)
    said, also = figures(zh, en)
    assert (said.days, said.amounts, said.rates, said.counts) == (
        also.days,
        also.amounts,
        also.rates,
        also.counts,
    )
    days: set[date] = set()
    amounts = {abs(proposal.interest_difference)}
    rates: set[Decimal] = set()
    counts: set[int] = set()
    for before, step in [(position, proposal), *each_step(position, proposal)]:
        by_day: dict[date, Decimal] = {}
        for row in step.to_pay:
            by_day[row.due_on] = by_day.get(row.due_on, Decimal(0)) + row.due
        days |= set(by_day)
        late = [amount for day, amount in by_day.items() if day < position.as_of]
        amounts |= {*by_day.values(), sum(late, Decimal(0)), *asdict(step.waived).values()}
        counts |= {len(step.to_pay), len(by_day), len(before.overdue), step.terms.period.n}
    for step_asked in proposal.steps:
        for name, value in step_asked.params.items():
            if name in ("until", "from", "first_due_on"):
                days.add(date.fromisoformat(str(value)))
            elif name == "pay":
                amounts.add(Decimal(str(value)))
            elif name == "annual_rate_pct":
                rates.add(Decimal(str(value)))
            elif name in ("months", "instalments", "day"):
                counts.add(int(value))
    assert said.days <= days and said.amounts <= amounts
    assert said.rates <= rates and said.counts <= counts
    is_said = proposal.next_amount in said.amounts or not proposal.next_amount
    assert is_said or proposal.next_due_on < position.as_of


def test_every_kind_has_its_words() -> None:
    assert set(HEADS) == set(KINDS)


@given(positions(), requests())
def test_every_figure_said_about_a_relief_is_one_of_its_own(position: Position, request: Request) -> None:
    check_every_figure(position, proposal_for(position, request))


@given(positions(most_reliefs=1), COMBINATIONS)
def test_every_figure_said_about_reliefs_together_is_one_of_theirs(
    position: Position, wanted: list[Request]
) -> None:
    check_every_figure(position, proposal_for(position, *wanted))


@given(positions(), st.one_of(requests().map(lambda each: [each]), COMBINATIONS))
def test_the_extra_cost_is_all_that_is_owed_afterwards_less_all_that_is_owed_today(
    position: Position, wanted: list[Request]
) -> None:
    proposal = proposal_for(position, *wanted)
    waived_beside = sum((waiver.amount for waiver in proposal.waived_charges), Decimal(0))
    payments = [(row.due_on, row.due) for row in proposal.to_pay]
    cost = cost_of(payments, position.outstanding.total, waived_beside)
    assert cost.extra_cost == owed(position_after(position, proposal)) - owed(position)
    by_day: dict[date, Decimal] = {}
    for day, amount in payments:
        by_day[day] = by_day.get(day, Decimal(0)) + amount
    assert cost.usual_amount in by_day.values() and cost.ends_on == max(by_day)
    paid = [amount for amount in by_day.values() if amount] or [Decimal(0)]
    assert (cost.smallest, cost.largest, cost.times) == (min(paid), max(paid), len(paid))


def owed(position: Position) -> Decimal:
    """All that is asked for, with the charges outside the instalments."""
    return position.outstanding.total + sum((charge.left for charge in position.charges), Decimal(0))


SAID = [
    ("waive", {"penalty": 100, "fee": 50},
        "免除罚息20.00元和费用13.50元：",
        "Waive ¥20.00 of penalties and ¥13.50 of fees: "),
    ("settlement", {},
        "协商结清，免除罚息20.00元和费用6.00元：",
        "Settle the loan, with ¥20.00 of penalties and ¥6.00 of fees waived: "),
    ("settlement", {"instalments": 3, "fee_pct": 100, "penalty_pct": 100},
        "分3次协商结清：",
        "Settle the loan in 3 payments: "),
    ("reduce_rate", {"annual_rate_pct": "10.5"},
        "从2025年5月20日起把年利率降到10.5%：",
        "Lower the yearly rate to 10.5% from 20 May 2025: "),
    ("interest_pause", {"months": 2},
        "从2025年6月15日起2个月不计利息：",
        "Charge no interest for 2 months from 15 June 2025: "),
    ("interest_pause", {"until": "2025-07-01"},
        "从2025年5月20日到2025年7月1日不计利息：",
        "Charge no interest from 20 May 2025 to 1 July 2025: "),
    ("deferral", {"months": 2, "term": "keep"},
        "暂停还款2个月，到期日不变：",
        "Pause all payments for 2 months and keep the end date: "),
    ("interest_only", {"months": 3},
        "3个月只还利息：",
        "Pay only interest for 3 months: "),
    ("partial_payment", {"pay": "3000", "months": 1},
        "先1个月每期最多还3,000.00元：",
        "Pay at most ¥3,000.00 each time for 1 month: "),
    ("move_due_date", {"day": 22},
        "把还款日改到22号：",
        "Move the due date to the 22nd of the month: "),
    ("move_due_date", {"period": "fortnight"},
        "改成每2周还一次：",
        "Pay every 2 weeks: "),
    ("move_due_date", {"first_due_on": "2025-06-11"},
        "把还款日改为从2025年6月11日开始：",
        "Move the due dates to begin on 11 June 2025: "),
    ("affordable", {"pay": "8000"},
        "每期最多还8,000.00元，分11期还清：",
        "Pay at most ¥8,000.00 each time, in 11 instalments: "),
    ("reamortise", {"instalments": 12},
        "把剩余欠款重新分成12期：",
        "Spread what is left over 12 instalments: "),
    ("credit_protection", {"months": 3},
        "保护征信3个月，还款安排不变：",
        "Protect your credit record for 3 months and leave the payments as they are: "),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "params", "zh", "en"), SAID)
def test_each_kind_has_its_own_plain_words(kind: str, params: dict[str, Any], zh: str, en: str) -> None:
    position = loan(paid=3, as_of="2025-05-20", penalty_on=[4], fee="3.00")
    said = summarise(position, compute(kind, position, params))
    assert said[0].startswith(zh) and said[1].startswith(en)


def test_a_renewal_says_that_the_principal_need_not_come_first() -> None:
    position = loan(method="bullet", paid=11, as_of="2026-01-01")
    assert summarise(position, compute("renewal", position, {"months": 12})) == (
        "不用先还本金，续贷12个月，年利率12%：下一次还款是2026年1月15日的1,000.00元，"
        "最后一次是2027年1月15日的101,000.00元，利息总共多付12,000.00元。",
        "Renew the loan for 12 months at 12% a year without repaying the principal first: the next payment is "
        "¥1,000.00 on 15 January 2026, the last is ¥101,000.00 on 15 January 2027, "
        "and you pay ¥12,000.00 more interest in all.",
    )


def test_what_stays_overdue_is_said_before_the_next_payment() -> None:
    position = loan(paid=3, as_of="2025-05-20", penalty_on=[4])
    zh, en = summarise(position, compute("waive", position, {"penalty": 100}))
    assert "：已逾期的8,884.88元仍要还，下一次还款是2025年6月15日的8,884.88元，" in zh
    assert (
        ": ¥8,884.88 is overdue and still to be paid, the next payment is ¥8,884.88 on 15 June 2025, " in en
    )


def test_a_single_payment_is_called_one() -> None:
    position = loan(paid=3, as_of="2025-05-20")
    zh, en = summarise(position, compute("settlement", position, {}))
    assert "只剩一次还款，是2025年6月15日的" in zh and "one payment is left, ¥" in en


def test_larger_payments_from_a_day_on_are_said_with_the_largest() -> None:
    position = loan(paid=3)
    zh, en = summarise(position, compute("interest_only", position, {"months": 3}))
    assert "从2025年8月15日起每次最多" in zh and "from 15 August 2025 on up to ¥" in en


def test_a_row_without_an_amount_is_no_payment() -> None:
    free = loan(paid=3, annual_rate_pct="0")
    proposal = compute("interest_only", free, {"months": 2})
    assert [row.due for row in proposal.to_pay][:2] == [Decimal(0)] * 2
    zh, en = summarise(free, proposal)
    assert "下一次还款是2025年7月15日的8,333.33元（在那之前不用还款）" in zh and "0.00元" not in zh.replace(
        "8,333", ""
    )
    assert "the next payment is ¥8,333.33 on 15 July 2025 with nothing due before then" in en
    assert (proposal.next_due_on, proposal.next_amount) == (date(2025, 7, 15), Decimal("8333.33"))


def test_later_instalments_above_todays_are_said_though_the_next_one_is_larger_still() -> None:
    late = loan(paid=3, as_of="2025-05-20")
    proposal = compute("deferral", late, {"months": 2, "placement": "first", "term": "keep"})
    first, later = proposal.to_pay[0].due, proposal.to_pay[1].due
    assert first > later > late.instalments[-2].due.total
    zh, en = summarise(late, proposal)
    assert f"，之后每期约{later:,.2f}元，" in zh and f", after that about ¥{later:,.2f} each, " in en


def test_later_instalments_that_stay_as_they_are_are_not_repeated() -> None:
    late = loan(paid=3, as_of="2025-05-20")
    for kind, params in (("extension", {"months": 2}), ("reamortise", {"instalments": 12})):
        zh, en = summarise(late, compute(kind, late, params))
        assert "之后每期" not in zh and "after that" not in en


def test_later_instalments_that_differ_are_said_by_the_largest() -> None:
    falling = loan(paid=3, as_of="2025-05-20", method="equal_principal")
    proposal = compute("deferral", falling, {"months": 3, "placement": "first", "term": "keep"})
    largest = max(row.due for row in proposal.to_pay[1:])
    zh, en = summarise(falling, proposal)
    assert f"之后每期最多{largest:,.2f}元" in zh and f"after that up to ¥{largest:,.2f} each" in en


def test_reliefs_together_are_one_sentence_in_the_order_they_are_computed() -> None:
    position = loan(paid=3, as_of="2025-05-20", penalty_on=[4])
    wanted: list[Request] = [
        ("extension", {"months": 2}),
        ("reduce_rate", {"annual_rate_pct": "8"}),
        ("waive", {"penalty": 100}),
    ]
    zh, en = summarise(position, compute_all(wanted, position))
    assert zh.startswith("免除罚息20.00元，从2025年5月20日起把年利率降到8%，并把这一期推迟到2025年7月15日：")
    assert en.startswith(
        "Waive ¥20.00 of penalties, lower the yearly rate to 8% from 20 May 2025, "
        "and move this instalment to 15 July 2025: "
    )


def test_the_usual_amount_is_the_most_frequent_and_of_equally_frequent_ones_the_largest() -> None:
    days = [date(2026, month, 1) for month in range(1, 5)]
    amounts = [Decimal(amount) for amount in ("50.00", "80.00", "80.00", "81.00")]
    cost = cost_of(zip(days, amounts, strict=True), Decimal("287.00"), Decimal("8.00"))
    assert (cost.usual_amount, cost.extra_cost, cost.ends_on) == (
        Decimal("80.00"),
        Decimal("-4.00"),
        days[-1],
    )
    assert cost_of(zip(days[:2], amounts, strict=False), Decimal(0)).usual_amount == Decimal("80.00")
    with pytest.raises(ValueError, match="nothing is to be paid"):
        cost_of([], Decimal(0))


@pytest.mark.parametrize(
    ("amounts", "is_level"),
    [
        (("500.00", "500.01", "0.00", "500.00", "499.20"), True),
        (("4000.00", "4000.00", "1200.00"), True),
        (("500.00", "500.00", "50500.00"), False),
        (("7800.00", "7700.00", "7600.00", "6900.00"), False),
        (("300.00", "300.00", "300.00", "900.00", "900.00"), False),
        (("4000.00", "1200.00"), False),
        (("500.00",), True),
    ],
)
def test_instalments_are_level_when_all_but_the_last_are_equal_and_the_last_is_no_larger(
    amounts: tuple[str, ...], is_level: bool
) -> None:
    days = [date(2026, month, 1) for month in range(1, len(amounts) + 1)]
    cost = cost_of(zip(days, map(Decimal, amounts), strict=True), Decimal(0))
    assert cost.is_level is is_level
    assert cost.times == sum(1 for amount in amounts if Decimal(amount))
