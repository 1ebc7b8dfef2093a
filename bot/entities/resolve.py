"""Resolve what one message names: amounts, dates, durations, times of day, people, reasons, ways to pay and papers."""

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.entities.amounts import find_amounts
from bot.entities.corrections import ranges_joined, without_the_rejected
from bot.entities.dates import find_dates
from bot.entities.durations import find_durations
from bot.entities.entity import Entity, Found, Unclear
from bot.entities.idioms import without_idioms
from bot.entities.time_windows import find_time_windows
from bot.entities.words import find_words
from bot.folding import fold

_PRIORITY = {
    "date": 0,
    "duration": 1,
    "amount": 2,
    "time_window": 3,
    "evidence": 4,
    "reason": 5,
    "channel": 6,
    "party": 7,
}
_REPLACEABLE = frozenset(
    (Unclear.PAYDAY, Unclear.HOLIDAY, Unclear.EVENT, Unclear.WHICH_DAY, Unclear.OPEN_ENDED, Unclear.RECURRING)
)
_MOVED_TO = re.compile(
    r"(?:[改挪延推换缓拖调][到至成迟]{1,2}|\b(?:moved?|push(?:ed)?|changed?|shift(?:ed)?) (?:it )?(?:back )?to) ?$"
)


def resolve(text: str, *, now: datetime, timezone: str, currency: str, language: str) -> list[Entity]:
    """Return the entities of a message in the order they appear; no two overlap.

    ``now`` must be aware; dates are counted from its day in ``timezone`` (an IANA name, the borrower's).
    ``currency`` is the loan's ISO 4217 code. In Chinese 12/5 is 5 December; in English it is unclear.
    What the borrower rules out ("不是3个月，是3号", "not the 5th") is left out. Raises ValueError for a
    naive ``now`` and ZoneInfoNotFoundError for an unknown zone.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone; pass an aware datetime")
    today = now.astimezone(ZoneInfo(timezone)).date()
    folded = without_idioms(fold(text))
    durations = list(find_durations(folded))
    dates = list(find_dates(folded, today, durations, month_first=language == "zh"))
    amounts = find_amounts(folded, currency, beside_date=bool(dates))
    chosen = _longest_first([*dates, *durations, *amounts])
    kept = _settle(list(ranges_joined(without_the_rejected(chosen, folded), folded)), folded)
    words = _longest_first([*find_time_windows(folded), *find_words(folded)], beside=chosen)
    kept = sorted([*kept, *without_the_rejected(words, folded)], key=lambda found: found.start)
    return [
        Entity(found.type, text[found.start : found.end], found.start, found.end, found.value, found.unclear)
        for found in kept
    ]


def _longest_first(candidates: Iterable[Found], beside: Iterable[Found] = ()) -> list[Found]:
    """Drop what overlaps a longer find, or one of ``beside``, then put the rest in the order of the text."""
    chosen: list[Found] = []
    taken = {place for found in beside for place in range(found.start, found.end)}
    for found in sorted(
        candidates, key=lambda found: (found.start - found.end, _PRIORITY[found.type], found.start)
    ):
        span = range(found.start, found.end)
        if taken.isdisjoint(span):
            taken.update(span)
            chosen.append(found)
    return sorted(chosen, key=lambda found: found.start)


def _settle(entities: list[Found], text: str) -> list[Found]:
    """Leave out "after payday" or "next week" when the message also names the day, unless it is moved there."""
    has_date = any(found.type == "date" and found.value is not None for found in entities)
    return [
        found
        for found in entities
        if not (has_date and found.type == "date" and found.unclear in _REPLACEABLE)
        or _MOVED_TO.search(text[max(0, found.start - 16) : found.start])
    ]
