"""One sentence about a relief, in Chinese and English, from the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from loans.comparison import ABOUT, usual_of
from loans.money import ZERO, by_day
from loans.relief import Position, Proposal
from loans.relief_words import amount_words, heads
from policies import wording

NOTEWORTHY = Decimal("1.25")


def summarise(position: Position, proposal: Proposal) -> tuple[str, str]:
    """What the relief does, when and what is paid, and the change in interest: (zh, en).

    It names what stays overdue, the next payment, any much larger one, the later ones where they are larger than
    today's, and the last date. Rows without an amount are no payments.
    """
    head_zh, head_en = heads(position, proposal)
    paid = _payments(position, proposal)
    cost_zh, cost_en = _cost(position, proposal)
    return (
        "，".join([f"{head_zh}：{paid[0][0]}", *(zh for zh, _ in paid[1:]), cost_zh]) + "。",
        ", ".join([f"{head_en[0].upper()}{head_en[1:]}: {paid[0][1]}", *(en for _, en in paid[1:])])
        + f", and {cost_en}.",
    )


def _payments(position: Position, proposal: Proposal) -> list[tuple[str, str]]:
    asked = by_day((row.due_on, row.due) for row in proposal.to_pay)
    free = [day for day, amount in asked.items() if not amount and day >= position.as_of]
    due = {day: amount for day, amount in asked.items() if amount}
    said = []
    if late := sum((amount for day, amount in due.items() if day < position.as_of), ZERO):
        zh, en = amount_words(position, late)
        said.append((f"已逾期的{zh}仍要还", f"{en} is overdue and still to be paid"))
    ahead = sorted(day for day in due if day >= position.as_of)
    if not ahead:
        return said or [("没有要还的款项了", "nothing is left to pay")]
    first, last = ahead[0], ahead[-1]
    zh, en = _on(position, first, due[first])
    if not late and any(day < first for day in free):
        zh, en = f"{zh}（在那之前不用还款）", f"{en} with nothing due before then"
    if first == last:
        return [*said, (f"只剩一次还款，是{zh}", f"one payment is left, {en}")]
    said.append((f"下一次还款是{zh}", f"the next payment is {en}"))
    heavy = [day for day in ahead if due[day] > due[first] * NOTEWORTHY]
    if heavy == [last]:
        zh, en = _on(position, last, due[last])
        return [*said, (f"最后一次是{zh}", f"the last is {en}")]
    if heavy:
        said.append(_heavier(position, heavy[0], [due[day] for day in heavy]))
    if len(heavy) < 2:
        later = [due[day] for day in ahead[1:] if day not in heavy]
        said.extend(_later(position, due[first], later))
    zh, en = (wording.day(last, language) for language in ("zh", "en"))
    return [*said, (f"最后还款日是{zh}", f"the last is on {en}")]


def _heavier(position: Position, first: date, amounts: Sequence[Decimal]) -> tuple[str, str]:
    """Payments a quarter larger than the next one must not come as a surprise."""
    day_zh, day_en = (wording.day(first, language) for language in ("zh", "en"))
    zh, en = amount_words(position, max(amounts))
    if len(amounts) == 1:
        return f"{day_zh}要还{zh}", f"{en} is due on {day_en}"
    return f"从{day_zh}起每次最多{zh}", f"from {day_en} on up to {en} each time"


def _later(position: Position, first: Decimal, later: Sequence[Decimal]) -> list[tuple[str, str]]:
    """What each later instalment is, when it is more than today's regular one and the next payment does not say it."""
    today = by_day((each.due_on, each.unpaid.total) for each in position.upcoming)
    if not today or not later:
        return []
    usual, before = usual_of(later), usual_of(today.values())
    if usual <= before or abs(first - usual) <= usual * ABOUT:
        return []
    level = max(later) <= usual * (1 + ABOUT) and min(later[:-1], default=usual) >= usual * (1 - ABOUT)
    zh, en = amount_words(position, usual if level else max(later))
    if level:
        return [(f"之后每期约{zh}", f"after that about {en} each")]
    return [(f"之后每期最多{zh}", f"after that up to {en} each")]


def _on(position: Position, day: date, amount: Decimal) -> tuple[str, str]:
    zh, en = amount_words(position, amount)
    return f"{wording.day(day, 'zh')}的{zh}", f"{en} on {wording.day(day, 'en')}"


def _cost(position: Position, proposal: Proposal) -> tuple[str, str]:
    difference = proposal.interest_difference
    if not difference:
        return "利息总额不变", "the interest in total stays the same"
    zh, en = amount_words(position, abs(difference))
    if difference > 0:
        return f"利息总共多付{zh}", f"you pay {en} more interest in all"
    return f"利息总共少付{zh}", f"you pay {en} less interest in all"
