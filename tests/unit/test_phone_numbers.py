"""Whose phone number it is: country codes count."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from telegram import Chat, Contact, Message, Update, User

from bot.channels.telegram_updates import read_update
from conversations.identity import same_phone


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("13800138000", "13800138000"),
        ("13800138000", "+86 138 0013 8000"),
        ("+8613800138000", "8613800138000"),
        ("0086 138-0013-8000", "138 0013 8000"),
        ("+44 7700 900123", "447700900123"),
        ("02112345678", "021 1234 5678"),
    ],
)
def test_the_same_number_however_it_is_written(one: str, other: str) -> None:
    assert same_phone(one, other) and same_phone(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+1 380 013 8000", "13800138000"),
        ("+1 380 013 8000", "+8613800138000"),
        ("+447700900123", "+17700900123"),
        ("+6591234567", "91234567"),
        ("7700900123", "+447700900123"),
        ("1234567", "1234567"),
        ("", ""),
    ],
)
def test_numbers_of_different_people_are_not_the_same(one: str, other: str) -> None:
    assert not same_phone(one, other) and not same_phone(other, one)


@pytest.mark.parametrize(("shared", "chinese"), [("13800138000", False), ("8613800138000", True)])
def test_a_number_shared_in_telegram_always_has_its_country_code(shared: str, chinese: bool) -> None:
    user = User(5, "Lin", is_bot=False)
    contact = Contact(shared, "Lin", user_id=5)
    message = Message(1, datetime.now(UTC), Chat(5, Chat.PRIVATE), from_user=user, contact=contact)
    taken = read_update(Update(1, message=message), 9)
    assert taken is not None and same_phone(taken.text, "13800138000") is chinese
