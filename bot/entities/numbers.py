"""Numbers as borrowers write them: 3,500.50, 1.5万, 三千五, three and a half grand. Decimal only."""

import re
from decimal import Decimal

# Western (1,500) and Indian (1,50,000) grouping; at most twelve digits before the point.
ARABIC = r"(?<!\d)(?<!\d[.,])(?:\d{1,3}(?:,\d{2,3}){0,4},\d{3}|\d{1,12})(?:\.\d{1,4})?(?!\d)"

_DIGITS = dict(
    zip("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两俩仨", map(int, "001234567891234567891223"), strict=True)
)
_SCALES = dict(
    zip("十百千万亿拾佰仟", map(Decimal, (10, 100, 1000, 10**4, 10**8, 10, 100, 1000)), strict=True)
)
DIGIT = "[零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖两俩仨]"
SCALE = "[十百千万亿拾佰仟]"
COUNTER = "[个天日号月年周星礼期次季]"

_EACH = "一(?:个|期|月|年|周|天|次)"  # 一千六一个月

# 三千五, 一万零五十, 1万2, 二十五, 三点五万, 千五. A trailing digit that counts something else stays outside.
CHINESE = (
    rf"(?:(?:(?:{ARABIC}|{DIGIT}(?:点{DIGIT}{{1,3}})?)?{SCALE}零?){{1,8}}"
    rf"(?:\d(?![\d.])(?!{COUNTER})|{DIGIT}(?!(?!{_EACH}){DIGIT}|{COUNTER}))?"
    rf"|{DIGIT}(?:点{DIGIT}{{1,3}})?(?!{DIGIT}|{SCALE}))"
)
# A number of one to thirty-one or so, where a day, month or count is expected.
SMALL_CHINESE = (
    r"(?:[一二三四五六七八九]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?"
    r"|卅[一]?|[一二两俩仨三四五六七八九])"
)
SMALL = rf"(?:(?<!\d)\d{{1,3}}(?!\d)|{SMALL_CHINESE})"

_SMALL_WORDS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * (index + 2)
    for index, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_ENGLISH_SCALES = {
    "hundred": Decimal(100),
    "thousand": Decimal(1000),
    "grand": Decimal(1000),
    "k": Decimal(1000),
    "lakh": Decimal(100_000),
    "lakhs": Decimal(100_000),
    "lac": Decimal(100_000),
    "lacs": Decimal(100_000),
    "million": Decimal(1_000_000),
    "crore": Decimal(10_000_000),
    "crores": Decimal(10_000_000),
}
_SCALE_WORDS = "|".join(sorted(_ENGLISH_SCALES, key=len, reverse=True))
_COUNT_WORDS = "|".join(sorted([*_SMALL_WORDS, *_TENS], key=len, reverse=True))
ENGLISH_SCALE = rf"(?:{_SCALE_WORDS})(?![a-z])"
ENGLISH_COUNT = (
    rf"(?<![a-z])(?:(?:{'|'.join(_TENS)})[- ](?:{'|'.join(list(_SMALL_WORDS)[1:10])})"
    rf"|{_COUNT_WORDS})(?![a-z])"
)
# "three hundred and fifty", "three and a half grand", "a thousand", "half a lakh", "a couple of hundred".
ENGLISH = (
    rf"(?<![a-z])(?:half a {ENGLISH_SCALE}"
    rf"|(?:(?:{_COUNT_WORDS})(?![a-z])|(?:a )?couple(?: of)?(?= {ENGLISH_SCALE})|(?:an?|another)(?= {ENGLISH_SCALE}))"
    rf"(?:[ -](?:and )?(?:a half|{_COUNT_WORDS}|{_SCALE_WORDS})(?![a-z])){{0,10}})"
)


def arabic_number(text: str) -> Decimal:
    """Read digits with grouping commas; the text must match ``ARABIC``."""
    return Decimal(text.replace(",", ""))


def chinese_number(text: str) -> Decimal | None:
    """Read a Chinese or mixed number; None when it is not one.

    A digit after the last unit takes the next smaller unit, as in speech: 三千五 is 3500, 一万二 is 12000,
    but 三千零五 is 3005.
    """
    tokens = re.findall(r"\d[\d,]*(?:\.\d+)?|.", text)
    total = section = Decimal(0)
    number: Decimal | None = None
    fraction: Decimal | None = None
    last_scale = Decimal(0)
    after_zero = False
    for token in tokens:
        if token in _SCALES:
            scale = _SCALES[token]
            if scale >= 10_000:
                total = (total + section + (number or 0)) * scale if section or number or total else scale
                section = Decimal(0)
            else:
                section += (Decimal(1) if number is None else number) * scale
            number, fraction, last_scale, after_zero = None, None, scale, False
        elif token == "点":
            fraction = Decimal("0.1")
        elif token[0].isdigit() and token[0] in "0123456789":
            if number is not None:
                return None
            number = arabic_number(token)
        elif token in _DIGITS:
            digit = _DIGITS[token]
            if fraction is not None:
                number = (number or Decimal(0)) + digit * fraction
                fraction /= 10
            elif number is not None:
                return None
            elif digit == 0 and last_scale:
                after_zero = True
            else:
                number = Decimal(digit)
        else:
            return None
    if number is None:
        return total + section
    if last_scale >= 100 and not after_zero and number < 10 and number == int(number):
        return total + section + number * last_scale / 10
    return total + section + number


def small_number(text: str) -> int:
    """Read a text that matches ``SMALL``: a day, a month or a count."""
    if text.isdigit() and text.isascii():
        return int(text)
    if text[0] in "廿卅":
        return (20 if text[0] == "廿" else 30) + (_DIGITS[text[1]] if len(text) > 1 else 0)
    value = chinese_number(text)
    if value is None:
        raise ValueError(f"not a small number: {text!r}; expected a text that matches SMALL")
    return int(value)


def english_number(text: str) -> Decimal | None:
    """Read English number words, such as "fifteen hundred" or "two lakh"; None when they do not make a number."""
    if text.startswith("half a "):
        return _ENGLISH_SCALES[text.removeprefix("half a ")] / 2
    total = current = Decimal(0)
    previous = ""
    for word in re.split(r"[ -]", text.replace("a half", "half")):
        if word in ("and", "of", ""):
            continue
        if word in ("a", "an", "another"):
            current = Decimal(1)
        elif word == "couple":
            current = Decimal(2)
        elif word == "half":
            current += Decimal("0.5")
        elif word in _SMALL_WORDS:
            if previous in _SMALL_WORDS or (previous in _TENS and not 1 <= _SMALL_WORDS[word] <= 9):
                return None
            current += _SMALL_WORDS[word]
        elif word in _TENS:
            if previous in _SMALL_WORDS or previous in _TENS:
                return None
            current += _TENS[word]
        elif word == "hundred":
            current = (current or Decimal(1)) * 100
        else:
            total += (current or Decimal(1)) * _ENGLISH_SCALES[word]
            current = Decimal(0)
        previous = word
    return total + current


def english_scale(word: str) -> Decimal:
    """Return what "k", "grand", "lakh" and the like multiply by."""
    return _ENGLISH_SCALES[word]
