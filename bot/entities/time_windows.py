"""Times of day, as when to call: 晚上, 9到11点, after 6pm, between 2 and 4."""

import re
from collections.abc import Iterator

from bot.entities.entity import Found
from bot.entities.numbers import SMALL_CHINESE, small_number

# From and to, by the clock of the borrower. Rough on purpose: the contact hours of the place still bind.
_PARTS = {
    "morning": ("08:00", "12:00"), "noon": ("12:00", "14:00"), "afternoon": ("14:00", "18:00"),
    "evening": ("18:00", "21:00"), "night": ("21:00", "24:00"), "small hours": ("00:00", "06:00"),
    "office hours": ("09:00", "18:00"), "after work": ("18:00", "21:00"),
}  # fmt: skip
_WORDS = {
    **dict.fromkeys(("早上", "上午", "早晨", "清晨", "一早", "朝早", "morning"), "morning"),
    **dict.fromkeys(("中午", "午休", "晏昼", "noon", "midday", "lunchtime", "lunch time", "lunch break"), "noon"),
    **dict.fromkeys(("下午", "下昼", "afternoon", "arvo"), "afternoon"),
    **dict.fromkeys(("傍晚", "晚上", "晚间", "夜晚", "夜晚黑", "evening"), "evening"),
    **dict.fromkeys(("夜里", "深夜", "半夜", "大半夜", "night"), "night"),
    **dict.fromkeys(("凌晨", "small hours"), "small hours"),
    **dict.fromkeys(("上班时间", "工作时间", "办公时间", "office hours", "working hours"), "office hours"),
    **dict.fromkeys(("下班后", "下班以后", "下班之后", "放工后", "after work"), "after work"),
}  # fmt: skip
_ANY_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_WORD = re.compile(
    r"(?<![a-z])(?<!good )(?<!last )(?<!all )(?<!day and )(?:in the |during (?:the )?)?"
    rf"(?P<word>{_ANY_WORD})(?:的?时候)?(?:s|time)?(?![a-z好])"
)

_PART_ZH = r"(?P<part{0}>早上|上午|早晨|清晨|中午|下午|傍晚|晚上|夜里|凌晨|半夜|晚|早|朝早)?"
_HOUR_ZH = rf"(?P<hour{{0}}>(?<![\d.第])\d{{{{1,2}}}}(?!\d)|{SMALL_CHINESE})"
_MINUTE_ZH = (
    r"(?:(?:点|时(?![间候常不]))(?P<half{0}>半|一刻|三刻|[0-5]?\d(?!\d)(?:分)?)?(?:钟|整)?"
    r"|:(?P<minute{0}>[0-5]\d))"
)
_CLOCK_ZH = _PART_ZH + _HOUR_ZH + _MINUTE_ZH
_RANGE_ZH = re.compile(
    (_PART_ZH + _HOUR_ZH).format(1)
    + f"(?:{_MINUTE_ZH.format(1)})?"
    + r"\s?(?:到|至|-|~|～|—)\s?"
    + _CLOCK_ZH.format(2)
)
_ONE_ZH = re.compile(
    rf"(?<![第几有差早晚这那]){_CLOCK_ZH.format(1)}(?P<after>之后|以后|过后|后(?!天)|开始|起)?(?P<before>之?以?前)?"
)
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}

_HOURS_EN = "one two three four five six seven eight nine ten eleven twelve".split()
_HOUR_EN = r"(?<![\d.,/:])\d{{1,2}}(?!\d)|" + "|".join(_HOURS_EN)
_CLOCK_EN = (
    rf"(?:(?P<past{{0}}>half past |quarter past |quarter to ))?(?P<hour{{0}}>{_HOUR_EN})"
    r"(?:[:.](?P<minute{0}>[0-5]\d)(?!\d))? ?(?P<half{0}>am|pm|a\.m\.?|p\.m\.?|noon|o'?clock)?(?![a-z\d])"
)  # fmt: skip
_RANGE_EN = re.compile(
    r"(?<![a-z\d])(?:(?:between|from) )?" + _CLOCK_EN.format(1) + r" ?(?:-|–|to|and|till|until) ?" + _CLOCK_EN.format(2)
)  # fmt: skip
_ONE_EN = re.compile(
    r"(?<![a-z\d])(?:(?P<side>after|from|past|before|by|until|till|at|around) )?" + _CLOCK_EN.format(1)
)
_CONTACT = re.compile(r"(?<![a-z])(?:call|ring|phone|contact|reach|text|message)(?![a-z])")
_NOT_A_TIME = re.compile(
    r"%| ?(?:days?|weeks?|months?|years?|st|nd|rd|th|k|dollars|people|times|of)(?![a-z])|[-/.,]\d"
)

Window = tuple[str, str]


def find_time_windows(text: str) -> Iterator[Found]:
    """Yield times of day in a folded text as {"from": "18:00", "to": "24:00"}; a single time is from and to at once.

    An hour without a part of the day is between 08:00 and 19:59, when people may be called.
    """
    for match in _WORD.finditer(text):
        yield _found(match, _PARTS[_WORDS[match["word"]]])
    for match in _RANGE_ZH.finditer(text):
        yield from _window(match, _chinese(match, 1, match["part2"]), _chinese(match, 2, match["part1"]))
    for match in _ONE_ZH.finditer(text):
        yield from _one(match, _chinese(match, 1, None), bool(match["after"]), bool(match["before"]))
    for match in _RANGE_EN.finditer(text):
        if _is_clock(match, text, 1) or _is_clock(match, text, 2):
            yield from _window(match, _english(match, 1, match["half2"]), _english(match, 2, match["half1"]))
    for match in _ONE_EN.finditer(text):
        if _is_clock(match, text, 1):
            side = match["side"]
            after, before = side in ("after", "from", "past"), side in ("before", "by", "until", "till")
            yield from _one(match, _english(match, 1, None), after, before)


def _one(match: re.Match[str], time: int | None, after: bool, before: bool) -> Iterator[Found]:
    if time is not None:
        yield _found(match, ("00:00" if before else _clock(time), "24:00" if after else _clock(time)))


def _window(match: re.Match[str], first: int | None, last: int | None) -> Iterator[Found]:
    if first is None or last is None:
        return
    if first > last and first - last < 12 * 60 and last + 12 * 60 > first:
        last += 12 * 60
    if first < last <= 24 * 60:
        yield _found(match, (_clock(first), _clock(last)))


def _chinese(match: re.Match[str], number: int, other_part: str | None) -> int | None:
    """Return minutes after midnight; None when this is no time, as 一点 mostly means a little."""
    part, said = match[f"part{number}"] or other_part, match[f"hour{number}"]
    half, minute = match[f"half{number}"], match[f"minute{number}"]
    if said == "一" and not (part or half or minute):
        return None
    hour = small_number(said)
    late = part in ("下午", "傍晚", "晚上", "晚", "夜里") or (part == "中午" and hour < 3)
    minutes = int(minute) if minute else _QUARTERS.get(half) or int((half or "0").rstrip("分"))
    if part == "半夜" and hour == 12:
        hour = 0
    return _minutes(hour, minutes, late=late, known=part is not None or minute is not None)


def _english(match: re.Match[str], number: int, other_half: str | None) -> int | None:
    said, half = match[f"hour{number}"], match[f"half{number}"] or other_half or ""
    hour = int(said) if said.isdigit() else _HOURS_EN.index(said) + 1
    minutes = int(match[f"minute{number}"] or 0)
    past = match[f"past{number}"]
    if past:
        minutes = {"half": 30, "quar": 15}[past[:4]] * (-1 if past.startswith("quarter to") else 1)
    if half.startswith("a") and hour == 12:
        hour = 0
    return _minutes(hour, minutes, late=half.startswith("p"), known=half.startswith(("a", "p", "noon")))


def _minutes(hour: int, minutes: int, *, late: bool, known: bool) -> int | None:
    if hour > 24 or (hour == 24 and minutes):
        return None
    if hour < 12 and (late or (not known and 1 <= hour < 8)):
        hour += 12
    return 60 * hour + minutes


def _is_clock(match: re.Match[str], text: str, number: int) -> bool:
    """Tell a time from any other figure: by am or o'clock, by minutes, or because calling is spoken of."""
    if _NOT_A_TIME.match(text, match.end()):
        return False
    if match[f"half{number}"] or match[f"past{number}"]:
        return True
    has_side = "side" not in match.re.groupindex or bool(match["side"])
    dotted = bool(match[f"minute{number}"]) and (":" in match[0] or has_side)
    return dotted or (
        has_side and _CONTACT.search(text, max(0, match.start() - 40), match.start()) is not None
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _found(match: re.Match[str], window: Window) -> Found:
    return Found("time_window", match.start(), match.end(), {"from": window[0], "to": window[1]})
