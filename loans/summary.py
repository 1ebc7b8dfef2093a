"""One sentence about a relief, in Chinese and English, from the same figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from loans.contract import PRINCIPAL_AT_THE_END
from loans.relief import Position, Proposal
from policies import wording

NOTEWORTHY = Decimal("1.25")


def summarise(position: Position, proposal: Proposal) -> tuple[str, str]:
    """What the relief does, the next and any much larger payment, the last date, the change in interest: (zh, en)."""
    zh_next, en_next = (
        wording.money(proposal.next_amount, position.currency, language) for language in ("zh", "en")
    )
    zh_head, en_head = _heads(position, proposal)
    zh_cost, en_cost = _cost(position, proposal)
    zh_most, en_most = _heaviest(position, proposal)
    zh = (
        f"{zh_head}：下一次还款是{wording.day(proposal.next_due_on, 'zh')}的{zh_next}，{zh_most}"
        f"最后还款日是{wording.day(proposal.new_maturity, 'zh')}，{zh_cost}。"
    )
    en = (
        f"{en_head}: the next payment is {en_next} on {wording.day(proposal.next_due_on, 'en')}, {en_most}"
        f"the last is on {wording.day(proposal.new_maturity, 'en')}, and {en_cost}."
    )
    return zh, en


def _heaviest(position: Position, proposal: Proposal) -> tuple[str, str]:
    """A day on which a quarter more than the next payment is due must not come as a surprise."""
    day, amount = proposal.heaviest
    if amount <= proposal.next_amount * NOTEWORTHY:
        return "", ""
    zh, en = (wording.money(amount, position.currency, language) for language in ("zh", "en"))
    return f"{wording.day(day, 'zh')}要还{zh}，", f"{en} is due on {wording.day(day, 'en')}, "


def _heads(position: Position, proposal: Proposal) -> tuple[str, str]:
    if proposal.kind == "extension":
        return _extension_heads(position, proposal)
    if proposal.kind == "reamortise":
        count = len(proposal.to_pay)
        return f"把剩余欠款重新分成{count}期", f"Spread what is left over {_counted(count, 'instalment')}"
    months = int(proposal.params["months"])
    if proposal.kind == "deferral":
        zh, en = f"暂停还款{months}个月", f"Pause all payments for {_counted(months, 'month')}"
    else:
        zh, en = f"{months}个月只还利息", f"Pay only interest for {_counted(months, 'month')}"
    if proposal.params["term"] == "keep":
        return f"{zh}，到期日不变", f"{en} and keep the end date"
    return zh, en


def _extension_heads(position: Position, proposal: Proposal) -> tuple[str, str]:
    if position.method in PRINCIPAL_AT_THE_END and position.outstanding.principal:
        maturity = proposal.new_maturity
        return (
            f"把到期日推迟到{wording.day(maturity, 'zh')}",
            f"Move the maturity to {wording.day(maturity, 'en')}",
        )
    until = proposal.params.get("until")
    months = int(proposal.params.get("months", 0))
    day = date.fromisoformat(str(until)) if until else position.months_later(position.current.due_on, months)
    count = len(position.overdue)
    zh = f"把逾期的{count}期一起" if count > 1 else "把这一期"
    en = f"Move the {count} overdue instalments" if count > 1 else "Move this instalment"
    return f"{zh}推迟到{wording.day(day, 'zh')}", f"{en} to {wording.day(day, 'en')}"


def _cost(position: Position, proposal: Proposal) -> tuple[str, str]:
    difference = proposal.interest_difference
    if not difference:
        return "利息总额不变", "the interest in total stays the same"
    zh, en = (wording.money(abs(difference), position.currency, language) for language in ("zh", "en"))
    if difference > 0:
        return f"利息总共多付{zh}", f"you pay {en} more interest in all"
    return f"利息总共少付{zh}", f"you pay {en} less interest in all"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
