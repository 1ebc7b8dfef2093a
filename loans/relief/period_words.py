"""The time between two due dates, read from a few words of English or Chinese."""

from __future__ import annotations

import re

from loans.calendar import Period

_WORDS = {
    "daily": (1, "day"),
    "weekly": (1, "week"),
    "fortnight": (2, "week"),
    "fortnightly": (2, "week"),
    "biweekly": (2, "week"),
    "monthly": (1, "month"),
    "quarter": (3, "month"),
    "quarterly": (3, "month"),
    "year": (12, "month"),
    "yearly": (12, "month"),
    "两周": (2, "week"),
    "双周": (2, "week"),
    "半月": (15, "day"),
    "两个月": (2, "month"),
    "双月": (2, "month"),
    "季": (3, "month"),
    "季度": (3, "month"),
    "半年": (6, "month"),
    "年": (12, "month"),
}
_UNITS = {
    **{"day": "day", "days": "day", "d": "day", "天": "day", "日": "day"},
    **{"week": "week", "weeks": "week", "w": "week", "周": "week", "星期": "week", "个星期": "week"},
    **{"month": "month", "months": "month", "m": "month", "月": "month", "个月": "month"},
}
_COUNTED = re.compile(r"(\d{1,3})?\s*(\D+)")
MOST = 366
"""The largest count taken for a period: a year of days."""


def read_period(words: str) -> Period | None:
    """The period that words such as "1 month", "fortnight", "weekly" or "每两周" mean; None when they mean none."""
    text = re.sub(r"^(every|each|per|每)\s*", "", words.strip().lower()).strip()
    if text in _WORDS:
        return Period(*_WORDS[text])
    found = _COUNTED.fullmatch(text)
    unit = _UNITS.get(found[2].strip()) if found else None
    n = int(found[1] or 1) if found else 0
    return Period(n, unit) if unit and 1 <= n <= MOST else None


def period_words(period: Period) -> str:
    """A period as it is stored in a quote: "1 month", "2 week"."""
    return f"{period.n} {period.unit}"
