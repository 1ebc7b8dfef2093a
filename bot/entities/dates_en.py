"""English dates: next Friday, the 5th, on 5 December, end of the month, after payday."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from bot.entities.calendar import Calendar, Outcome, exact
from bot.entities.entity import Unclear

Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Calendar], Outcome | None]]

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)(?![a-z])\.?"
)
_WEEKDAYS = "mon tue wed thu fri sat sun".split()
_LONG_WEEKDAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?![a-z])"
_WEEKDAY = rf"(?:{_LONG_WEEKDAY}|(?:mon|tues?|wed|thurs?|thu|fri|sat|sun)(?![a-z]))"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third "
    "twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
).split()
_ORDINAL_WORD = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_ORDINAL = rf"(?:(?<!\d)\d{{1,2}}(?:st|nd|rd|th)|(?<![a-z-])(?:{_ORDINAL_WORD}))(?![a-z-])"
_DAY = rf"(?P<day>{_ORDINAL}|(?<![\d./,-])\d{{1,2}}(?![\d./:]\d|\d))"
_ONE_END = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{_ORDINAL_WORD})"
_RANGE_TO = "(?:-|–|to|till|until|or|and)"
_YEAR = r"(?:,? ?(?P<year>(?:19|20)\d\d)(?!\d))?"
_NOT_A_DATE = (
    r"(?! ?(?:one|option|plan|choice|payment|instal?lment|time|party|floor|loan|month|week|day|year|reminder|"
    r"message|call|person|thing|half|of all|lockdown|wave|emi|child|kid|account|quarter)s?(?![a-z]))"
)
_TOMORROW = "tomorrow|tommorow|tommorrow|tomorow|tomoro|tmrw|tmr|tmw|2moro|2mrw|tmrrw|tomo"
_HOLIDAYS = (
    r"chinese new year|lunar new year|new year'?s (?:eve|day)|new year|cny holiday|spring festival|diwali|deepavali|eid"
    r"|ramadan|raya|hari raya(?: haji| puasa| aidilfitri)?"
    r"|christmas(?: eve| day)?|xmas|boxing day|easter(?: monday| sunday)?|good friday"
    r"|black friday|holi|pongal|onam|dussehra|navratri|durga puja|holy week|thanksgiving|thaipusam|vesak|mid-autumn"
    r"|dragon boat|undas|all saints'?|labou?r day|independence day|national day|bank holiday(?: monday)?|the holidays"
    r"|golden week"
)
_WHICH = {"last": -1, "previous": -1, "this": 0, "the current": 0, "next": 1, "the following": 1, "coming": 1}
_RELATIVE_MONTH = r"(?P<rel>last|previous|this|the current|next|the following|coming) month"
_SOON = {"day before yesterday": -2, "yesterday": -1, "ystd": -1, "today": 0, "tonight": 0, "tonite": 0}


def _month_number(text: str) -> int:
    return _MONTHS.index(text[:3]) + 1


def _day_number(text: str) -> int:
    return _ORDINALS.index(text) + 1 if text in _ORDINALS else int(text.rstrip("stndrh"))


def _full(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    month, day = _month_number(match["month"]), _day_number(match["day"])
    if match["year"]:
        return exact(int(match["year"]), month, day)
    return calendar.month_and_day(month, day)


def _day_of_relative_month(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    return calendar.day_of_month(_WHICH[match["rel"]], _day_number(match["day"]))


def _day(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    day = _day_number(match["day"])
    return calendar.day(day) if 1 <= day <= 31 else None


def _month_end(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    if match["month"]:
        return calendar.end_of_named_month(_month_number(match["month"]))
    return calendar.end_of_month(_WHICH[match["rel"] or "this"])


def _year_end(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    return exact(calendar.today.year + (match["rel"] == "next"), 12, 31)


def _weekday(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    weekday = _WEEKDAYS.index(match["weekday"][:3])
    relative = match["rel"]
    if relative in ("next", "nxt", "last"):
        return calendar.weekday_of_week(-1 if relative == "last" else 1, weekday)
    coming = calendar.weekday(weekday)
    return coming + timedelta(days=7) if match["plusweek"] else coming


def _weeks_after_weekday(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    weeks = 1 if match["weeks"] in ("a ", "one ", "1 ", None) else 2
    return calendar.weekday(_WEEKDAYS.index(match["weekday"][:3])) + timedelta(days=7 * weeks)


def _soon(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    word = match["word"].removeprefix("the ")
    if word.startswith("day after"):
        return calendar.in_days(2)
    return calendar.in_days(0 if word.startswith(("this", "later")) else _SOON.get(word, 1))


def _always(reason: Unclear) -> Callable[[re.Match[str], Calendar], Outcome | None]:
    return lambda match, calendar: reason


RULES: tuple[Rule, ...] = (
    (re.compile(rf"{_DAY}(?: of)?(?: |-)?(?P<month>{_MONTH}){_YEAR}"), _full),
    (re.compile(rf"(?<![a-z])(?P<month>{_MONTH})(?: |-)?(?:the )?{_DAY}{_YEAR}"), _full),
    (re.compile(rf"(?:the )?{_DAY} (?:of )?{_RELATIVE_MONTH}"), _day_of_relative_month),
    (re.compile(rf"{_RELATIVE_MONTH}(?: on)? (?:the )?(?P<day>{_ORDINAL})"), _day_of_relative_month),
    (
        re.compile(
            rf"(?<!\d)(?:the )?(?P<day>\d{{1,2}}(?:st|nd|rd|th))(?: of the month)?(?![a-z-]){_NOT_A_DATE}"
        ),
        _day,
    ),
    (
        re.compile(
            rf"(?:(?<=on )|(?<=by )|(?<=before )|(?<=until )"
            rf"|(?<=till ))the (?P<day>{_ORDINAL})(?: of the month)?{_NOT_A_DATE}"
        ),
        _day,
    ),
    (re.compile(rf"(?:the )?(?P<day>{_ORDINAL}) of the month"), _day),
    (
        re.compile(
            rf"(?<![a-z])the (?P<day>(?!first|second|third){_ORDINAL})"
            r"(?=\W*$|[,.!?;]| (?:is|works?|if|and|or|ok|please|pls|for|i|we|then|at|by|would|will|can)(?![a-z]))"
        ),
        _day,
    ),
    (
        re.compile(
            rf"(?:the )?(?:end|last day) of (?:the |(?=this|next|last|coming))?(?:(?P<rel>this|next"
            rf"|last|coming) )?"
            rf"(?:month(?![a-z])|(?P<month>{_MONTH}))|(?<![a-z])(?:this )?month[- ]?end(?![a-z])"
            r"|(?<![a-z])eom(?![a-z])"
        ),
        _month_end,
    ),
    (re.compile(r"(?:the )?end of (?:the |this )?(?:(?P<rel>next) )?year|(?<![a-z])year[- ]end"), _year_end),
    (
        re.compile(
            rf"(?<![\d.,/-])(?:between |from )?(?:the )?{_ONE_END} ?{_RANGE_TO} ?(?:the )?{_ONE_END}"
            rf"(?: of)? {_MONTH}"
        ),
        _always(Unclear.RANGE),
    ),
    (
        re.compile(
            rf"(?:(?:the )?(?:beginning|start|middle|end|early|first week|last week) (?:of |in )?"
            r"|mid-? ?|early |late |later )"
            rf"(?:the |next |this )?(?:month|week|{_MONTH})(?![a-z])"
            r"|(?<![a-z])(?:next|the following|coming) (?:month|week|year|weekend)(?![a-z])"
            r"|(?<![a-z])(?:the|this|at the|over the|by the) weekend|in (?:a few|some|several) (?:days|weeks)"
        ),
        _always(Unclear.WHICH_DAY),
    ),
    (
        re.compile(
            rf"(?<![a-z])(?:in|by|until|till|before|during) (?P<month>{_MONTH})(?! ?\d)(?! (?:i|we"
            rf"|be|not)(?![a-z]))"
        ),
        _always(Unclear.WHICH_DAY),
    ),
    (
        re.compile(
            rf"(?<![a-z\d])(?:(?P<weeks>an? |one |two |1 |2 )?weeks? (?:on|from|this) (?P<weekday>{_WEEKDAY}))"
        ),
        _weeks_after_weekday,
    ),
    (
        re.compile(
            rf"(?:the )?{_ORDINAL} (?:of |in )?(?:every|each) month|(?:every|each) month (?:on )?(?:the )?{_ORDINAL}"
            rf"|(?<![a-z])monthly on (?:the )?{_ORDINAL}"
            rf"|(?<![a-z])(?:every|each) (?:{_WEEKDAY}|(?:the )?{_ORDINAL})|(?<![a-z])(?:mon|tues|wednes"
            rf"|thurs|fri|satur|sun)days(?![a-z])"
        ),
        _always(Unclear.RECURRING),
    ),
    (
        re.compile(
            rf"(?<![a-z])(?:(?P<rel>next|nxt|this|coming|last"
            rf"|this coming) )?(?P<weekday>{_LONG_WEEKDAY})(?P<plusweek> week(?![a-z]))?"
        ),
        _weekday,
    ),
    (
        re.compile(
            rf"(?<![a-z])(?:(?P<rel>next|nxt|this|coming|last) |(?<=on )|(?<=by )|(?<=before )"
            rf"|(?<=until )|(?<=till ))"
            rf"(?P<weekday>{_WEEKDAY})(?P<plusweek> week(?![a-z]))?"
        ),
        _weekday,
    ),
    (
        re.compile(
            rf"(?<![a-z])(?P<word>(?:the )?day after (?:{_TOMORROW})|(?:the )?day before yesterday|today|tonight|tonite"
            rf"|this (?:morning|afternoon|evening|arvo)|later today|yesterday|ystd|{_TOMORROW})(?![a-z])"
        ),
        _soon,
    ),
    (
        re.compile(
            r"(?<![a-z])(?:pay ?day|salary day|when (?:i|we)(?: get|'m| am|'re)? paid|once (?:i"
            r"|we)(?: get|'m| am)? paid"
            r"|after (?:i|we) get paid|(?:when|once|after|until) (?:my |the )?(?:salary|wages?|pay"
            r"|paycheck|pay cheque)"
            r"(?: (?:is |gets? )?(?:credited|comes?(?: in)?|arrives?|lands?|in))?)(?![a-z])"
        ),
        _always(Unclear.PAYDAY),
    ),
    (
        re.compile(
            rf"(?<![a-z])(?<!happy )(?:(?:after|before|by|until|around) )?(?:the )?(?:{_HOLIDAYS})(?![a-z])"
        ),
        _always(Unclear.HOLIDAY),
    ),
    (
        re.compile(
            r"(?<![a-z])(?:after|when|once) (?:the |my )?(?:harvest|crop|bonus|refund|client pays"
            r"|customer pays|loan clears)(?![a-z])"
        ),
        _always(Unclear.EVENT),
    ),
)


def english_dates(
    text: str, calendar_at: Callable[[int, int], Calendar]
) -> Iterator[tuple[int, int, Outcome]]:
    """Yield the span and meaning of each English date in a folded text."""
    for pattern, meaning in RULES:
        for match in pattern.finditer(text):
            outcome = meaning(match, calendar_at(match.start(), match.end()))
            if outcome is not None:
                yield match.start(), match.end(), outcome
