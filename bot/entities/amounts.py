"""Amounts of money: 三千五, ¥3,500.50, 三百块左右, $200, Rs. 5,000, three and a half grand, "pay 1500"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bot.entities.entity import Found, Unclear
from bot.entities.numbers import (
    ARABIC,
    CHINESE,
    DIGIT,
    ENGLISH,
    ENGLISH_SCALE,
    SCALE,
    arabic_number,
    chinese_number,
    english_number,
    english_scale,
)

_DOLLARS = ("USD", "SGD", "HKD", "TWD", "AUD", "CAD", "NZD")
_YUAN = ("CNY", "HKD", "TWD", "SGD", "MOP")
_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR")
_PESOS = ("PHP", "MXN", "CLP", "COP")
# What a word or sign may mean: the loan's own currency when it is among these, else the first.
_CURRENCIES: dict[str, tuple[str, ...]] = {
    "¥": ("CNY", "JPY"), "rmb": ("CNY",), "cny": ("CNY",), "人民币": ("CNY",), "yuan": ("CNY", "TWD"),
    "kuai": ("CNY",), "元": _YUAN, "块": _YUAN, "圆": _YUAN, "蚊": ("HKD", "CNY", "MOP"),
    "us$": ("USD",), "usd": ("USD",), "美元": ("USD",), "美金": ("USD",),
    "s$": ("SGD",), "sgd": ("SGD",), "hk$": ("HKD",), "hkd": ("HKD",), "港币": ("HKD",), "nt$": ("TWD",),
    "$": _DOLLARS, "刀": _DOLLARS, "dollar": _DOLLARS, "buck": _DOLLARS,
    "£": ("GBP",), "gbp": ("GBP",), "pound": ("GBP",), "quid": ("GBP",),
    "€": ("EUR",), "eur": ("EUR",), "euro": ("EUR",),
    "₹": ("INR",), "inr": ("INR",), "rs": _RUPEES, "rupee": _RUPEES,
    "₱": ("PHP",), "php": ("PHP",), "peso": _PESOS,
}  # fmt: skip
_PREFIX = re.compile(
    r"(?:(?P<sign>(?<![a-z])(?:us\$|hk\$|nt\$|s\$)|[¥$£€₹₱])"
    r"|(?<![a-z])(?P<code>rmb|cny|usd|sgd|hkd|gbp|eur|inr|php|rs)\.?|(?P<word>人民币))\s?$"
)
_SUFFIX = re.compile(
    r"\s?(?:(?P<zh>块(?!儿|地|土)|元|圆|蚊|刀)(?:钱|人民币)?|(?P<word>人民币|美元|美金|港币)"
    r"|(?P<code>rmb|cny|usd|sgd|hkd|gbp|eur|inr|php|rs|yuan|kuai|quid|dollar|buck|pound|euro|rupee|peso)s?(?![a-z])(?:/-)?"
    r"|(?P<sign>[¥$£€₹₱])|/-)"
)
_JIAO = re.compile(
    rf"(?P<jiao>\d|{DIGIT})[毛角]|(?P<digit>[2-9二三四五六七八九])(?!{DIGIT}|{SCALE}|[\d个天日号月年周星期礼次点笔.])"
)
_ABOUT = re.compile(r"(?:多|来|好?几)(?=[块元万千百蚊]|$|[\s，,。吧])")

_FILLER = (
    r"(?:了|过|上|出|到|得起|你们|你|您|他|我|个|大概|大约|差不多|最多|至少|只有|先|成|是|有|共|款|钱|为|清|掉|给|够|\s"
    r"|(?<![a-z])(?:you|me|him|them|about|around|only|just|at least|at most|up to|maybe|like|roughly|another|of|"
    r"the|a|in|back|off|is|was|be|to|for|extra)(?![a-z]))"
)
_VERB_BEFORE = re.compile(
    r"(?:还|付|给|交|转|凑|拿|欠|借|扣|存|缴|打款|打钱|罚息|利息|本金|工资|收入|每期|每个?月|月供|余额|金额"
    r"|(?<![a-z])(?:pay|paid|paying|owe|owed|send|sent|transfer|transferred|afford|give|gave|deposit|deposited|"
    r"settle|borrowed|manage|repay|instal?lments?|balance|amount|interest|salary|earn|put)(?![a-z]))"
    rf"{_FILLER}{{0,6}}:?(?:[\d.,]{{1,12}}[ 、和]{{1,2}}){{0,4}}$"
)
_MONEY_CONTEXT = re.compile(
    r"还(?!有|是|没|不)|付|交|转|凑|欠|借|扣|款|钱|利息|本金|罚息|工资|收入|金额|多少|每个?月|[这本下]个?月|期"
    r"|不是\d|应该是|改成|改为|\b(?:not \d|i meant?|should be)"
    r"|\b(?:pay|paid|paying|payment|owe|afford|send|sent|transfer|deposit|settle|balance|fees?|interest|"
    r"instal?lments?|manage|salary|earn|loan|money|repay|per month|a month|monthly|a week|weekly)\b"
)
_COUNTED_AFTER = re.compile(
    r"(?:多|来|几)?\s?(?:个|天|日|号|月|年|周|星期|礼拜|期|次|笔|点|时|分(?!钱)|秒|%|岁|人|位|名|小时|钟|遍|条|楼|室|栋|倍|折|成"
    r"|平|公里|斤|家|辆|只|页|集|度|届|强|户|张|些|半|部|下|级|季|[:/](?!-)|之"
    r"|-?(?:percent|per cent|am|pm|days?|weeks?|wks?|months?|mths?|mos?|years?|yrs?|hours?|hrs?|min|minutes?|times?|"
    r"people|th|st|nd|rd|loans?|options?|instal?lments?|payments?|kids?|children|thanks|reasons|fortnights?|quarters?|"
    r"miles|km|kg|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|o'clock)(?![a-z])"
    r"|-?(?:january|february|march|april|june|july|august|september|october|november|december))|[a-z]"
)
_LABEL_BEFORE = re.compile(
    r"(?:尾号|尾数|[后末]四位|证|号码|编号|单号|合同|电话|热线|第|选|选项|房间|卡号|密码|验证码|百分之|分之|@|#|[\d.][-/:.]"
    r"|\b(?:option|loan|ref|reference|number|no|id|code|digits|four|ending|ends|in|at|case|call|account|acct|otp|pin)"
    r"(?: (?:no|number|in|with|is|are|id))?)[.:：]?\s?(?:是|为)?\s?$"
)
_HOTLINES = frozenset(
    "110 119 120 122 12315 12345 12348 12356 12363 12378 12368 96110 95188 999 911 988 112 1930".split()
)
_BARE_START = re.compile(r"\W*(?:就|那|只有|大概|about|around|only|just|maybe|like|ok|好)?\s*$")
_BARE_END = re.compile(
    r"\s*(?:左右|上下|吧|行吗|可以吗|可以|好吗|行|怎么样|ok|only|max|please|pls|first|now|可唔可以)?\W*$"
)
_RANGE_LINK = re.compile(r"\s?(?:-|~|～|—|–|到|至|或者?|to|or)\s?[¥$£€₹₱]?")
_DIGIT_RANGE = rf"(?:十[一二三四五六七八九]{{2}}|[一二三四五六七八九两]{{2}}{SCALE}{{1,2}})"
_VAGUE = re.compile(
    rf"(?:好几|十几|十来|几十|几|上){SCALE}{{1,2}}(?:多|来)?(?:块钱?|元|蚊)?|[百千万]把(?:块钱?|元)"
    rf"|几(?:块钱|元钱|块)|(?<![a-z])(?:a )?few {ENGLISH_SCALE}(?: (?:dollars|bucks|rupees|yuan|pesos|pounds))?"
)
_NUMBER = re.compile(
    rf"(?P<scaled>{ARABIC})\s?(?P<scale>{ENGLISH_SCALE}|k(?=\d(?!\d))|w(?![a-z]))(?P<tail>(?<=k)\d(?!\d))?"
    rf"|(?P<range>{_DIGIT_RANGE})|(?P<chinese>{CHINESE})|(?P<arabic>{ARABIC})|(?P<english>{ENGLISH})"
)
# A minus sign, not a dash between two figures or after a day.
_MINUS = re.compile(r"(?<![\da-z.,%年月日号一二三四五六七八九十百千万亿两元块钱圆蚊毛角~-])[-−]\s?$")
_CENT = Decimal("0.01")
_LIMIT = Decimal(10) ** 12
# Digits that are no number of ours: too many before the point or after it, or so many that they were hidden as a card.
_LONG = re.compile(r"(?<![\d.,])(?:(?P<whole>\d[\d,]*)(?:\.(?P<decimals>\d+))?(?!\d)|\[card\])")


@dataclass(frozen=True, slots=True)
class _Number:
    """A number in the text; ``strong`` when its form alone (三千五, 2k, three hundred) suggests money."""

    start: int
    end: int
    value: Decimal | None
    strong: bool
    plain: str = ""


def after_money_word(before: str) -> bool:
    """Tell whether the folded text just before a number makes it money, as in "还" or "can pay about"."""
    before = before[-40:]
    return _VERB_BEFORE.search(before) is not None or _PREFIX.search(before) is not None


def money_unit_after(after: str) -> bool:
    """Tell whether the folded text just after a number makes it money, as in "元" or "dollars"."""
    return _SUFFIX.match(after) is not None


def find_amounts(text: str, currency: str, *, beside_date: bool = False) -> Iterator[Found]:
    """Yield the amounts in a folded text, in two decimals and the currency the words name.

    ``currency`` is the loan's ISO 4217 code: it settles what "$", "元" or "rupees" mean. Bare numbers count
    only where money is being talked about, or beside a date ("12月5号 1500"). A range or a vague amount has no value.
    """
    for match in _VAGUE.finditer(text):
        yield Found("amount", match.start(), match.end(), None, Unclear.VAGUE)
    yield from _overlong(text)
    about_money = beside_date or _MONEY_CONTEXT.search(text) is not None
    earlier: tuple[_Number, Found | None] | None = None
    for number in _numbers(text):
        found = _amount(number, text, currency, about_money)
        if earlier is not None and _is_range(*earlier, number, found, text):
            start = earlier[1].start if earlier[1] else earlier[0].start
            yield Found("amount", start, found.end if found else number.end, None, Unclear.RANGE)
        if found is not None:
            yield found
        earlier = number, found


def _overlong(text: str) -> Iterator[Found]:
    """Yield what is said as an amount and is too long to be read as one."""
    for match in _LONG.finditer(text):
        whole, decimals = (match["whole"] or "").replace(",", ""), match["decimals"] or ""
        if match["whole"] and len(whole) <= 12 and len(decimals) <= 4:
            continue
        before, suffix = text[max(0, match.start() - 40) : match.start()], _SUFFIX.match(text, match.end())
        prefix = _PREFIX.search(before)
        if not (prefix or suffix or (match["whole"] and _VERB_BEFORE.search(before))):
            continue
        start = match.start() - (len(prefix[0]) if prefix else 0)
        why = Unclear.TOO_PRECISE if match["whole"] and len(whole) <= 12 else Unclear.TOO_LARGE
        yield Found("amount", start, suffix.end() if suffix else match.end(), None, why)


def _is_range(first: _Number, found: Found | None, second: _Number, then: Found | None, text: str) -> bool:
    end = found.end if found else first.end
    if (found or then) is None or _RANGE_LINK.fullmatch(text[end : second.start]) is None:
        return False
    if first.value is None or second.value is None or min(first.value, second.value) < 10:
        return False
    after = text[second.end : second.end + 16]
    return then is not None or not (_COUNTED_AFTER.match(after) or re.match(r"[-/.:]\d", after))


def _numbers(text: str) -> Iterator[_Number]:
    position = 0
    while match := _NUMBER.search(text, position):
        position = match.end()
        if match["scaled"]:
            multiple = Decimal(10_000) if match["scale"] == "w" else english_scale(match["scale"])
            value = arabic_number(match["scaled"]) * multiple + int(match["tail"] or 0) * multiple / 10
            yield _Number(match.start(), match.end(), value, strong=True)
        elif match["range"]:
            yield _Number(match.start(), match.end(), None, strong="十" not in match["range"])
        elif match["chinese"]:
            spoken = match["chinese"]
            read = chinese_number(spoken)
            if read is not None:
                strong = read >= 100 and spoken[0] not in "百千万亿"
                yield _Number(match.start(), match.end(), read, strong)
        elif match["arabic"]:
            yield _Number(match.start(), match.end(), arabic_number(match[0]), strong=False, plain=match[0])
        else:
            words = match["english"]
            if " and " in words and _COUNTED_AFTER.match(text[match.end() : match.end() + 16]):
                words = words[: words.rindex(" and ")]
            read = english_number(words)
            if read is not None:
                yield _Number(match.start(), match.start() + len(words), read, strong=read >= 100)


def _amount(number: _Number, text: str, currency: str, about_money: bool) -> Found | None:
    before = text[max(0, number.start - 40) : number.start]
    after = text[number.end : number.end + 24]
    prefix = _PREFIX.search(before)
    about = _ABOUT.match(after)
    suffix = _SUFFIX.match(after[1:] if about else after)
    if suffix and number.value == 1 and number.plain == "" and suffix[0] == "块":
        suffix = None  # 一块 is mostly "together"
    if not prefix and not suffix and not _is_money(number, text, before, after, about_money):
        return None
    start = number.start - (len(prefix[0]) if prefix else 0)
    end = number.end + (1 if about else 0) + (suffix.end() if suffix else 0)
    if number.value is None:
        return Found("amount", start, end, None, Unclear.RANGE)
    if _MINUS.search(text[:start]) and not text[:start].endswith(" "):
        return Found("amount", start, end, None, Unclear.NEGATIVE)
    if about:
        return Found("amount", start, end, None, Unclear.VAGUE)
    value = number.value
    if suffix and suffix["zh"] and (jiao := _JIAO.match(text, end)):
        read = chinese_number(jiao["jiao"] or jiao["digit"])
        value += (read or Decimal(0)) / 10
        end = jiao.end()
    if value >= _LIMIT:
        return Found("amount", start, end, None, Unclear.TOO_LARGE)
    if value != value.quantize(_CENT):
        return Found("amount", start, end, None, Unclear.TOO_PRECISE)
    code = _currency(prefix, suffix, currency)
    return Found("amount", start, end, {"amount": str(value.quantize(_CENT)), "currency": code})


def _is_money(number: _Number, text: str, before: str, after: str, about_money: bool) -> bool:
    """Decide for a number without a currency."""
    if _COUNTED_AFTER.match(after) or _LABEL_BEFORE.search(before):
        return False
    if re.match(r"[-/.:]\d", after) and not number.strong:
        return False
    if number.strong:
        return True
    if number.value is None:
        return _VERB_BEFORE.search(before) is not None
    if number.value >= 10 and _VERB_BEFORE.search(before):
        return True
    if not number.plain or number.value < 100 or number.plain in _HOTLINES:
        return False
    if number.plain.startswith("0") or len(number.plain.split(".")[0]) > 9:
        return False
    bare = _BARE_START.fullmatch(text[: number.start]) and _BARE_END.fullmatch(text[number.end :])
    return about_money or bool(bare) or "," in number.plain


def _currency(prefix: re.Match[str] | None, suffix: re.Match[str] | None, currency: str) -> str:
    named = suffix and (suffix["code"] or suffix["word"] or suffix["zh"] or suffix["sign"])
    if prefix and not (suffix and (suffix["code"] or suffix["word"])):
        named = prefix["sign"] or prefix["code"] or prefix["word"]
    if not named:
        return currency
    meanings = _CURRENCIES[named]
    return currency if currency in meanings else meanings[0]
