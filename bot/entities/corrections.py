"""What a message takes back or leaves open: "不是3个月，是3号", "500, no, 600", "5号或者10号"."""

import re
from collections.abc import Iterator, Sequence

from bot.entities.entity import Found, Unclear

_REJECTED = re.compile(
    r"(?:(?<!是)不是|(?<!要)不要|不用|并非|而非|唔系|唔要|没有?[说讲]过?|(?<!特|区|级|类)别)(?:说|指|要|还|在|的|延期|延|按|扣|转|打){0,2}\s?$"
    r"|(?:\bnot|\bbukan|\bisn't|\bwasn't|\brather than|\binstead of|\bnever)(?: (?:for|on|by|in|at|until))?(?: the)? ?$"
    r"|(?:\bnever|\bdidn't|\bdid not|\bnot) (?:say|said|mean|meant)(?: the)? $"
)
_IMPOSSIBLE_DAY = re.compile(
    r"\b(?:can't|cannot|can not|couldn't|won't) (?:do|make|manage)(?: it)?(?: on| by)?(?: the)? $"
)
_QUESTION = re.compile(r"\s?(?:号|日)?(?:吗|么|嘛|没|\?|？)")
# 25号不行，28号可以
_REFUSED_AFTER = re.compile(
    r"(?:号|日)?(?:那天)?(?:我|可能|肯定|真的?|实在|也|都){0,2}(?:不行|不可以|不方便|不成(?!功)|来不及|没空|唔得|唔可以)(?!吗|么|嘛|\?|？|的话)"
    r"|(?:is|are)?(?: (?:is|are))? (?:not possible|not ok|not good|no good|doesn't work|won't work"
    r"|does not work)(?![a-z])"
)
# 五百，不对，六百
_CORRECTED = re.compile(
    r"(?:吧|呢|啊)?[\s，,。.!…-]*(?:[哦噢呃]?不(?:不|对|(?=[\s，,。.…]))|说错了?|打错了?|写错了?|错了|更正|应该是"
    r"|no wait|wait|oh no|no|sorry|oops|i mean|i meant|correction|scratch that|make that)"
    r"(?:[\s，,:：。.!…]*(?:是|应该是|我是说|no|sorry|i mean|i meant|make it|make that|it's))?"
    r"[\s，,:：]*(?:on |by |the )?"
)
_LINK = re.compile(
    r"\s?(?:-|~|～|—|–|到|至|或者?是?|还是)\s?|,? (?:to|till|until|through|or|and) (?:maybe )?(?:on )?(?:by )?(?:the )?"
)
_BETWEEN = re.compile(r"(?:between (?:the )?|(?<![a-z])from (?:the )?|从)$")
# "move it from 5 December to 20 December" names two days and no range.
_MOVES = re.compile(
    r"改|挪|换|调|推|变|\b(?:mov|shift|chang|push|postpon|switch|reschedul|delay|extend|defer|bring)[a-z]*\b"
)


def without_the_rejected(found: Sequence[Found], text: str) -> list[Found]:
    """Leave out what the borrower rules out before or after naming it, or corrects at once."""
    kept = []
    for number, one in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        is_corrected = (
            following is not None
            and following.type == one.type
            and _CORRECTED.fullmatch(text, one.end, following.start)
        )
        if not (is_corrected or _is_ruled_out(one, text)):
            kept.append(one)
    return kept


def ranges_joined(found: Sequence[Found], text: str) -> Iterator[Found]:
    """Make two days, or two durations, with "to" or "or" between them one entity without a value, for the bot to ask.

    One end of a range is never taken for the whole.
    """
    waiting: Found | None = None
    for one in found:
        if waiting is not None and _are_linked(waiting, one, text):
            between = _BETWEEN.search(text[max(0, waiting.start - 12) : waiting.start])
            start = waiting.start - (len(between[0]) if between else 0)
            waiting = Found(one.type, start, one.end, None, Unclear.RANGE)
            continue
        if waiting is not None:
            yield waiting
        waiting = one
    if waiting is not None:
        yield waiting


def _is_ruled_out(one: Found, text: str) -> bool:
    before = text[max(0, one.start - 24) : one.start]
    if one.type == "date" and _IMPOSSIBLE_DAY.search(before):
        return True
    if one.type in ("date", "amount") and _REFUSED_AFTER.match(text, one.end):
        return True
    return _REJECTED.search(before) is not None and _QUESTION.match(text, one.end) is None


def _are_linked(first: Found, second: Found, text: str) -> bool:
    if first.type != second.type or first.type == "amount":
        return False
    link = _LINK.fullmatch(text, first.end, second.start)
    if link is None:
        return False
    before = text[max(0, first.start - 40) : first.start]
    if " and " in link[0]:
        return re.search(r"between (?:the )?$", before) is not None
    return _MOVES.search(before) is None or link[0].strip(" ,").startswith(("or", "或"))
