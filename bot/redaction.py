"""Replace what identifies a person before text leaves for the dialogue model."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.entities.amounts import after_money_word, money_unit_after
from bot.folding import fold

Kind = Literal["PHONE", "EMAIL", "CARD", "ID", "NAME"]


@dataclass(frozen=True, slots=True)
class Identifier:
    """One thing taken out: ``value`` is the last four characters of an identity document, upper case, or None."""

    kind: Kind
    surface: str
    start: int
    end: int
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text with placeholders, and what they stand for, with spans in the original text."""

    text: str
    found: tuple[Identifier, ...]


# One space, dash or dot between digits.
_GAP = r"[\s\-.·]"
_MAYBE = rf"{_GAP}?"
_START = r"(?<!\d)(?<!\d[.,])(?<![¥$£€₹₱])"
_END = r"(?!\d)(?!\.\d)"

_EMAIL = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}\s?@\s?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,5}\.[a-z]{2,24}(?![a-z])"
)
_DATE_OF_BIRTH = rf"(?:0[1-9]|1[0-2]){_MAYBE}(?:0[1-9]|[12]\d|3[01])"
_ID18 = re.compile(
    rf"{_START}[1-9]\d{{5}}{_MAYBE}(?:19|20)\d\d{_MAYBE}{_DATE_OF_BIRTH}{_MAYBE}\d{{3}}{_MAYBE}[\dx](?![\da-z])"
)
_ID15 = re.compile(rf"{_START}[1-9]\d{{5}}{_MAYBE}\d\d{_MAYBE}{_DATE_OF_BIRTH}{_MAYBE}\d{{3}}{_END}")
_CARD = re.compile(
    rf"{_START}(?:\d{{13,19}}|\d{{4}}(?:[ -]\d{{4}}){{2}}[ -]\d{{1,4}}(?:[ -]\d{{1,3}})?"
    rf"|\d{{4}}[ -]\d{{6}}[ -]\d{{5}}|\d{{6}}[ -]\d{{7,13}}){_END}"
)
_PHONES = (
    # Chinese mobile, in one piece, 3-4-4, 3-3-5, 7-4, or digit by digit; with or without +86.
    re.compile(
        rf"{_START}(?:(?:\+|00)?86{_MAYBE})?1[3-9]\d{_MAYBE}(?:\d{{4}}{_MAYBE}\d{{4}}"
        rf"|\d{{3}}{_MAYBE}\d{{5}}){_END}"
    ),
    re.compile(rf"{_START}1(?P<gap>{_GAP})[3-9](?:(?P=gap)\d){{9}}{_END}"),
    re.compile(r"[一幺][三四五六七八九][零〇一二三四五六七八九幺]{9}(?![零〇一二三四五六七八九])"),
    # International.
    re.compile(r"(?<!\d)\+\s?\d(?:[\s().-]{0,2}\d){7,14}(?!\d)"),
    re.compile(r"(?<!\d)00[1-9]\d{8,13}(?!\d)"),
    # Chinese landline, Indian, Philippine and British mobile, North American, Hong Kong and Singapore.
    re.compile(rf"{_START}\(?0\d{{2,3}}\)?[- ]?\d{{7,8}}{_END}"),
    re.compile(rf"{_START}0?[6-9]\d{{4}}{_MAYBE}\d{{5}}{_END}"),
    re.compile(rf"{_START}09\d\d{_MAYBE}\d{{3}}{_MAYBE}\d{{4}}{_END}"),
    re.compile(rf"{_START}07\d{{3}}{_MAYBE}\d{{3}}{_MAYBE}\d{{3}}{_END}"),
    re.compile(rf"{_START}\(?\d{{3}}\)?[-. ]\d{{3}}[-.]\d{{4}}{_END}"),
)
_PHONE_AFTER_CUE = re.compile(
    r"(?:电话|手机|联系方式|致电|whatsapp|微信|\b(?:phone|mobile|tel|call|text|cell))[^\d\n]{0,12}"
    r"(?<!\d)(?P<number>\d(?:[\s-]?\d){6,12})(?!\d)(?!\.\d)"
)

_NUMERALS = {**{str(n): str(n) for n in range(10)}, "x": "X"} | dict(
    zip("零〇一二三四五六七八九幺两", "0012345678912", strict=True)
)
_ENGLISH_NUMERALS = dict(
    zip("zero oh one two three four five six seven eight nine x ex".split(), "00123456789XX", strict=True)
)
_HAN_DIGIT = "[零〇一二三四五六七八九幺两]"
_DIGIT = rf"(?:\d|{_HAN_DIGIT})"
_WORD = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SUFFIX = re.compile(
    rf"(?<![\da-z零〇一二三四五六七八九十百千万])(?<!\d[.,:/-])(?<![¥$£€₹₱])"
    rf"(?:{_DIGIT}{{3}}(?:{_DIGIT}|x)"
    rf"|{_DIGIT}(?P<gap>[\s\-.,，、·]{{1,2}}){_DIGIT}(?P=gap){_DIGIT}(?P=gap)(?:{_DIGIT}|x)"
    rf"|\d\d \d[\dx](?=\W*$)|(?:{_WORD}[ ,-]{{1,2}}){{3}}(?:{_WORD}|ex|x))"
    rf"(?![\da-z零〇一二三四五六七八九十百千万])(?![.,:/-]\d)"
)
# Some documents end in letters: then four characters with a digit among them are the whole answer, cue apart.
_LETTERED = re.compile(
    r"\W*(?:我的?|my|its?|是)?\s*(?:尾号|[后末]四位|last (?:four|4)(?: characters?)?)?\s*(?:是|is|are|:|：)?\s*"
    r"((?=[a-z]{0,3}\d)[\da-z]{4})\W*"
)
_CUE = re.compile(
    r"(?:尾号|尾数|[后末]四位|最后4位|[后末]4位|身份证(?:号码?|号)?|证件号?码?"
    r"|\b(?:last (?:four|4)|final (?:four|4)|ending|ends)(?: (?:digits?|characters?"
    r"|numbers?))?(?: (?:of|in|on) (?:my )?(?:id|ic|nric|aadhaar))?)"
    r"[\s:：,，]*(?:号码?|为|是|就是|应该是|in|is|are|with|:|=)?[\s:：]*$"
)
_CARD_CUE = re.compile(
    r"卡(?:号|的)?(?:尾号|[后末]四位)[是为:：\s]*$|\bcard (?:ending|ends)(?: in| with)?\s*$"
)
_NOT_A_SUFFIX_AFTER = re.compile(
    r"\s?(?:年|月|号|日|天|个|期|笔|次|点|%|多|左右|块|元|/-|per(?![a-z])|a (?:month|week)"
    r"|each|every|monthly|weekly|"
    r"now|today|tomorrow|first|dollars?|bucks|万|千|k(?![a-z]))"
)

# Names that are also everyday words are only taken as part of the full name.
_EVERYDAY_NAMES = frozenset(
    "will may mark bill grace hope joy faith can an long he she you so to in may june april "
    "august sunny rich frank guy".split()
)


def redact(text: str, *, names: Sequence[str] = (), expecting_identity: bool = False) -> Redacted:
    """Replace phones, e-mails, card and identity numbers and the borrower's own names with placeholders.

    Amounts and dates are left alone. With ``expecting_identity`` (we have just asked for the last four
    characters of the identity document) a bare "1234", "12AB", "１２３Ｘ", "1 2 3 4" or 一二三四 is an ID, unless it
    reads as money or a date; next to words such as 尾号 or "last four" it always is.
    """
    places = [place for place, character in enumerate(text) if unicodedata.category(character) != "Cf"]
    folded = fold("".join(map(text.__getitem__, places)))
    chosen: list[Identifier] = []
    covered: set[int] = set()
    for kind, first, last, value in _candidates(folded, names, expecting_identity):
        span = range(first, last)
        if covered.isdisjoint(span):
            covered.update(span)
            start, end = places[first], places[last - 1] + 1
            chosen.append(Identifier(kind, text[start:end], start, end, value))
    chosen.sort(key=lambda found: found.start)
    pieces: list[str] = []
    position = 0
    for found in chosen:
        pieces += text[position : found.start], f"[{found.kind}]"
        position = found.end
    return Redacted("".join(pieces) + text[position:], tuple(chosen))


def _candidates(
    folded: str, names: Sequence[str], expecting_identity: bool
) -> Iterator[tuple[Kind, int, int, str | None]]:
    """Yield kind, span and value of what may be taken out, the surest kind first."""
    for match in _EMAIL.finditer(folded):
        yield "EMAIL", match.start(), match.end(), None
    for pattern in (_ID18, _ID15):
        for match in pattern.finditer(folded):
            yield "ID", match.start(), match.end(), re.sub(r"[^\dx]", "", match[0])[-4:].upper()
    for match in _CARD.finditer(folded):
        yield "CARD", match.start(), match.end(), None
    for pattern in _PHONES:
        for match in pattern.finditer(folded):
            if not money_unit_after(folded[match.end() : match.end() + 12]):
                yield "PHONE", match.start(), match.end(), None
    for match in _PHONE_AFTER_CUE.finditer(folded):
        if not money_unit_after(folded[match.end() : match.end() + 12]):
            yield "PHONE", match.start("number"), match.end("number"), None
    for pattern in _name_patterns(names):
        for match in pattern.finditer(folded):
            yield "NAME", match.start(), match.end(), None
    lettered = _LETTERED.fullmatch(folded) if expecting_identity else None
    if lettered:
        yield "ID", lettered.start(1), lettered.end(1), lettered[1].upper()
    for match in _SUFFIX.finditer(folded):
        before, after = (
            folded[max(0, match.start() - 48) : match.start()],
            folded[match.end() : match.end() + 16],
        )
        if _CARD_CUE.search(before):
            yield "CARD", match.start(), match.end(), None
        elif _CUE.search(before) or (
            expecting_identity and (match[0][-1] == "x" or _may_be_suffix(before, after))
        ):
            yield "ID", match.start(), match.end(), _suffix_value(match[0])


def _may_be_suffix(before: str, after: str) -> bool:
    return not (after_money_word(before) or money_unit_after(after) or _NOT_A_SUFFIX_AFTER.match(after))


def _suffix_value(surface: str) -> str:
    words = re.findall("[a-z]+", surface)
    if len(words) == 4:
        return "".join(_ENGLISH_NUMERALS[word] for word in words)
    return "".join(_NUMERALS[character] for character in surface if character in _NUMERALS)


def _name_patterns(names: Sequence[str]) -> Iterator[re.Pattern[str]]:
    """Yield a pattern for each full name, then for the parts of a Latin one; spaces inside may vary."""
    parts: list[str] = []
    for name in names:
        words = fold(name).split()
        if len("".join(words)) < 2:
            continue
        if "".join(words).isascii():
            yield _latin(r"[\s.-]{1,3}".join(map(re.escape, words)))
            if len(words) > 1:
                parts += (word for word in words if len(word) > 2 and word not in _EVERYDAY_NAMES)
        else:
            yield re.compile(r"[\s·]?".join(map(re.escape, "".join(words))))
    for part in parts:
        yield _latin(re.escape(part))


def _latin(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){pattern}(?![a-z])")
