"""Words that ask for a certain relief, in normalised text: simplified Chinese, lower-case English.

What is doubtful is no match: the rulebook's own options are offered then, or a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from actions.words import either

_EACH_TIME = either(
    r"每(?:个)?月|每(?:一)?期|按月|月供|\d(?:块|元)?(?:钱)?(?:一个月|一期|/月)"
    r"|(?<![延缓晚限迟等过])一个月(?:最多|只能|只|就|能|可以|先){0,2}(?:还|付|给|交|供)(?!清|完)",
    r"(?:a|per|each|every|this much a) (?:month|instal?ment|emi)|monthly",
)
_PAYS = either(
    r"还|付|供|交|给|缴|降到|减到|承受|负担|拿得?出",
    r"pay|paying|afford|manage|do|give|put|spare|repay|handle|instal?ments?|emi",
)
_OFFERS = either(
    r"能|只|最多|可以|行|愿意|想|希望|申请|改成|降到|降成|减到|减成|少|吗|么|吧|\?|得唔得",
    r"can|could|only|afford|able|manage|most|max|maximum|up to|would|want|let me|instead|lower|reduce|spare|if i",
)
_INCOME = either(
    r"工资|收入|赚|挣|房租|租金|生活费|开支|开销|退休金|都按时|一直|已经",
    r"earn|salary|rent|income|wages?|pension|already|always",
)
_TOO_MUCH = either(
    r"太多|太高|太重|还不起|还不上",
    r"too much|too high|(?:can'?t|cannot|can not|unable)(?!.{0,20}\bmore than\b)",
)
_CLAUSE = re.compile(r"[，。；！？!?;]|[,.](?!\d)|\b(?:but|and)\b|但")
_LIMITS = either(r"只|最多|能还|可以还|改成|降到|减到", r"only|at most|up to|max|can|could|manage|afford")

_DAY_ZH = r"(?P<day>\d{1,2})[号日]"
_EVERY_TIME_ZH = re.compile(r"还款日|还款时间|扣款日|每个?月|以后|今后|发工资|发薪|出粮|工资")
_MOVED_ZH = re.compile(rf"[改换调挪移变推定][^，。,.!！?？]{{0,6}}?[到成为在至](?:每个?月)?的?{_DAY_ZH}")
_MONTHLY_ZH = re.compile(
    rf"(?:以后|今后|想|能不能|可以|可不可以).{{0,6}}每个?月的?{_DAY_ZH}(?:再)?(?:还|扣|交|付)(?!不)"
)
_DUE_DATE_EN = re.compile(r"\b(?:due|payment|repayment|instal?ment|emi|debit) ?(?:due )?(?:dates?|days?)\b")
_MOVES_EN = re.compile(r"\b(?:change|move|shift|switch|set|make|be)\b")
_TO_DAY_EN = re.compile(
    r"\b(?:to|be|on|for) (?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)\b"
    r"(?! ?(?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)

_LESS = either(
    r"减|免|豁|去掉|(?<!收)不收|别收|少收|抹|不要收",
    r"waiv\w*|remov\w*|forgiv\w*|cancel\w*|drop\w*|write off|take off|let me off|reduc\w*|discount",
)
_PENALTY = either(
    r"罚息|滞纳金|违约金|逾期费|逾期利息|罚金|罚款",
    r"penalt(?:y|ies)|(?:late|overdue) (?:payment )?(?:fees?|charges?|interest)|fines?",
)
_FEE = either(r"手续费|服务费|费用", r"fees?|charges?")
_INTEREST = either(r"(?<!罚)(?<!逾期)利息", r"interest(?! rate)")
_LOWER_RATE = either(
    r"[降低调].{0,4}利率|利率.{0,6}(?:[降低]|少[点些收])|利息.{0,4}[降低]|降.{0,3}利息|降息",
    r"(?:lower|reduce|cut|decrease|drop|bring down)\b.{0,20}\brate|rate\b.{0,20}\b(?:lower|reduced?|cut|down)",
)
_PERCENT = re.compile(r"(\d{1,2}(?:\.\d{1,2})?)\s?(?:%|percent|per cent)")
_PAUSE_INTEREST = either(
    r"停息|停计利息|暂停.{0,3}利息|不计.{0,3}利?息",
    r"(?:pause|freeze|stop|suspend)\b.{0,15}\binterest|interest (?:pause|freeze|holiday)",
)
_RENEW = either(r"续贷|无还本", r"renew|renewal|roll(?:ing)? (?:it )?over|roll over|rollover")
_SETTLE = either(
    r"结清|了结|一次.{0,2}[还付清]|一把.{0,3}[还清]|一笔过|一口价|和解|打.{0,2}折|全部还|还本金|清掉",
    r"settle|settlement|lump sum|in full|one go|one payment|pay ?off",
)
_SPARE_RECORD = either(
    r"(?:别|不要|可以不|能不能不|能不|先不|暂缓).{0,4}(?:上|报).{0,3}(?:征信|信用记录)|(?:保护.{0,6}征信|征信.{0,3}保护)",
    r"(?:keep|not report|don'?t report|without reporting)\b.{0,30}\bcredit|protect\w* (?:my )?credit",
)


def offers_each_time(text: str) -> bool:
    """Tell whether the text offers to pay some amount each month or instalment."""
    return all(pattern.search(text) for pattern in (_EACH_TIME, _PAYS, _OFFERS))


def meant(text: str, amounts: Sequence[tuple[str, Decimal]]) -> Decimal | None:
    """Return which of the amounts in such an offer is offered; None when it is not certain that one is.

    `amounts` are words and values in the order of the text. What is called too much is no offer, unless a limit
    follows: of "5000 is too much, only 3000" the last is meant. Income and rent are no offers.
    """
    if not amounts:
        return None
    words, value = amounts[-1]
    before, after = text[: text.rfind(words.lower())], text[text.rfind(words.lower()) :]
    clause = _CLAUSE.split(before)[-1] + _CLAUSE.split(after)[0]
    if _INCOME.search(clause) or _TOO_MUCH.search(clause):
        return None
    is_one = len({amount for _, amount in amounts}) == 1 and not _TOO_MUCH.search(text)
    return value if is_one or _LIMITS.search(clause) else None


def new_due_day(text: str) -> int | None:
    """Return the day of the month that every due date is wanted on; None when that is not what is asked."""
    found = None
    if _EVERY_TIME_ZH.search(text):
        found = _MOVED_ZH.search(text) or _MONTHLY_ZH.search(text)
    elif _DUE_DATE_EN.search(text) and _MOVES_EN.search(text):
        found = _TO_DAY_EN.search(text)
    day = int(found["day"]) if found else 0
    return day if 1 <= day <= 31 else None


def waived(text: str) -> list[str]:
    """Return what is asked to be waived: penalty, fee or interest."""
    if not _LESS.search(text):
        return []
    if _PENALTY.search(text):
        return ["penalty", "fee"]
    return [name for name, words in (("fee", _FEE), ("interest", _INTEREST)) if words.search(text)]


def lowers_rate(text: str) -> bool:
    """Tell whether a lower rate is asked for."""
    return _LOWER_RATE.search(text) is not None


def percent(text: str) -> str | None:
    """Return the first percentage named."""
    found = _PERCENT.search(text)
    return found[1] if found else None


def pauses_interest(text: str) -> bool:
    """Tell whether some time without interest is asked for."""
    return _PAUSE_INTEREST.search(text) is not None


def renews(text: str) -> bool:
    """Tell whether a renewal is asked for."""
    return _RENEW.search(text) is not None


def settles(text: str) -> bool:
    """Tell whether paying off the whole loan is spoken of."""
    return _SETTLE.search(text) is not None


def spares_record(text: str) -> bool:
    """Tell whether the lender is asked not to report lateness to the credit register."""
    return _SPARE_RECORD.search(text) is not None
