"""Which of the options on offer is meant by what is said of it: its kind, or how it compares."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from actions.words import either
from loans.comparison import usual_of
from loans.models import Quote
from loans.quotes import rows_to_pay

KINDS = {
    "interest_only": either(
        r"(?:只|先|光|单|净)(?:还|付|交|给|供)?[^，。还]{0,3}(?:利息|息)(?!少|低)|先息后本",
        r"interest[- ]only|only (?:pay(?:ing)? )?(?:the )?interest|(?:just|pay) (?:the )?interest(?: only)?(?! rate)",
    ),
    "deferral": either(
        r"(?:暂停|停|先不|全停|都停|都不)(?:还款|还|供|几个月|[一二两三四五六]个月)|还款假期",
        r"(?:pause|pausing|stop)(?: all| the| my)? ?(?:of them|payments?|everything|one|option)?"
        r"|payment (?:holiday|break)|pay nothing",
    ),
    "extension": either(
        r"(?:推迟|延后|挪|往后推)[^，。]{0,4}(?:这一?期|这笔|一期|这个月)|(?:这一?期|这个月)[^，。]{0,4}(?:推迟|延后|往后)",
        r"(?:move|moving|push|postpone|delay)\w*(?: back)? (?:just )?(?:this|the|that|one) (?:one )?"
        r"(?:instal?ment|payment|month)"
        r"|(?:this|one) (?:instal?ment|payment) moved",
    ),
    "reamortise": either(
        r"重新(?:分|算|摊)|摊(?:开|到|薄)|平摊|拉长|分摊|延长(?:总)?(?:期限|年限)",
        r"spread(?:ing)?(?: it)?(?: out| over)?|stretch\w*|longer term|re-?amorti\w*|re-?calculat\w*",
    ),
}
_LONGEST = either(
    r"(?:时间|期限|日期)?[^，。短]{0,2}(?:最|更|比较)?(?:长|久)(?:的|一?点|那)|最长|最久",
    r"(?:the )?(?:long(?:er|est)|later|latest) (?:one|option|time|term|period|date)|longest",
)
_SHORTEST = either(
    r"(?:最短|最快|早点?还完|短(?:的|一?点|那))", r"(?:the )?short(?:er|est)(?: one| option| time| term)?"
)
_CHEAPEST = either(
    r"最?便宜|最?省(?:钱|利息)|(?:利息|成本|多付|花钱|费用)(?:最|更|比较)?[少低](?:的|一?点|那)?|少(?:付|花|出)(?:点|一点)?(?:钱|利息)(?:的|那)",
    r"cheap(?:er|est)|(?:least|less|lowest|lower|smallest) (?:extra |total )?(?:interest|cost|expensive|money)"
    r"|costs? (?:the )?(?:least|less)",
)
_LOWEST = either(
    r"(?:每月|每个月|每期|月供|一个月)[^，。]{0,4}(?:最|更)?[少低](?:的|点|一点|那)|压力(?:最|更)?小",
    r"(?:lowest|lower|smallest|smaller|least) (?:monthly |regular )?(?:payments?|instal?ments?|amount)"
    r"(?: (?:a|per|each) month)?"
    r"|pays? (?:the )?least (?:a|per|each) month",
)


def kind_named(text: str) -> str | None:
    """Return the one kind of relief the text names, or None."""
    named = [kind for kind, words in KINDS.items() if words.search(text)]
    return named[0] if len(named) == 1 else None


def described(text: str, quotes: Sequence[Quote]) -> list[Quote]:
    """Return the quotes the text describes: those of the kind it names, or the best by what it asks for."""
    if kind := kind_named(text):
        return [quote for quote in quotes if quote.kind == kind]
    comparing: list[tuple[re.Pattern[str], Callable[[Quote], Decimal]]] = [
        (_LOWEST, _each_time),
        (_CHEAPEST, lambda quote: quote.extra_cost),
        (_LONGEST, lambda quote: Decimal(-quote.new_maturity_on.toordinal())),
        (_SHORTEST, lambda quote: Decimal(quote.new_maturity_on.toordinal())),
    ]
    for words, measure in comparing:
        if words.search(text) and quotes:
            least = min(map(measure, quotes))
            return [quote for quote in quotes if measure(quote) == least]
    return []


def _each_time(quote: Quote) -> Decimal:
    """What is asked for most often; with equally frequent amounts the largest."""
    return usual_of(Decimal(row["due"]) for row in rows_to_pay(quote))
