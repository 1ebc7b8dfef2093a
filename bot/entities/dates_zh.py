"""Chinese dates: 下周五, 月底, 25号, 这个月15, 12月5号, 发工资那天."""

import re
from collections.abc import Callable, Iterator
from datetime import date

from bot.entities.calendar import Calendar, Outcome, exact
from bot.entities.entity import Unclear
from bot.entities.numbers import SMALL, small_number

Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Calendar], Outcome | None]]

_NOT_A_DAY = r"(?!码|线|方案|选项|楼|店|机|门|院|房|车|铺|床|文|[一-龥]?单元)"
_COUNTED = (
    r"(?![\d点.,]|\s?[到至~-]\s?\d+\s?[百千万k块元]"
    r"|\s?(?:个|天|月|年|周|星期|期|次|笔|块|元|圆|蚊|[十百千万k%]|分|岁|人|号码))"
)
_DAY = rf"(?P<day>{SMALL})(?:号|日)(?:号)?{_NOT_A_DAY}"
_BARE_DAY = rf"(?P<day>{SMALL})(?:(?:号|日){_NOT_A_DAY}|{_COUNTED})"
_RELATIVE_MONTH = r"(?P<rel>上|这|本|当|今|下下|下一|下)(?:个)?月(?:份)?(?:的)?"
_SHIFTS = {"上": -1, "这": 0, "本": 0, "当": 0, "今": 0, "下": 1, "下一": 1, "下下": 2, "上上": -2}
_YEARS = {"去": -1, "今": 0, "本": 0, "明": 1, "后": 2}
_WEEK = r"(?:周|星期|礼拜)"
_WEEKDAYS = dict(zip("一二三四五六日天1234567", (0, 1, 2, 3, 4, 5, 6, 6, 0, 1, 2, 3, 4, 5, 6), strict=True))
_NOT_A_WEEKDAY = (
    r"(?!次|起|共|定|个|些|点|笔|半|直|样|家|般|百|千|万|十|块|\d|期|月|年|周(?![一二三四五六日天]))"
)
# After 12.8 or 12-10: what is done on a day, and no unit that would make it a figure.
_SAID_AS_A_DAY = r"(?=\s?(?:之前|以前|前|到账|转|付|打给|再还|还(?!行|好|可以|有|是|不|没|差|欠|要)))"
_HOLIDAYS = (
    r"春节|过年|大年|新年|年(?=后)|中秋|清明|端午|国庆|五一|十一假期|元旦|除夕|元宵|圣诞|平安夜|双十[一二]|双1[12]|双(?=11|12)|重阳|七夕"
    r"|劳动节|开斋|屠妖|宰牲|感恩节|复活节|冬至|小年|黄金周"
)
_DIGIT_YEARS = str.maketrans("零〇一二三四五六七八九", "00123456789")

_DAY_WORDS = {
    "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "琴日": -1, "寻日": -1,
    "今天": 0, "今日": 0, "今晚": 0, "今儿": 0, "今早": 0, "今夜": 0, "今个": 0, "明天": 1, "明日": 1,
    "明儿": 1, "明个": 1, "明早": 1, "明晚": 1, "听日": 1, "听晚": 1, "后天": 2, "后日": 2, "后儿": 2,
    "大后天": 3, "大后日": 3,
}  # fmt: skip


def _full(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    month, day = small_number(match["month"]), small_number(match["day"])
    if match["year"]:
        return exact(int(match["year"].translate(_DIGIT_YEARS)), month, day)
    if match["relyear"]:
        return exact(calendar.today.year + _YEARS[match["relyear"]], month, day)
    return calendar.month_and_day(month, day)


def _dotted(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    if int(match["month"]) > 12 or ("-" in match[0] and int(match["month"]) < int(match["day"])):
        return None  # 5-8号 is the 5th to the 8th
    return calendar.month_and_day(int(match["month"]), int(match["day"]))


def _maybe_dotted(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    """A whole message like "12.8" may be a day or an amount: ask."""
    return Unclear.DAY_OR_MONTH if isinstance(_dotted(match, calendar), date) else None


def _month_and_day(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    return calendar.day_of_month(_SHIFTS[match["rel"]], small_number(match["day"]))


def _month_end(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    if match["month"]:
        return calendar.end_of_named_month(small_number(match["month"]))
    return calendar.end_of_month(_SHIFTS[match["rel"]] if match["rel"] else 0)


def _year_end(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    return exact(calendar.today.year + _YEARS[match["rel"] or "今"], 12, 31)


def _day(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    day = small_number(match["day"])
    return calendar.day(day) if 1 <= day <= 31 else None


def _weekday(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    if match["day"] == "末":
        return Unclear.WHICH_DAY
    weekday = _WEEKDAYS[match["day"]]
    if match["rel"]:
        return calendar.weekday_of_week(_SHIFTS[match["rel"]], weekday)
    return calendar.weekday(weekday)


def _day_word(match: re.Match[str], calendar: Calendar) -> Outcome | None:
    return calendar.in_days(_DAY_WORDS[match[0]])


def _always(reason: Unclear) -> Callable[[re.Match[str], Calendar], Outcome | None]:
    return lambda match, calendar: reason


_DAY_OR_NOT = rf"(?<![\d.月,])(?!\d{{3}}){SMALL}(?:(?:号|日)?\s?(?:-|~|～|—|–|到|至|或者?)|、)"
_END_DAY = rf"{SMALL}(?:号|日){_NOT_A_DAY}"
_MONTH = rf"(?P<month>(?<![\d个])(?![两俩仨]){SMALL})月(?:份)?"
RULES: tuple[Rule, ...] = (
    (
        re.compile(
            rf"(?:(?P<year>\d{{4}}|[零〇一二三四五六七八九]{{4}})\s?年|(?P<relyear>[去今本明后])年)?\s?(?:的)?"
            rf"(?P<month>{SMALL})\s?月(?:份)?\s?(?:的)?{_BARE_DAY.replace('(?:(?:号', '(?:(?: ?号')}"
        ),
        _full,
    ),
    (
        re.compile(rf"(?<![\d.])(?P<month>\d{{1,2}})[./-](?P<day>\d{{1,2}})(?:号|日|{_SAID_AS_A_DAY})"),
        _dotted,
    ),
    (re.compile(r"^(?P<month>\d{1,2})\.(?P<day>\d{1,2})$"), _maybe_dotted),
    (re.compile(rf"{_RELATIVE_MONTH}\s?{_BARE_DAY}"), _month_and_day),
    (re.compile(rf"(?:{_RELATIVE_MONTH}|{_MONTH}(?:的)?|(?<![\d个]))(?:月)?(?<=月)(?:底|末|尾)"), _month_end),
    (re.compile(rf"(?:{_RELATIVE_MONTH}|{_MONTH}(?:的)?)月(?:底|末|尾)"), _month_end),
    (re.compile(r"(?:(?P<rel>[去今本明后])年?)?年(?:底|末|尾)"), _year_end),
    (
        re.compile(rf"(?:{_RELATIVE_MONTH}|{_MONTH}|(?<!个)月)(?:初|中旬?|上旬|下旬|头)"),
        _always(Unclear.WHICH_DAY),
    ),
    (
        re.compile(rf"(?P<rel>下下|下一|下)(?:个)?月(?!{SMALL}[号日])|{_MONTH}(?![底末尾])"),
        _always(Unclear.WHICH_DAY),
    ),
    (
        re.compile(rf"(?:每|逢)(?:个)?月(?:的)?{_DAY}|(?:每|逢)(?:个)?{_WEEK}[一二三四五六日天1-7]"),
        _always(Unclear.RECURRING),
    ),
    (re.compile(rf"(?<![\d第栋座区路街弄巷楼层尾牌.])(?:的)?{_DAY}"), _day),
    (
        re.compile(
            rf"(?<![一二两三四五六七八九十几每\d个半])(?P<rel>上上|上|这|本|下下|下)?(?:一)?(?:个)?{_WEEK}"
            rf"(?P<day>[一二三四五六日天末1-7]){_NOT_A_WEEKDAY}"
        ),
        _weekday,
    ),
    (
        re.compile(
            rf"(?:下下|下)(?:一)?(?:个)?{_WEEK}|过(?:两天|些|阵|一阵|段时间|一段时间|几)(?:天|日|子|时)?|改天|明后[天日]"
            r"|(?<!提)[这前头][两几]天|前些天|前阵子|前段时间|近几天|最近几天|过阵子|迟些|迟点|晚些时候|[明后]年(?:年初|初|上半年|下半年|开春|[春夏秋冬][天季])?(?![底末尾\d一二三四五六七八九十])"
        ),
        _always(Unclear.WHICH_DAY),
    ),
    (
        re.compile(
            rf"{_DAY_OR_NOT}\s?{_END_DAY}"
            rf"|(?:十|二十|廿)?[一二三四五六七八九]{{2}}[号日]{_NOT_A_DAY}"
            rf"|(?:上|这|本|下下|下)?(?:个)?{_WEEK}[一二三四五六日天][、到至-]?{_WEEK}?"
            rf"[一二三四五六日天]{_NOT_A_WEEKDAY}|今明两?天"
        ),
        _always(Unclear.RANGE),
    ),
    (
        re.compile(rf"(?<!以)(?<!之)(?:{'|'.join(sorted(_DAY_WORDS, key=len, reverse=True))})(?<!个(?=月))"),
        _day_word,
    ),
    (
        re.compile(
            r"(?:等|到)?(?<![没未不])一?(?:发|领|开|出)(?:了|完)?(?:工资|薪水|薪|粮|支)(?:到账)?"
            r"(?:那天|那日|当天|当日|之后|以后|了?之?后|的时候|的那天|日|了?(?=就|再)|了)"
            r"|(?:工资|薪水|薪金)(?:一到账?|一发|一下来|发|到账|到|下来|到手)(?:下来|了)?(?:那天|之后|以后|后|的时候|(?=就|再|我就))|发薪日|出粮日?"
        ),
        _always(Unclear.PAYDAY),
    ),
    (
        re.compile(
            rf"(?:过完|过了|等过|等)?(?:{_HOLIDAYS})(?!快乐)"
            r"(?:节)?(?:之后|以后|后|之前|以前|前|完)?|(?:过完|过了)(?:这个)?年|年前(?!后)|正月|腊月|大?年?初[一二三四五六七八九十]"
        ),
        _always(Unclear.HOLIDAY),
    ),
    (
        re.compile(
            r"秋收(?:之后|以后|后|完)?|收完?(?:庄稼|粮食?|麦子|稻子|玉米)(?:之后|以后|后|了)?|卖(?:了|完)[一-龥]{1,5}?(?:之后|以后|后|就|再)"
            r"|等[^\d,，。！？!?\s]{1,12}?(?:下来|到账|到帐|回款|结账|结款|收回来|批下来)(?:之后|以后|后|了)?"
        ),
        _always(Unclear.EVENT),
    ),
)


def chinese_dates(
    text: str, calendar_at: Callable[[int, int], Calendar]
) -> Iterator[tuple[int, int, Outcome]]:
    """Yield the span and meaning of each Chinese date in a folded text."""
    for pattern, meaning in RULES:
        for match in pattern.finditer(text):
            outcome = meaning(match, calendar_at(match.start(), match.end()))
            if outcome is not None:
                yield match.start(), match.end(), outcome
