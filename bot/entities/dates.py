"""All the dates in a text: numeric ones, Chinese and English ones, and "in three days"."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from bot.entities.calendar import Calendar, Outcome, exact
from bot.entities.dates_en import english_dates
from bot.entities.dates_zh import chinese_dates
from bot.entities.entity import Found, Unclear

_YEAR_FIRST = re.compile(
    r"(?<![\d.,-])(?P<y>(?:19|20)\d\d)(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?![\d%])"
)
_COMPACT = re.compile(r"(?<![a-z\d.,])(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)(?![\d.,元块])")
_YEAR_LAST = re.compile(
    r"(?<![\d.,-])(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>(?:20)?\d\d)(?![\d%])"
)
_TWO_PARTS = re.compile(r"(?<![\d./,$¥-])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?![\d/%]|\.\d)")
_FRACTIONS = frozenset(("1/2", "1/3", "2/3", "1/4", "3/4", "1/5", "24/7", "50/50"))
_AT_A_DATE = re.compile(r"(?:\b(?:on|by|before|until|till|due|from|to|date)|在|到|于|改成)\s?$")

_PAST = re.compile(
    r"已经?(?:在|于)?.{0,8}(?:还|付|转|交|打|存|缴)|(?:还|付|转|交|打款|存|缴)(?:过(?!去|来)|了|清了|完了)|昨天|之前就"
    r"|(?<!get )(?<!gets )(?<!getting )(?<!be )(?<!am )(?<!'m )(?<!is )(?<!are )(?<!been )(?<!not )(?<!n't )"
    r"\b(?:paid|sent|transferred|deposited)\b"
    r"|\b(?:went|came|passed|died|buried|emailed|called|rang|spoke|sacked|let me go|lost my)\b"
)
_FUTURE = re.compile(r"将|会|打算|再(?:还|付)|就能|才能|\b(?:will|going to|gonna|'ll|can)\b")
_CLAUSE_END = re.compile(r"[，。！？；,;!?\n]")

_AFTER_WORDS = re.compile(
    r"(?:之后|以后|过后|后(?!天|日|面|果))|之内|以内|内(?!容)| from (?:now|today)"
    r"| later(?![a-z])| after today"
)
_TIME = re.compile(r"'? time(?![a-z])")  # "in two weeks' time", but "15 days time" is a duration
_BEFORE_WORDS = re.compile(r"之?以?前(?!后)| ago(?![a-z])| back(?![a-z])")
_IN_WORDS = re.compile(r"(?:再?过|(?<![a-z])(?:with)?in (?:the next |next )?|(?<![a-z])after )$")
_OPEN_ENDED = re.compile(r"(?:之后|以后|过后|后(?!天|日)|开始|起)| onwards?(?![a-z])")
_AFTER_A_DATE = re.compile(r"(?<![a-z])after (?:the )?$")


def find_dates(text: str, today: date, durations: Iterable[Found], *, month_first: bool) -> Iterator[Found]:
    """Yield the dates in a folded text, against today's date in the borrower's time zone.

    "25号" is the coming 25th, today included, and 12月5号 the coming 5 December; in a clause about a payment
    already made they are the latest ones. 5/12 is month first when ``month_first`` (as Chinese writes it),
    otherwise it is unclear unless only one reading exists. A duration with "in", "later", 后 or 内 is a date.
    """

    def calendar_at(start: int, end: int) -> Calendar:
        return Calendar(today, looking_back=_is_about_the_past(text, start, end))

    for start, end, outcome in _numeric(text, calendar_at, month_first):
        yield _found(start, end, outcome)
    for dates in (chinese_dates, english_dates):
        for start, end, outcome in dates(text, calendar_at):
            if isinstance(outcome, date) and _is_open_ended(text, start, end, outcome, today):
                outcome = Unclear.OPEN_ENDED
            yield _found(start, end, outcome)
    for duration in durations:
        found = _from_duration(text, duration, Calendar(today))
        if found is not None:
            yield found


def _found(start: int, end: int, outcome: Outcome) -> Found:
    if isinstance(outcome, Unclear):
        return Found("date", start, end, None, outcome)
    return Found("date", start, end, outcome.isoformat())


def _clause(text: str, start: int, end: int) -> str:
    first = max(
        (match.end() for match in _CLAUSE_END.finditer(text, max(0, start - 60), start)),
        default=max(0, start - 60),
    )
    last = _CLAUSE_END.search(text, end, end + 60)
    return text[first : last.start() if last else end + 60]


def _is_about_the_past(text: str, start: int, end: int) -> bool:
    clause = _clause(text, start, end)
    return _PAST.search(clause) is not None and _FUTURE.search(clause) is None


def _is_open_ended(text: str, start: int, end: int, day: date, today: date) -> bool:
    if day <= today:
        return False
    return bool(_OPEN_ENDED.match(text, end) or _AFTER_A_DATE.search(text[max(0, start - 12) : start]))


def _numeric(
    text: str, calendar_at: Callable[[int, int], Calendar], month_first: bool
) -> Iterator[tuple[int, int, Outcome]]:
    for pattern in (_YEAR_FIRST, _COMPACT):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), exact(int(match["y"]), int(match["m"]), int(match["d"]))
    for match in _YEAR_LAST.finditer(text):
        year = int(match["y"])
        first, second = int(match["a"]), int(match["b"])
        reading = _day_or_month(first, second, month_first=False)
        if isinstance(reading, tuple):
            yield match.start(), match.end(), exact(year if year > 99 else 2000 + year, *reading)
        elif reading is not None:
            yield match.start(), match.end(), reading
    for match in _TWO_PARTS.finditer(text):
        if match[0] in _FRACTIONS and not _AT_A_DATE.search(text[max(0, match.start() - 8) : match.start()]):
            continue
        parts = _day_or_month(int(match["a"]), int(match["b"]), month_first=month_first)
        if isinstance(parts, tuple):
            yield match.start(), match.end(), calendar_at(match.start(), match.end()).month_and_day(*parts)
        elif parts is not None:
            yield match.start(), match.end(), parts


def _day_or_month(first: int, second: int, *, month_first: bool) -> tuple[int, int] | Unclear | None:
    """Return (month, day), DAY_OR_MONTH when both readings exist, or None when neither does."""
    readings = {
        (month, day)
        for month, day in ((first, second), (second, first))
        if 1 <= month <= 12 and 1 <= day <= 31
    }
    if month_first and (first, second) in readings:
        return first, second
    if len(readings) > 1:
        return Unclear.DAY_OR_MONTH
    return readings.pop() if readings else None


def _from_duration(text: str, duration: Found, calendar: Calendar) -> Found | None:
    """Turn "3天后", "within a week" or "two months ago" into a date; 过两天 only means "soon"."""
    before = _IN_WORDS.search(text[max(0, duration.start - 16) : duration.start])
    after = (_TIME.match(text, duration.end) if before else None) or _AFTER_WORDS.match(text, duration.end)
    ago = _BEFORE_WORDS.match(text, duration.end)
    if not (before or after or ago):
        return None
    start = duration.start - (len(before[0]) if before else 0)
    end = after.end() if after else ago.end() if ago else duration.end
    idiom = before is not None and text[duration.start : duration.end] == "两天"
    if idiom or not isinstance(duration.value, dict):
        return Found("date", start, end, None, Unclear.WHICH_DAY)
    if before and before[0].endswith("after ") and duration.value["unit"] == "year":
        return None  # "after eleven years they let me go"
    n = int(duration.value["n"])
    return _found(start, end, calendar.after(-n if ago else n, str(duration.value["unit"])))
