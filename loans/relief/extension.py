"""Extension (展期): the due instalment, or a bullet loan's maturity, comes later.

Interest for the added time is simple interest at the contract rate on the principal that moves. Nothing else
changes. Days already late bear no contract interest here: they are a matter of the penalty rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from loans.calendar import months_between
from loans.contract import PRINCIPAL_AT_THE_END
from loans.money import NOTHING
from loans.relief.checks import require_open
from loans.relief.dates import dates_until, months_later
from loans.relief.errors import ReliefError
from loans.relief.params import Params
from loans.relief.position import Components, OpenInstalment, Position, add_up
from loans.relief.proposal import NewRow, ParamValue, Proposal, propose, unchanged
from policies.wording import day

KIND = "extension"
PARAMS = ("months", "until")


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """Extension by `months` or until a date (`until`).

    In an instalment loan the overdue instalments move together; when none is overdue the next one moves. The
    other instalments stay as they are. In a bullet loan the maturity moves, overdue interest goes to the
    first new row, and a loan that pays interest each period goes on doing so.
    Raises ReliefError when the loan is closed, the parameters make no sense, or the new date is not later.
    """
    read = Params(params, PARAMS)
    require_open(position)
    is_bullet = position.method in PRINCIPAL_AT_THE_END and position.outstanding.principal > 0
    old = position.maturity_on if is_bullet else position.current.due_on
    new, stored, months = _new_date(position, read, old)
    rows = _move_maturity(position, new) if is_bullet else _move_instalment(position, new)
    return propose(position, KIND, stored, rows, extension_months=months)


def _new_date(position: Position, read: Params, old: date) -> tuple[date, dict[str, ParamValue], int]:
    if read.has("months") == read.has("until"):
        raise ReliefError(
            "bad_param",
            "请说明推迟几个月（months），或推迟到哪一天（until），二选一",
            "give either months or until (a date), not both",
        )
    if read.has("until"):
        new = read.day("until")
        stored: dict[str, ParamValue] = {"until": new.isoformat()}
        months = months_between(old, new, position.anchor_day(old))
    else:
        months = read.count("months", "月", "months")
        new = months_later(position, old, months)
        stored = {"months": months}
    if new <= max(old, position.as_of):
        raise _not_later(position, old, new)
    return new, stored, months


def _not_later(position: Position, old: date, new: date) -> ReliefError:
    zh, en = (
        {
            name: day(value, language)
            for name, value in {
                "old": old,
                "new": new,
                "today": position.as_of,
                "maturity": position.maturity_on,
            }.items()
        }
        for language in ("zh", "en")
    )
    if position.as_of > position.maturity_on:
        return ReliefError(
            "not_later",
            f"这笔贷款已在{zh['maturity']}到期，新的还款日须在今天（{zh['today']}）之后，不能是{zh['new']}；"
            "到期后能否推迟要看规则，也可以请工作人员一起商量",
            f"this loan matured on {en['maturity']}, so a new date has to come after today, {en['today']}, and "
            f"{en['new']} does not; whether it can still be moved is for the rules to say, and our staff can help",
        )
    return ReliefError(
        "not_later",
        f"新的还款日{zh['new']}须晚于原还款日{zh['old']}和今天（{zh['today']}）",
        f"the new date, {en['new']}, must be later than the old one, {en['old']}, and than today, {en['today']}",
    )


def _move_instalment(position: Position, new: date) -> list[NewRow]:
    moved = position.overdue or position.upcoming[:1]
    extra = sum((_added_interest(position, instalment, new) for instalment in moved), NOTHING)
    row = _row(max(position.as_of, moved[-1].due_on), new, add_up(each.unpaid for each in moved), extra)
    stay = [unchanged(instalment) for instalment in position.upcoming if instalment not in moved]
    return sorted([row, *stay], key=lambda each: each.due_on)


def _move_maturity(position: Position, new: date) -> list[NewRow]:
    last = position.unpaid[-1]
    if len(position.instalments) == 1:
        return [
            _row(max(position.as_of, last.due_on), new, last.unpaid, _added_interest(position, last, new))
        ]
    principal = position.outstanding.principal
    before = [_without_principal(unchanged(instalment)) for instalment in position.upcoming]
    after = _interest_rows(position, principal, new)
    rows = [*before, *after]
    rows[-1] = replace(rows[-1], principal=principal)
    arrears = replace(position.arrears, principal=NOTHING)
    rows[0] = replace(
        rows[0],
        interest=rows[0].interest + arrears.interest,
        interest_carried=rows[0].interest_carried + arrears.interest,
        fee=rows[0].fee + arrears.fee,
        penalty=rows[0].penalty + arrears.penalty,
    )
    return rows


def _interest_rows(position: Position, principal: Decimal, new: date) -> list[NewRow]:
    start = max(position.maturity_on, position.as_of)
    between = [day for day in dates_until(position, position.maturity_on, new) if day > start]
    dates = [*between, new]
    starts = [start, *between]
    interest = (
        position.contract.interest(principal, begin, end) for begin, end in zip(starts, dates, strict=True)
    )
    return [
        _row(begin, end, Components(), amount)
        for begin, end, amount in zip(starts, dates, interest, strict=True)
    ]


def _added_interest(position: Position, instalment: OpenInstalment, new: date) -> Decimal:
    return position.contract.interest(
        instalment.unpaid.principal, max(position.as_of, instalment.due_on), new
    )


def _row(from_date: date, due_on: date, amounts: Components, extra: Decimal) -> NewRow:
    return NewRow(
        0,
        from_date,
        due_on,
        amounts.principal,
        amounts.interest + extra,
        amounts.fee,
        amounts.penalty,
        NOTHING,
        interest_carried=amounts.interest,
    )


def _without_principal(row: NewRow) -> NewRow:
    return replace(row, principal=NOTHING)
