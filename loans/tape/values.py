"""Reading single values: each function takes a field's text and raises `Refused` when it is wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from loans.allocation_order import allocation_order
from loans.classes import CLASS_NAMES_ZH
from loans.tape.faults import Refused

LARGEST_AMOUNT = Decimal("1000000000000.00")
LONGEST_ALLOCATION = 200
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PHONE_EXTRAS = str.maketrans("", "", " -()./\u00a0")
_CLASSES = {zh: code for code, zh in CLASS_NAMES_ZH.items()}

Reader = Callable[[str], Any]


def text_up_to(limit: int) -> Reader:
    """Return a reader of text no longer than `limit` characters."""

    def read(value: str) -> str:
        if len(value) > limit:
            raise Refused("too_long", limit=limit)
        return value

    return read


def choice(*choices: str) -> Reader:
    """Return a reader of one of `choices`, whatever the case of its letters."""

    def read(value: str) -> str:
        lowered = value.lower()
        if lowered not in choices:
            raise Refused("bad_choice", choices=", ".join(choices))
        return lowered

    return read


def boolean(value: str) -> bool:
    """Read true or false."""
    return bool(choice("true", "false")(value) == "true")


def phone(value: str) -> str:
    """Read a telephone number, in E.164 form where that is certain: Chinese mobiles get +86, 00 becomes +."""
    digits = unicodedata.normalize("NFKC", value).translate(_PHONE_EXTRAS)
    plus = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 17):
        raise Refused("bad_phone")
    if not plus and digits.startswith("00"):
        plus, digits = True, digits[2:]
    if not plus and re.fullmatch(r"86(1[3-9][0-9]{9}|0[0-9]{9,11})", digits):
        plus = True
    if not plus and re.fullmatch(r"1[3-9][0-9]{9}", digits):
        plus, digits = True, f"86{digits}"
    if plus and not 7 <= len(digits) <= 15:
        raise Refused("bad_phone")
    return f"+{digits}" if plus else digits


def id_last4(value: str) -> str:
    """Read the last four characters of an identity document, in capitals."""
    value = unicodedata.normalize("NFKC", value).upper()
    if not (len(value) == 4 and value.isascii() and value.isalnum()):
        raise Refused("bad_id_last4")
    return value


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def timezone(value: str) -> str:
    """Read an IANA time zone."""
    if value not in _timezones():
        raise Refused("bad_timezone")
    return value


def telegram_id(value: str) -> str:
    """Read a Telegram user id."""
    if not (value.isascii() and value.isdigit() and len(value) <= 20 and int(value) > 0):
        raise Refused("bad_telegram_id")
    return value


@lru_cache(maxsize=65536)
def decimal(value: str) -> Decimal:
    """Read a plain decimal number."""
    if not _NUMBER.fullmatch(value):
        raise Refused("bad_number")
    return Decimal(value)


@lru_cache(maxsize=65536)
def amount(value: str) -> Decimal:
    """Read an amount of money: not negative, at most two decimal places."""
    number = decimal(value)
    if number < 0:
        raise Refused("negative_amount")
    if -int(number.as_tuple().exponent) > 2:
        raise Refused("too_precise")
    if number > LARGEST_AMOUNT:
        raise Refused("out_of_range", low="0", high=LARGEST_AMOUNT)
    return number.quantize(Decimal("0.01"))


@lru_cache(maxsize=65536)
def positive_amount(value: str) -> Decimal:
    """Read an amount of money greater than zero."""
    number = amount(value)
    if not number:
        raise Refused("not_positive")
    return number


def rate(value: str) -> Decimal:
    """Read a rate in percent a year, 0 to 1000."""
    number = decimal(value)
    if number < 0:
        raise Refused("negative_amount")
    if number > 1000 or len(value) > 30:
        raise Refused("out_of_range", low="0", high="1000")
    return number


def whole(low: int, high: int) -> Reader:
    """Return a reader of a whole number between `low` and `high`, both included."""

    def read(value: str) -> int:
        if not _WHOLE.fullmatch(value):
            raise Refused("bad_whole_number")
        number = int(value)
        if not low <= number <= high:
            raise Refused("out_of_range", low=low, high=high)
        return number

    return read


@lru_cache(maxsize=65536)
def day(value: str) -> date:
    """Read a date written as YYYY-MM-DD."""
    if not _DATE.fullmatch(value):
        raise Refused("bad_date")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise Refused("bad_date") from None
    if not EARLIEST <= found <= LATEST:
        raise Refused("out_of_range", low=EARLIEST, high=LATEST)
    return found


def currency(value: str) -> str:
    """Read an ISO 4217 currency code."""
    if not re.fullmatch(r"[A-Z]{3}", value) or value == "RMB":
        raise Refused("bad_currency")
    return value


def allocation(value: str) -> str:
    """Read an allocation order (see `loans.allocation_order`); semicolons may stand for its commas."""
    try:
        order = allocation_order(unicodedata.normalize("NFKC", value).replace(";", ","))
    except ValueError:
        raise Refused("bad_allocation") from None
    read: str = text_up_to(LONGEST_ALLOCATION)(order.text)
    return read


def classification(value: str) -> str:
    """Read an asset class: one of the five in either language, or the lender's own word."""
    lowered = value.lower().replace(" ", "_").replace("-", "_")
    read: str = text_up_to(20)(_CLASSES.get(value, lowered))
    return read


def several(value: str) -> list[str]:
    """Read a list separated by semicolons."""
    return [part.strip() for part in value.replace("；", ";").split(";") if part.strip()]
