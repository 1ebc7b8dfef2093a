"""What words plainly ask for, and what they only seem to ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from actions import request_words
from bot.normalise import normalise

EXAMPLES = Path(__file__).parents[2] / "nlu_data" / "nlu"


@pytest.mark.parametrize(
    ("asks", "words"),
    [
        (
            request_words.asks_cost,
            ["会多收多少利息？", "这样划算吗", "要多花多少钱", "what does it cost me", "any extra fee?"],
        ),
        (
            request_words.asks_to_wait,
            ["等等", "让我想想", "稍等一下", "好的，等一下", "hold on, let me think", "one moment please"],
        ),
        (
            request_words.asks_payoff,
            ["提前还清要多少", "结清金额是多少", "how much to pay it all off", "foreclosure amount?"],
        ),
        (request_words.asks_papers, ["把协议文件发给我", "合同", "send my contract", "agreement please"]),
        (
            request_words.asks_who_hears,
            ["会告诉我家人吗", "会上门吗", "will you tell my boss?", "will you come to my house"],
        ),
        (
            request_words.asks_rate,
            ["利率是多少", "这期利息多少", "what rate am i on", "how much is the interest"],
        ),
        (
            request_words.denies_stop,
            ["我没说不是我欠的", "我没有异议", "I don't dispute it", "I am the borrower"],
        ),
        (request_words.means_both, ["两笔都要延期", "both loans please", "all my loans"]),
    ],
)
def test_what_is_plainly_asked_is_found(asks: Callable[[str], bool], words: list[str]) -> None:
    assert [each for each in words if not asks(normalise(each))] == []


@pytest.mark.parametrize(
    ("asks", "words"),
    [
        (request_words.asks_cost, ["罚息多少", "how much are the late fees?", "这期利息多少"]),
        (
            request_words.asks_to_wait,
            ["等我发工资就还", "等等，换成两个月", "wait, the first one", "can it wait until Friday"],
        ),
        (request_words.asks_payoff, ["一次性结清能打几折", "what's the lowest you'll take to close this"]),
        (request_words.asks_papers, ["合同上的电话是多少", "I lost my contract job"]),
        (request_words.denies_stop, ["这笔不是我借的", "I am the borrower's son", "我是借款人的律师吗"]),
        (request_words.means_both, ["还有两笔贷款", "I have two loans"]),
    ],
)
def test_what_is_doubtful_is_left_to_the_model(asks: Callable[[str], bool], words: list[str]) -> None:
    assert [each for each in words if asks(normalise(each))] == []


def test_no_example_of_a_real_stop_reads_as_one_taken_back() -> None:
    stops = ("wrong_person", "third_party", "dispute_debt", "stop_contact", "deceased", "bankruptcy")
    found = [
        line
        for path in sorted(EXAMPLES.rglob("*.yml"))
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        if item.get("intent") in stops
        for line in item["examples"].splitlines()
        if request_words.denies_stop(normalise(line.removeprefix("- ")))
    ]
    assert found == []
