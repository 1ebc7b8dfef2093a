"""Amounts of money: 三千五, ¥3,500.50, 三百块左右, $200, Rs. 5,000, three and a half grand, "pay 1500"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bot.entities.amount_words import (
    BARE_END,
    BARE_START,
    BETWEEN,
    COUNTED_AFTER,
    LABEL_BEFORE,
    MINUS,
    MONEY_CONTEXT,
    NOT_AMOUNTS,
    RANGE_LINK,
    ROUND,
    VAGUE,
    VERB_BEFORE,
)
from bot.entities.currencies import PREFIX, SUFFIX, currency_of
from bot.entities.entity import Found, Unclear
from bot.entities.numbers import (
    ARABIC,
    CHINESE,
    COUNTER,
    DIGIT,
    ENGLISH,
    ENGLISH_SCALE,
    SCALE,
    arabic_number,
    chinese_number,
    english_number,
    english_scale,
)

_JIAO = re.compile(
    rf"(?P<jiao>\d|{DIGIT})[毛角]|(?P<digit>[2-9二三四五六七八九])(?!{DIGIT}|{SCALE}|[\d个天日号月年周星期礼次点笔.])"
)
# 三百多 is more than is said and has no value; 三百来块 is about as much, like 三百块左右.
_MORE = re.compile(
    r"(?:多|好?几|来(?=[万千百]))(?=[块元万千百蚊]|$|[\s，,。吧])|来(?=[块元蚊]|$|[\s，,。吧])"
)
_DIGIT_RANGE = (
    rf"(?:十[一二三四五六七八九]{{2}}|[一二三四五六七八九两]{{2}}{SCALE}{{1,2}}"
    rf"|(?<!\d)[1-9]、[1-9]{SCALE}{{1,2}}|(?:\d|{DIGIT})(?P<same>[百千万])(?:\d|{DIGIT})(?P=same)(?!{SCALE}))"
)
_NUMBER = re.compile(
    rf"(?P<scaled>{ARABIC})\s?(?P<scale>{ENGLISH_SCALE}|[kw](?=\d(?!\d))|w(?![a-z]))"
    rf"(?P<tail>(?<=[kw])\d(?!\d|{COUNTER}))?"
    rf"|(?P<pieces>(?<!\d)\d|{DIGIT})个(?P<piece>[kw])(?![a-z])"
    rf"|(?P<range>{_DIGIT_RANGE})|(?P<chinese>{CHINESE})|(?P<arabic>{ARABIC})|(?P<english>{ENGLISH})"
)
_NOTES = re.compile(r"(?<![a-z])(?:a |one )?(tenner|fiver)(?![a-z])")
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
    return VERB_BEFORE.search(before) is not None or PREFIX.search(before) is not None


def money_unit_after(after: str) -> bool:
    """Tell whether the folded text just after a number makes it money, as in "元" or "dollars"."""
    return SUFFIX.match(after) is not None


def find_amounts(text: str, currency: str, *, beside_date: bool = False) -> Iterator[Found]:
    """Yield the amounts in a folded text, in two decimals and the currency the words name.

    ``currency`` is the loan's ISO 4217 code: it settles what "$", "元" or "rupees" mean. Bare numbers count
    only where money is being talked about, or beside a date ("12月5号 1500"). A range or a vague amount has no value.
    """
    for match in VAGUE.finditer(text):
        yield Found("amount", match.start(), match.end(), None, Unclear.VAGUE)
    for match in ROUND.finditer(text):
        yield _valued(match.start(), match.end(), chinese_number(match[1]) or Decimal(0), currency)
    for match in _NOTES.finditer(text):
        yield _valued(match.start(), match.end(), Decimal(10 if match[1] == "tenner" else 5), currency)
    yield from _overlong(text)
    about_money = beside_date or MONEY_CONTEXT.search(text) is not None
    earlier: tuple[_Number, Found | None] | None = None
    for number in _numbers(text):
        found = _amount(number, text, currency, about_money)
        if earlier is not None and _is_range(*earlier, number, found, text, about_money):
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
        before, suffix = text[max(0, match.start() - 40) : match.start()], SUFFIX.match(text, match.end())
        prefix = PREFIX.search(before)
        if not (prefix or suffix or (match["whole"] and VERB_BEFORE.search(before))):
            continue
        start = match.start() - (len(prefix[0]) if prefix else 0)
        why = Unclear.TOO_PRECISE if match["whole"] and len(whole) <= 12 else Unclear.TOO_LARGE
        yield Found("amount", start, suffix.end() if suffix else match.end(), None, why)


def _is_range(
    first: _Number, found: Found | None, second: _Number, then: Found | None, text: str, about_money: bool
) -> bool:
    """Tell whether two numbers are the ends of one amount: 300-500块, two to three thousand, between 500 and 800."""
    link = RANGE_LINK.fullmatch(text[found.end if found else first.end : second.start])
    if link is None or first.value is None or second.value is None:
        return False
    before, after = text[max(0, first.start - 24) : first.start], text[second.end : second.end + 16]
    if link[0].strip().startswith("and") and not BETWEEN.search(before):
        return False
    if then is not None and second.strong and not first.strong and second.value >= 1000 > first.value:
        return first.value > 0
    if min(first.value, second.value) < 10:
        return False
    if found is None and then is None:
        return _is_bare_pair(first, second, text, about_money)
    return then is not None or not (COUNTED_AFTER.match(after) or re.match(r"[-/.:]\d", after))


def _is_bare_pair(first: _Number, second: _Number, text: str, about_money: bool) -> bool:
    """Tell whether a message that says little else than two numbers, or speaks of money, means a range of amounts."""
    if COUNTED_AFTER.match(text, second.end) or LABEL_BEFORE.search(
        text[max(0, first.start - 40) : first.start]
    ):
        return False
    if min(first.value or 0, second.value or 0) < 100 or first.plain.startswith("0"):
        return False
    bare = BARE_START.fullmatch(text[: first.start]) and BARE_END.fullmatch(text[second.end :])
    return about_money or bool(bare)


def _numbers(text: str) -> Iterator[_Number]:
    position = 0
    while match := _NUMBER.search(text, position):
        position = match.end()
        if match["scaled"]:
            multiple = _multiple(match["scale"])
            value = arabic_number(match["scaled"]) * multiple + int(match["tail"] or 0) * multiple / 10
            yield _Number(match.start(), match.end(), value, strong=True)
        elif match["pieces"]:
            count = chinese_number(match["pieces"]) or Decimal(0)
            yield _Number(match.start(), match.end(), count * _multiple(match["piece"]), strong=True)
        elif match["range"]:
            yield _Number(match.start(), match.end(), None, strong="十" not in match["range"])
        elif match["chinese"]:
            spoken = match["chinese"]
            read = chinese_number(spoken)
            if read is not None:
                strong = read >= 100 and (spoken[0] not in "百千万亿" or _is_short_form(spoken))
                yield _Number(match.start(), match.end(), read, strong)
        elif match["arabic"]:
            yield _Number(match.start(), match.end(), arabic_number(match[0]), strong=False, plain=match[0])
        else:
            words = match["english"]
            if " and " in words and COUNTED_AFTER.match(text[match.end() : match.end() + 16]):
                words = words[: words.rindex(" and ")]
            read = english_number(words)
            if read is not None:
                yield _Number(match.start(), match.start() + len(words), read, strong=read >= 100)


def _multiple(scale: str) -> Decimal:
    return Decimal(10_000) if scale == "w" else english_scale(scale)


def _is_short_form(spoken: str) -> bool:
    """Tell whether this is 千五 or 百二, as Cantonese says 1500 and 120."""
    return len(spoken) == 2 and spoken[0] in "百千" and spoken[1] in "二三四五六七八九"


def _amount(number: _Number, text: str, currency: str, about_money: bool) -> Found | None:
    before = text[max(0, number.start - 40) : number.start]
    after = text[number.end : number.end + 24]
    prefix = PREFIX.search(before)
    about = _MORE.match(after)
    suffix = SUFFIX.match(after[len(about[0]) :] if about else after)
    if suffix and number.value == 1 and number.plain == "" and suffix[0] == "块":
        suffix = None  # 一块 is mostly "together"
    if not prefix and not suffix and not _is_money(number, text, before, after, about_money):
        return None
    start = number.start - (len(prefix[0]) if prefix else 0)
    end = number.end + (len(about[0]) if about else 0) + (suffix.end() if suffix else 0)
    if number.value is None:
        return Found("amount", start, end, None, Unclear.RANGE)
    if MINUS.search(text[max(0, start - 3) : start]) and text[start - 1 : start] != " ":
        return Found("amount", start, end, None, Unclear.NEGATIVE)
    if about and (about[0] != "来" or after[1:2] in tuple("万千百")):
        return Found("amount", start, end, None, Unclear.VAGUE)
    value = number.value
    if suffix and suffix["zh"] and (jiao := _JIAO.match(text, end)):
        read = chinese_number(jiao["jiao"] or jiao["digit"])
        value += (read or Decimal(0)) / 10
        end = jiao.end()
    return _valued(start, end, value, currency_of(prefix, suffix, currency))


def _valued(start: int, end: int, value: Decimal, currency: str) -> Found:
    if value >= _LIMIT:
        return Found("amount", start, end, None, Unclear.TOO_LARGE)
    if value != value.quantize(_CENT):
        return Found("amount", start, end, None, Unclear.TOO_PRECISE)
    return Found("amount", start, end, {"amount": str(value.quantize(_CENT)), "currency": currency})


def _is_money(number: _Number, text: str, before: str, after: str, about_money: bool) -> bool:
    """Decide for a number without a currency."""
    if COUNTED_AFTER.match(after) or LABEL_BEFORE.search(before):
        return False
    if number.strong:
        return True
    if re.match(r"[-/.:]\d", after) or re.search(r"[\d.][-/:.]\s?$", before):
        return False
    if number.value is None:
        return VERB_BEFORE.search(before) is not None
    if number.value >= 10 and VERB_BEFORE.search(before):
        return True
    if not number.plain or number.value < 100 or number.plain in NOT_AMOUNTS:
        return False
    if number.plain.startswith("0") or len(number.plain.split(".")[0]) > 9:
        return False
    bare = BARE_START.fullmatch(text[: number.start]) and BARE_END.fullmatch(text[number.end :])
    return about_money or bool(bare) or "," in number.plain
