"""How the options on offer compare: the instalments, the cost in all, what each needs, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from conversations.turn import Turn
from loans.comparison import Cost, cost_of
from loans.models import Quote
from loans.quotes import rows_to_pay
from loans.view import active_schedule, outstanding
from policies.wording import money


def option_lines(turn: Turn, quotes: Sequence[Quote]) -> list[str]:
    """Return what each option does and costs; what follows is said once if it is the same for all."""
    follows = [follow_up_words(turn, quote) for quote in quotes]
    is_same = len(set(follows)) == 1
    lines = []
    for number, (quote, words) in enumerate(zip(quotes, follows, strict=True), start=1):
        summary = quote.summary_zh if turn.language == "zh" else quote.summary_en
        lines.append(turn.words("option_line", number=str(number), summary=summary))
        lines.append(_cost(turn, quote))
        if words and not is_same:
            lines.append(words)
    return [*lines, follows[0]] if is_same and follows[0] else lines


def follow_up_words(turn: Turn, quote: Quote) -> str:
    """Say what a quote means for the loan's class and the credit record; nothing when the rulebook does not say."""
    said = [quote.effects.get(f"{name}_{turn.language}") for name in ("class", "record")]
    words = ("" if turn.language == "zh" else " ").join(part for part in said if part)
    return turn.words("option_follows", words=words) if words else ""


def parties(turn: Turn, quote: Quote) -> str:
    """Name whose consent is needed."""
    return turn.words("and").join(turn.words(f"party_{party}") for party in quote.consents_needed)


def difference_from_today(turn: Turn, quote: Quote) -> str:
    """Say how much more or less a quote asks for in all than the plan in force."""
    return _extra(turn, quote_cost(turn, quote).extra_cost, quote.loan.currency)


def extra_interest(turn: Turn, quote: Quote) -> str:
    """Say how much more or less interest a quote asks for than the plan in force."""
    if not quote.extra_cost:
        return turn.words("difference_none")
    amount = money(abs(quote.extra_cost), quote.loan.currency, turn.language)
    return turn.words("difference_more" if quote.extra_cost > 0 else "difference_less", amount=amount)


def quote_cost(turn: Turn, quote: Quote) -> Cost:
    """Return what a quote asks for, beside the plan in force."""
    payments = [(date.fromisoformat(row["due_on"]), Decimal(row["due"])) for row in rows_to_pay(quote)]
    today = outstanding(active_schedule(turn.session, quote.loan))["total"]
    waived_beside = sum((Decimal(charge["amount"]) for charge in quote.waived_charges), Decimal(0))
    return cost_of(payments, today, waived_beside)


def _cost(turn: Turn, quote: Quote) -> str:
    cost = quote_cost(turn, quote)
    return turn.words(
        "option_cost",
        instalments=_instalments(turn, cost, quote.loan.currency),
        extra=_extra(turn, cost.extra_cost, quote.loan.currency),
        needs=_needs(turn, quote),
    )


def _instalments(turn: Turn, cost: Cost, currency: str) -> str:
    if cost.times == 1:
        return turn.words("instalments_one")
    if cost.is_level:
        return turn.words("instalments_level", amount=money(cost.usual_amount, currency, turn.language))
    smallest, largest = (money(amount, currency, turn.language) for amount in (cost.smallest, cost.largest))
    return turn.words("instalments_between", smallest=smallest, largest=largest)


def _extra(turn: Turn, extra: Decimal, currency: str) -> str:
    if not extra:
        return turn.words("extra_none")
    amount = money(abs(extra), currency, turn.language)
    return turn.words("extra_more" if extra > 0 else "extra_less", amount=amount)


def _needs(turn: Turn, quote: Quote) -> str:
    if quote.consents_needed:
        needs = "needs_consent_and_approval" if quote.needs_approval else "needs_consent"
        return turn.words(needs, parties=parties(turn, quote))
    return turn.words("needs_approval" if quote.needs_approval else "needs_nothing")
