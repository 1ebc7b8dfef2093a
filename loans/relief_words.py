"""What each kind of relief does, in a few plain words of Chinese and English, from the relief's own figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from loans.calendar import Period
from loans.contract import PRINCIPAL_AT_THE_END
from loans.relief import Components, Position, Proposal
from loans.relief.proposal import ParamValue
from policies import wording
from policies.names import COMPONENTS
from policies.wording import counted

Words = tuple[str, str]
"""The same in Chinese and in English; the English begins in lower case."""

WAIVED = ("penalty", "fee", "interest", "principal")


def heads(position: Position, proposal: Proposal) -> Words:
    """What the relief does; of a combined relief, all it does in the order it is computed."""
    if len(proposal.steps) == 1:
        return _head(position, proposal)
    done = [_head(stands, alone) for stands, alone in proposal.combined]
    zh, en = [words[0] for words in done], [words[1] for words in done]
    return "，".join(zh[:-1]) + f"，并{zh[-1]}", ", ".join(en[:-1]) + f", and {en[-1]}"


def amount_words(position: Position, amount: Decimal) -> Words:
    """An amount in the loan's currency."""
    return wording.money(amount, position.currency, "zh"), wording.money(amount, position.currency, "en")


def _day(day: date) -> Words:
    return wording.day(day, "zh"), wording.day(day, "en")


def _head(position: Position, proposal: Proposal) -> Words:
    return HEADS[proposal.kind](position, proposal)


def _extension(position: Position, proposal: Proposal) -> Words:
    if position.method in PRINCIPAL_AT_THE_END and position.outstanding.principal:
        zh, en = _day(proposal.new_maturity)
        return f"把到期日推迟到{zh}", f"move the maturity to {en}"
    until = proposal.params.get("until")
    months = int(proposal.params.get("months", 0))
    day = _date(until) if until else position.months_later(position.current.due_on, months)
    zh, en = _day(day)
    count = len(position.overdue)
    what_zh = f"把逾期的{count}期一起" if count > 1 else "把这一期"
    what_en = f"move the {count} overdue instalments" if count > 1 else "move this instalment"
    return f"{what_zh}推迟到{zh}", f"{what_en} to {en}"


def _deferral(position: Position, proposal: Proposal) -> Words:
    months = int(proposal.params["months"])
    return _with_term(proposal, f"暂停还款{months}个月", f"pause all payments for {counted(months, 'month')}")


def _interest_only(position: Position, proposal: Proposal) -> Words:
    months = int(proposal.params["months"])
    return _with_term(proposal, f"{months}个月只还利息", f"pay only interest for {counted(months, 'month')}")


def _with_term(proposal: Proposal, zh: str, en: str) -> Words:
    if proposal.params["term"] == "keep":
        return f"{zh}，到期日不变", f"{en} and keep the end date"
    return zh, en


def _reamortise(position: Position, proposal: Proposal) -> Words:
    count = len(proposal.to_pay)
    return f"把剩余欠款重新分成{count}期", f"spread what is left over {counted(count, 'instalment')}"


def _waive(position: Position, proposal: Proposal) -> Words:
    zh, en = _waived(position, proposal.waived)
    return f"免除{zh}", f"waive {en}"


def _waived(position: Position, waived: Components) -> Words:
    """What is forgiven, by component: 罚息126.30元和费用50.00元."""
    parts = [
        (f"{COMPONENTS[name]['zh']}{zh}", f"{en} of {COMPONENTS[name]['en']}")
        for name in WAIVED
        if (amount := getattr(waived, name))
        for zh, en in [amount_words(position, amount)]
    ]
    return _listed([zh for zh, _ in parts], "、", "和"), _listed([en for _, en in parts], ", ", " and ")


def _listed(items: Sequence[str], comma: str, last: str) -> str:
    return comma.join(items[:-1]) + last + items[-1] if len(items) > 1 else "".join(items)


def _settlement(position: Position, proposal: Proposal) -> Words:
    count = len({row.due_on for row in proposal.to_pay})
    zh = "协商结清" if count == 1 else f"分{count}次协商结清"
    en = "settle the loan" if count == 1 else f"settle the loan in {count} payments"
    if not proposal.waived.total:
        return zh, en
    waived_zh, waived_en = _waived(position, proposal.waived)
    return f"{zh}，免除{waived_zh}", f"{en}, with {waived_en} waived"


def _reduce_rate(position: Position, proposal: Proposal) -> Words:
    rate, (zh, en) = _rate(proposal), _day(_date(proposal.params["from"]))
    return f"从{zh}起把年利率降到{rate}", f"lower the yearly rate to {rate} from {en}"


def _interest_pause(position: Position, proposal: Proposal) -> Words:
    start_zh, start_en = _day(_date(proposal.params["from"]))
    if until := proposal.params.get("until"):
        zh, en = _day(_date(until))
        return f"从{start_zh}到{zh}不计利息", f"charge no interest from {start_en} to {en}"
    months = int(proposal.params["months"])
    return (
        f"从{start_zh}起{months}个月不计利息",
        f"charge no interest for {counted(months, 'month')} from {start_en}",
    )


def _renewal(position: Position, proposal: Proposal) -> Words:
    months, rate = int(proposal.params["months"]), _rate(proposal)
    return (
        f"不用先还本金，续贷{months}个月，年利率{rate}",
        f"renew the loan for {counted(months, 'month')} at {rate} a year without repaying the principal first",
    )


def _credit_protection(position: Position, proposal: Proposal) -> Words:
    months = int(proposal.params["months"])
    return (
        f"保护征信{months}个月，还款安排不变",
        f"protect your credit record for {counted(months, 'month')} and leave the payments as they are",
    )


def _move_due_date(position: Position, proposal: Proposal) -> Words:
    said: list[Words] = []
    if "period" in proposal.params:
        said.append(_period(proposal.terms.period))
    if day := proposal.params.get("day"):
        said.append((f"把还款日改到{day}号", f"move the due date to the {_ordinal(int(day))} of the month"))
    if first := proposal.params.get("first_due_on"):
        zh, en = _day(_date(first))
        said.append((f"把还款日改为从{zh}开始", f"move the due dates to begin on {en}"))
    return "，".join(zh for zh, _ in said), " and ".join(en for _, en in said)


def _period(period: Period) -> Words:
    unit_zh = {"month": "个月", "week": "周", "day": "天"}[period.unit]
    zh = f"每{unit_zh}" if period.n == 1 else f"每{period.n}{unit_zh}"
    en = period.unit if period.n == 1 else counted(period.n, period.unit)
    return f"改成{zh}还一次", f"pay every {en}"


def _ordinal(number: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number not in (11, 12, 13) else "th"
    return f"{number}{last}"


def _affordable(position: Position, proposal: Proposal) -> Words:
    zh, en = _pay(position, proposal)
    count = len({row.due_on for row in proposal.to_pay})
    return (
        f"每期最多还{zh}，分{count}期还清",
        f"pay at most {en} each time, in {counted(count, 'instalment')}",
    )


def _partial_payment(position: Position, proposal: Proposal) -> Words:
    months, (zh, en) = int(proposal.params["months"]), _pay(position, proposal)
    return _with_term(
        proposal,
        f"先{months}个月每期最多还{zh}",
        f"pay at most {en} each time for {counted(months, 'month')}",
    )


def _pay(position: Position, proposal: Proposal) -> Words:
    return amount_words(position, Decimal(str(proposal.params["pay"])))


def _date(given: ParamValue) -> date:
    return date.fromisoformat(str(given))


def _rate(proposal: Proposal) -> str:
    return f"{proposal.params['annual_rate_pct']}%"


HEADS: Mapping[str, Callable[[Position, Proposal], Words]] = {
    "waive": _waive,
    "settlement": _settlement,
    "reduce_rate": _reduce_rate,
    "interest_pause": _interest_pause,
    "renewal": _renewal,
    "extension": _extension,
    "deferral": _deferral,
    "interest_only": _interest_only,
    "partial_payment": _partial_payment,
    "move_due_date": _move_due_date,
    "reamortise": _reamortise,
    "affordable": _affordable,
    "credit_protection": _credit_protection,
}
