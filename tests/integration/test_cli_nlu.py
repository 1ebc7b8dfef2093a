"""`tideover nlu`: the trained model and the rules, line by line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from tests.support.desk import AT, call, matches
from tideover.cli import main

pytestmark = pytest.mark.stack


def read(*lines: str) -> list[Any]:
    result = call("nlu", "--now", AT, "--json", given="".join(f"{line}\n" for line in lines))
    assert result.exit_code == 0
    return [matches(json.loads(line), "nlu.json") for line in result.stdout.splitlines()]


def test_each_line_is_read_by_itself_in_its_own_language() -> None:
    chinese, english, amount = read(
        "最近生意不好，能不能延期两个月？", "could I have two more months please?", "下个月5号还3500块"
    )
    assert (chinese["language"], chinese["intent"]["name"]) == ("zh", "ask_extension")
    assert chinese["entities"] == [
        {"type": "reason", "text": "生意不好", "value": "business"},
        {"type": "duration", "text": "两个月", "value": {"n": 2, "unit": "month"}},
    ]
    assert (english["language"], english["intent"]["name"]) == ("en", "ask_extension")
    assert amount["intent"]["name"] == "promise_to_pay"
    assert [entity["value"] for entity in amount["entities"]] == [
        "2026-12-05",
        {"amount": "3500.00", "currency": "CNY"},
    ]


def test_danger_is_screened_whatever_the_model_thinks() -> None:
    crisis, stop, again = read("我不想活了", "STOP messaging me", "/start")
    assert crisis["screen"] == ["self_harm"] and stop["screen"] == ["stop"] and again["screen"] == ["resume"]


def test_every_line_is_answered_however_odd() -> None:
    odd = [
        "",
        "🙂",
        "/restart",
        '/intent{"x":1}',
        "退" * 10_000,
        "\u202e\u200b",
        "我身份证尾号204X，电话13900000001",
    ]
    found = read(*odd)
    assert [item["text"] for item in found] == odd
    assert found[0]["intent"] == {"name": None, "confidence": 0.0}
    assert {"type": "id_suffix", "text": "[ID]", "value": "204X"} in found[-1]["entities"]


def test_bytes_that_are_no_text_are_read_around() -> None:
    result = CliRunner().invoke(
        main, ["nlu", "--json"], input=b"hello\n\xff\xfe stop\nbye\n", catch_exceptions=False
    )
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == [
        "hello",
        "\ufffd\ufffd stop",
        "bye",
    ]


def test_a_long_list_is_answered_in_its_order() -> None:
    lines = [f"I will pay {n} yuan tomorrow" for n in range(501, 801)]
    found = read(*lines)
    assert [item["text"] for item in found] == lines
    assert [item["entities"][0]["value"]["amount"] for item in found] == [f"{n}.00" for n in range(501, 801)]


def test_days_count_where_the_borrower_lives() -> None:
    late = "2026-11-20T23:30:00+00:00"
    days = []
    for zone in ("Asia/Shanghai", "Europe/London"):
        result = call("nlu", "--now", late, "--timezone", zone, "--json", given="tomorrow\n")
        days.append(json.loads(result.stdout)["entities"][0]["value"])
    assert days == ["2026-11-22", "2026-11-21"]


def test_people_get_one_short_answer_a_line() -> None:
    printed = call("nlu", "--now", AT, given="能不能延期两个月\n").stdout
    assert "[zh]  ask_extension" in printed and "duration=2 month" in printed


def test_a_zone_that_does_not_exist_is_wrong_usage() -> None:
    result = call("nlu", "--timezone", "Moon/Crater", given="hi\n")
    assert result.exit_code == 2 and "not an IANA time zone" in result.stderr
