"""What the resolver finds in a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

WordType = Literal["party", "reason", "channel", "evidence"]
EntityType = Literal["amount", "date", "duration", "time_window"] | WordType
Value = Mapping[str, str | int] | str


class Unclear(StrEnum):
    """Why a phrase has no value, so that the bot can ask the right question."""

    RANGE = "range"  # "300-500", "两三个月"
    VAGUE = "vague"  # "几百块", "a few months"
    TOO_PRECISE = "too_precise"  # more than two decimals
    TOO_LARGE = "too_large"  # more than twelve digits before the point
    NEGATIVE = "negative"  # "-800"
    WHICH_DAY = "which_day"  # "下个月", "next week"
    DAY_OR_MONTH = "day_or_month"  # "5/12"
    NO_SUCH_DATE = "no_such_date"  # "2月30号"
    JUST_PASSED = "just_passed"  # "10月5号" said in November, without a year
    OPEN_ENDED = "open_ended"  # "5号以后", "after the 5th"
    RECURRING = "recurring"  # "每月15号", "every Friday"
    PAYDAY = "payday"  # "发工资那天"
    HOLIDAY = "holiday"  # "过完年", "after Diwali"
    EVENT = "event"  # "等秋收", "after the harvest"


@dataclass(frozen=True, slots=True)
class Entity:
    """Something a message names, with the span of its surface text.

    ``value`` is ``{"amount": "3500.00", "currency": "CNY"}``, an ISO date, ``{"n": 2, "unit": "month"}``, a time of
    day as ``{"from": "18:00", "to": "24:00"}``, or for people, reasons, ways to pay and papers a key of their list in
    ``bot/entities/words``. It is None exactly when ``unclear`` says why.
    """

    type: EntityType
    text: str
    start: int
    end: int
    value: Value | None
    unclear: Unclear | None = None

    def as_json(self) -> dict[str, object]:
        """Return the entity as commands and metadata show it."""
        shown: dict[str, object] = {"type": self.type, "text": self.text, "value": self.value}
        if self.unclear is not None:
            shown["unclear"] = str(self.unclear)
        return shown


@dataclass(frozen=True, slots=True)
class Found:
    """A span of the folded text and what it means, before the surface text is attached."""

    type: EntityType
    start: int
    end: int
    value: Value | None
    unclear: Unclear | None = None
