"""What words ask for by name, and what they only seem to ask for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from actions import wish_words
from bot.entities.resolve import resolve
from bot.normalise import normalise

NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
EXAMPLES = Path(__file__).parents[2] / "nlu_data" / "nlu"
MAY_BE_PLANS = {"ask_extension", "partial_payment", "promise_to_pay", "willing_to_pay", "cannot_pay"}


def offered(words: str) -> Decimal | None:
    """What is offered each time in these words, as the bot reads them."""
    text = normalise(words)
    found = resolve(words, now=NOW, timezone="Asia/Shanghai", currency="CNY", language="zh")
    amounts = [
        (each.text, Decimal(str(each.value["amount"])))
        for each in found
        if each.type == "amount" and isinstance(each.value, dict)
    ]
    return wish_words.meant(text, amounts) if wish_words.offers_each_time(text) else None


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("每月只能还800", "800"),
        ("我每個月最多還三千塊", "3000"),
        ("一个月还2000行不行", "2000"),
        ("每期最多还4000", "4000"),
        ("能不能把月供降到2500块", "2500"),
        ("每月还5400还不起，只能还4000", "4000"),
        ("还是太多，每个月只能还3000", "3000"),
        ("I can pay 800 a month", "800"),
        ("i could manage 2,500 per month", "2500"),
        ("can I pay 3000 monthly instead", "3000"),
        ("I can't pay 3000 a month, only 1500", "1500"),
        ("I can't do more than 800 a month", "800"),
        ("I earn 3000 a month and can pay 800 a month", "800"),
    ],
)
def test_an_amount_offered_each_month_is_understood(words: str, amount: str) -> None:
    assert offered(words) == Decimal(amount)


@pytest.mark.parametrize(
    "words",
    [
        "我先还2000",
        "这个月还800可以吗",
        "每个月工资只有3000，还款能少点吗",
        "每月还5000，太多了，能少点吗",
        "每月还5400还不起",
        "我每个月都按时还5000，这次想延期",
        "房租每月2000，能不能延期两个月",
        "延期一个月，还2000行吗",
        "每周还1000可以吗",
        "I can pay 2000 this month",
        "my rent is 800 a month, can I get an extension",
        "I can't afford 3000 a month",
        "3000 a month is too much, can you help",
        "I pay 3000 a month already, can I skip one",
    ],
)
def test_what_is_no_offer_each_month_is_not_taken_for_one(words: str) -> None:
    assert offered(words) is None


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("发工资是15号，能改到15号还吗", 15),
        ("能改还款日吗，改到20号", 20),
        ("還款日可以調到每月8號嗎", 8),
        ("以后每月15号还可以吗", 15),
        ("move my due date to the 10th please, I'm paid on the 8th", 10),
        ("could my due date be the 15th of every month", 15),
        ("can I change my repayment date to the 3rd", 3),
        ("能推迟到15号吗", None),
        ("改到15号", None),
        ("我每月15号还款", None),
        ("以后每月15号还不上", None),
        ("能改还款日吗，改到45号", None),
        ("can I pay on the 15th", None),
        ("move my due date to the 10th of December", None),
        ("can I change my repayment date to after payday", None),
    ],
)
def test_another_due_date_is_one_of_every_month(words: str, day: int | None) -> None:
    assert wish_words.new_due_day(normalise(words)) == day


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("能不能减免罚息", ["penalty", "fee"]),
        ("違約金可以免掉嗎", ["penalty", "fee"]),
        ("could you waive the late fee", ["penalty", "fee"]),
        ("any chance of cancelling the fees", ["fee"]),
        ("可以减免利息吗", ["interest"]),
        ("罚息怎么算", []),
        ("宽限期内收不收罚息", []),
        ("how much is the late fee", []),
    ],
)
def test_what_is_to_be_waived_is_told_apart_from_a_question_about_it(words: str, parts: list[str]) -> None:
    assert wish_words.waived(normalise(words)) == parts


@pytest.mark.parametrize(
    ("words", "asked", "rate"),
    [
        ("能不能降低利率", True, None),
        ("利率能降到8%吗", True, "8"),
        ("can you lower my interest rate to 10.5 percent", True, "10.5"),
        ("罚息利率是多少", False, None),
        ("what is my rate", False, None),
    ],
)
def test_a_lower_rate_and_which(words: str, asked: bool, rate: str | None) -> None:
    text = normalise(words)
    assert (wish_words.lowers_rate(text), wish_words.percent(text)) == (asked, rate)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("可以停息三个月吗", "pauses_interest"),
        ("please freeze the interest for two months", "pauses_interest"),
        ("贷款到期能续贷吗", "renews"),
        ("roll over my loan please", "renews"),
        ("一次性结清能减免吗", "settles"),
        ("can I settle for less", "settles"),
        ("能不能先别上报征信", "spares_record"),
        ("can you keep this off my credit record", "spares_record"),
    ],
)
def test_each_of_the_others_is_heard_and_taken_for_no_other(words: str, name: str) -> None:
    names = ("pauses_interest", "renews", "settles", "spares_record")
    heard = [each for each in names if getattr(wish_words, each)(normalise(words))]
    assert heard == [name]


def test_a_question_about_the_credit_record_is_no_wish() -> None:
    for words in ("会上征信吗", "延期会不会影响征信", "will this be on my credit record"):
        assert not wish_words.spares_record(normalise(words))


def examples() -> list[tuple[str, str]]:
    """Every training example with its intent."""
    return [
        (entry["intent"], line.strip().removeprefix("- "))
        for path in sorted(EXAMPLES.rglob("*.yml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        for line in entry["examples"].splitlines()
        if line.strip()
    ]


def test_hardly_anything_that_means_something_else_is_taken_for_a_plan_or_another_due_date() -> None:
    others = [words for intent, words in examples() if intent not in MAY_BE_PLANS]
    assert len(others) > 5000
    taken = [words for words in others if offered(words) or wish_words.new_due_day(normalise(words))]
    assert len(taken) <= len(others) / 1000, taken
