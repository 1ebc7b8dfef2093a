"""One sentence about a relief, in Chinese and English, from the same figures."""

from __future__ import annotations

from decimal import Decimal

from loans.relief import Position, Proposal
from loans.relief_words import amount_words, heads
from policies import wording

NOTEWORTHY = Decimal("1.25")


def summarise(position: Position, proposal: Proposal) -> tuple[str, str]:
    """What the relief does, when and what is paid, and the change in interest: (zh, en).

    It names the next payment, any much larger one, and the last date; a relief that leaves a single payment says so.
    """
    head_zh, head_en = heads(position, proposal)
    pay_zh, pay_en = _payments(position, proposal)
    cost_zh, cost_en = _cost(position, proposal)
    return (
        f"{head_zh}：{pay_zh}，{cost_zh}。",
        f"{head_en[0].upper()}{head_en[1:]}: {pay_en}, and {cost_en}.",
    )


def _payments(position: Position, proposal: Proposal) -> tuple[str, str]:
    first_zh, first_en = (wording.day(proposal.next_due_on, language) for language in ("zh", "en"))
    next_zh, next_en = amount_words(position, proposal.next_amount)
    if all(row.due_on == proposal.next_due_on for row in proposal.to_pay):
        return f"只需还一次，{first_zh}还{next_zh}", f"the only payment is {next_en} on {first_en}"
    last_zh, last_en = (wording.day(proposal.new_maturity, language) for language in ("zh", "en"))
    most_zh, most_en = _heaviest(position, proposal)
    return (
        f"下一次还款是{first_zh}的{next_zh}，{most_zh}最后还款日是{last_zh}",
        f"the next payment is {next_en} on {first_en}, {most_en}the last is on {last_en}",
    )


def _heaviest(position: Position, proposal: Proposal) -> tuple[str, str]:
    """A day on which a quarter more than the next payment is due must not come as a surprise."""
    day, amount = proposal.heaviest
    if amount <= proposal.next_amount * NOTEWORTHY:
        return "", ""
    zh, en = amount_words(position, amount)
    return f"{wording.day(day, 'zh')}要还{zh}，", f"{en} is due on {wording.day(day, 'en')}, "


def _cost(position: Position, proposal: Proposal) -> tuple[str, str]:
    difference = proposal.interest_difference
    if not difference:
        return "利息总额不变", "the interest in total stays the same"
    zh, en = amount_words(position, abs(difference))
    if difference > 0:
        return f"利息总共多付{zh}", f"you pay {en} more interest in all"
    return f"利息总共少付{zh}", f"you pay {en} less interest in all"
