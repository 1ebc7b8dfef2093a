"""Durations: 两个月, 半年, 一季度, six weeks, a couple of months, a fortnight."""

import re
from collections.abc import Iterator
from decimal import Decimal

from bot.entities.entity import Found, Unclear
from bot.entities.numbers import ENGLISH_COUNT, SMALL, english_number, small_number

_CHINESE_UNITS = {
    "天": "day",
    "日": "day",
    "周": "week",
    "星期": "week",
    "礼拜": "week",
    "月": "month",
    "年": "year",
}
_UNIT_ZH = r"(?:天|周|星期|礼拜|月|年|季度|日)"
# A week word followed by a day is a weekday ("一周一次" is not), and 日 counts days only before 后 or 内.
_NOT_A_WEEKDAY = r"(?![一二三四五六日末](?![次个天周月年万千百]))"

_CHINESE = re.compile(
    rf"(?<![第每下上这有一二三四五六七八九])(?P<n>{SMALL})(?:(?P<dot>\.5)?)\s?"
    rf"(?P<ge>个)?(?P<mid>半)?[多来]?(?P<ge2>个)?\s?(?P<unit>{_UNIT_ZH}|months?)(?P<tail>半)?"
)
_HALF = re.compile(r"(?P<vague>大|小)?半(?P<ge>个)?多?(?P<unit>年|月|星期|礼拜)")
_VAGUE = re.compile(rf"(?:好几|十几|几十|几|数|个把)个?{_UNIT_ZH}(?!前)|一阵子|一段时间")
# 两三个月; but 八八年 is a year of birth.
_NEXT_TO = "(?:一二|一两|两三|二三|三两|三四|三五|四五|五六|五七|六七|七八|八九)"
_RANGE = re.compile(
    rf"(?:(?:{_NEXT_TO}[四五六七八九]?|十[一二三四五六七八]{{2}})个?{_UNIT_ZH}"
    rf"|{SMALL}个?{_UNIT_ZH}?\s?(?:-|~|～|—|到|至|或者?|、)\s?{SMALL}\s?个?{_UNIT_ZH})"
)
# "一天挣三百" is a rate, not a duration.
_EARNED_AFTER = re.compile(r"(?:才|只|就|也就|能|可以|最多){0,2}(?:挣|赚|收入|工资|薪水|进账|房租|利息)")
_EACH_DAY = re.compile(r"(?:就|要|得)?(?:打|花|好?几|\d|[两二三四五六七八九十百千])")  # 一天八个电话
_ENGLISH_UNITS = {"d": "day", "w": "week", "m": "month", "y": "year"}
_UNIT_EN = r"(?:days?|weeks?|wks?|months?|mths?|mos?|years?|yrs?|fortnights?|quarters?)(?![a-z])"
_COUNT_EN = rf"(?:(?<!\d)(?<!\d[.,])\d{{1,3}}(?:\.5)?(?![\d,])|{ENGLISH_COUNT})"
_ENGLISH = re.compile(
    rf"(?:(?P<half>half an? |half[- ])|(?P<couple>(?<![a-z])(?:a )?couple (?:of )?(?:more )?)"
    rf"|(?P<n>{_COUNT_EN})(?P<plushalf> and a half)?(?: (?:more|extra|additional|full|whole|calendar))?[- ]?(?:个)?"
    rf"|(?<![a-z])(?P<one>an?|another|one more|an extra) |(?<![a-z])(?=fortnight))"
    rf"(?P<unit>{_UNIT_EN})(?P<tail> and a half)?"
)
_VAGUE_EN = re.compile(
    rf"(?<![a-z])(?:a )?(?:few|several) (?:more )?{_UNIT_EN}"
    rf"|(?<![a-z])an? (?:day|week|month|year) or two(?![a-z])"
)
_RANGE_EN = re.compile(rf"(?:(?<!\d)\d{{1,3}} ?[-~–] ?|{_COUNT_EN} (?:to|or) ){_COUNT_EN}[- ]?{_UNIT_EN}")
_RATE_BEFORE = re.compile(
    r"(?:[\d$]|hundred|thousand|grand|(?:\d|five|two|ten) ?k|\dx|lakh|bucks|dollars|tenner|fiver|once|twice|times"
    r"|rupees|yuan|pesos|pounds|quid) $"
)
_AGE_AFTER = re.compile(r"[- ](?:old|of age)(?![a-z])")


def find_durations(text: str) -> Iterator[Found]:
    """Yield the durations in a folded text; n is a whole number of days, weeks, months or years.

    A half month counts as 15 days, a fortnight as two weeks, and 三个多月 as three months: time is asked for in whole
    units. "200 a month" is a rate, not a duration.
    """
    for match in _RANGE.finditer(text):
        if not _is_calendar_month(match, text):
            yield Found("duration", match.start(), match.end(), None, Unclear.RANGE)
    for pattern, reason in ((_VAGUE, Unclear.VAGUE), (_RANGE_EN, Unclear.RANGE), (_VAGUE_EN, Unclear.VAGUE)):
        for match in pattern.finditer(text):
            yield Found("duration", match.start(), match.end(), None, reason)
    for match in _HALF.finditer(text):
        if match["vague"]:
            yield Found("duration", match.start(), match.end(), None, Unclear.VAGUE)
        elif match["ge"] or match["unit"] == "年":
            found = _found(match, Decimal("0.5"), _CHINESE_UNITS[match["unit"]])
            if found is not None:
                yield found
    for match in _CHINESE.finditer(text):
        found = _chinese(match, text)
        if found is not None:
            yield found
    for match in _ENGLISH.finditer(text):
        found = _english(match, text)
        if found is not None:
            yield found


def _chinese(match: re.Match[str], text: str) -> Found | None:
    number, unit = match["n"], match["unit"]
    counted = bool(match["ge"] or match["ge2"])
    following = text[match.end() : match.end() + 3]
    if unit == "月" and not counted and number not in ("两", "俩", "仨"):
        return None
    if unit == "日" and not re.match(r"之?以?[后内]", following):
        return None
    if unit in ("周", "星期", "礼拜") and re.match(_NOT_A_WEEKDAY, following) is None:
        return None
    if unit == "季度" and not counted and number in ("二", "三", "四", "2", "3", "4"):
        return None
    if number == "一" and re.match(r"天天|天到晚|年到头", text[match.end() - 1 : match.end() + 2]):
        return None
    n = Decimal(small_number(number))
    if unit == "年" and not counted and n > 50:
        return None
    if n == 1 and (
        _EARNED_AFTER.match(text, match.end()) or (unit == "天" and _EACH_DAY.match(text, match.end()))
    ):
        return None
    if match["dot"] or match["mid"] or match["tail"]:
        n += Decimal("0.5")
    if unit == "季度":
        return _found(match, 3 * n, "month")
    return _found(match, n, _CHINESE_UNITS.get(unit, "month"))


def _english(match: re.Match[str], text: str) -> Found | None:
    unit = match["unit"]
    if match["one"] in ("a", "an") and _RATE_BEFORE.search(text[max(0, match.start() - 12) : match.start()]):
        return None
    if _AGE_AFTER.match(text, match.end()):
        return None
    if unit.startswith("quarter") and text[match.end() :].startswith((" of", " past", " to")):
        return None
    if match["half"]:
        n = Decimal("0.5")
    elif match["couple"]:
        n = Decimal(2)
    elif match["one"] or not match["n"]:
        n = Decimal(1)
    else:
        number = match["n"]
        n = Decimal(number) if number[0].isdigit() else english_number(number) or Decimal(0)
    if match["plushalf"] or match["tail"]:
        n += Decimal("0.5")
    if unit.startswith("fortnight"):
        return _found(match, 2 * n, "week")
    if unit.startswith("quarter"):
        return _found(match, 3 * n, "month")
    return _found(match, n, _ENGLISH_UNITS[unit[0]])


def _found(match: re.Match[str], n: Decimal, unit: str) -> Found | None:
    """Express half a year in months and half a month in days; a half of anything else is vague."""
    if n != int(n) and unit == "year":
        n, unit = n * 12, "month"
    if n != int(n) and unit == "month":
        n, unit = n * 30, "day"
    if n != int(n):
        return Found("duration", match.start(), match.end(), None, Unclear.VAGUE)
    if n == 0:
        return None
    return Found("duration", match.start(), match.end(), {"n": int(n), "unit": unit})


def _is_calendar_month(match: re.Match[str], text: str) -> bool:
    """Tell "三到五月" (March to May) from "三到五个月"."""
    return match[0].endswith("月") and not match[0].endswith("个月") and match[0] not in ("一两月", "两三月")
