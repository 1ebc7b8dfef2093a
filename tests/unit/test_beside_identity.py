"""What is said beside the characters of an ID."""

from __future__ import annotations

import pytest

from bot.beside_identity import beside_identity


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("我要延期,[ID]", "我要延期"),
        ("身份证后四位是[ID],我还欠多少", "我还欠多少"),
        ("i need two more months, my id ends in [ID]", "i need two more months"),
        ("the last four digits of my id are [ID], how much do i owe?", "how much do i owe?"),
    ],
)
def test_a_request_is_what_is_left(text: str, rest: str) -> None:
    assert beside_identity(text) == rest


@pytest.mark.parametrize(
    "text", ["[ID]", "尾号[ID]", "我的身份证号最后四位是[ID]。", "my last four are [ID]", "ID: [ID]"]
)
def test_the_characters_alone_leave_nothing(text: str) -> None:
    assert beside_identity(text) is None


def test_a_message_without_the_characters_is_left_alone() -> None:
    assert beside_identity("我的身份证丢了") is None
