"""The parameters of a relief as they come from a chat, a command line or a rulebook, made exact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from loans.calendar import Period
from loans.money import CENT, LARGEST_AMOUNT, ZERO
from loans.relief.errors import ReliefError
from loans.relief.period_words import read_period
from loans.schedule import HIGHEST_RATE_PCT

MOST_MONTHS = 1200
MOST_DIGITS = 20
RATE_UNIT = Decimal("0.000001")


class Params:
    """Reads the parameters of one relief kind and refuses what it does not know or cannot read.

    Each reader raises ReliefError with the code `bad_param` and says what to give.
    """

    def __init__(self, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for name in given:
            if name not in known:
                raise ReliefError(
                    "unknown_param",
                    f"不认识参数 {name}；可用：{'、'.join(known)}",
                    f"the parameter {name} is unknown here; use {', '.join(known)}",
                )
        self._given = {name: value for name, value in given.items() if value is not None}

    def has(self, name: str) -> bool:
        """Whether the parameter was given."""
        return name in self._given

    def count(self, name: str, zh_unit: str, en_unit: str) -> int:
        """A whole number from 1 to 1200."""
        number = _whole(self._given.get(name))
        if number is None or not 1 <= number <= MOST_MONTHS:
            raise ReliefError(
                "bad_param",
                f"{name} 请填 1 到 {MOST_MONTHS} 的整数（{zh_unit}）",
                f"give {name} as a whole number of {en_unit} from 1 to {MOST_MONTHS}",
            )
        return number

    def day(self, name: str) -> date:
        """A date, as a `date` or ISO text."""
        value = self._given.get(name)
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise ReliefError(
                "bad_param",
                f"{name} 请写成 2026-03-31 这样的日期",
                f"give {name} as a date like 2026-03-31",
            ) from None

    def percent(self, name: str, default: str = "0") -> Decimal:
        """A percentage from 0 to 100 with at most two decimal places; `default` when none is given."""
        value = _exact(self._given.get(name, default))
        if value is None or not 0 <= value <= 100:
            raise ReliefError(
                "bad_param",
                f"{name} 请填 0 到 100 的百分数，最多两位小数",
                f"give {name} as a percentage from 0 to 100 with at most two decimal places",
            )
        return value

    def amount(self, name: str) -> Decimal:
        """An amount of money above 0 with at most two decimal places."""
        value = _exact(self._given.get(name))
        if value is None or not 0 < value <= LARGEST_AMOUNT:
            raise ReliefError(
                "bad_param",
                f"{name} 请填大于 0 的金额，最多两位小数，例如 800.00",
                f"give {name} as an amount above 0 with at most two decimal places, such as 800.00",
            )
        return value

    def rate(self, name: str) -> Decimal:
        """An interest rate in percent a year, 0 or more, with at most six decimal places; a % sign is allowed."""
        value = self._given.get(name)
        rate = _number(value.strip().rstrip("%％") if isinstance(value, str) else value)
        if rate is None or not 0 <= rate <= HIGHEST_RATE_PCT or rate != rate.quantize(RATE_UNIT):
            raise ReliefError(
                "bad_param",
                f"{name} 请填 0 到 {HIGHEST_RATE_PCT} 的年利率（百分数），例如 9 或 4.35",
                f"give {name} as a rate in percent a year from 0 to {HIGHEST_RATE_PCT}, such as 9 or 4.35",
            )
        return Decimal(plain(rate))

    def day_of_month(self, name: str) -> int:
        """A day of the month from 1 to 31; a shorter month's last day stands for the days it lacks."""
        day = _whole(self._given.get(name))
        if day is None or not 1 <= day <= 31:
            raise ReliefError(
                "bad_param",
                f"{name} 请填每月几号，1 到 31 的整数",
                f"give {name} as a day of the month from 1 to 31",
            )
        return day

    def period(self, name: str) -> Period:
        """The time between two due dates; see `loans.relief.period_words`."""
        value = self._given.get(name)
        period = value if isinstance(value, Period) else read_period(str(value))
        if period is None:
            raise ReliefError(
                "bad_param",
                f"{name} 请写成“1 month”“2 week”“每两周”“季度”这样的还款周期",
                f'give {name} as the time between two payments, such as "1 month", "2 week", "fortnight" or "quarter"',
            )
        return period

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of `choices`; the first when nothing is given."""
        value = self._given.get(name, choices[0])
        if value not in choices:
            raise ReliefError(
                "bad_param",
                f"{name} 请从 {'、'.join(choices)} 中选一个",
                f"give {name} as one of {', '.join(choices)}",
            )
        return str(value)


def plain(number: Decimal) -> str:
    """A number as it is stored in a quote: without an exponent or trailing zeros."""
    return f"{number.normalize():f}"


def _whole(value: Any) -> int | None:
    """The whole number a value is or spells, or None when it is none."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _exact(value: Any) -> Decimal | None:
    """The number with at most two decimal places, or None when it is none."""
    number = _number(value)
    if number is None or number != (in_cents := number.quantize(CENT)):
        return None
    return in_cents


def _number(value: Any) -> Decimal | None:
    """The number, or None when it is none or far too large. A float is not exact."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return (number or ZERO) if number.is_finite() and number.adjusted() <= MOST_DIGITS else None
