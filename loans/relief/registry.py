"""Every relief kind by its name, and several of them as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from loans.money import NOTHING
from loans.relief import (
    affordable,
    credit_protection,
    deferral,
    extension,
    interest_only,
    interest_pause,
    move_due_date,
    partial_payment,
    reamortise,
    reduce_rate,
    renewal,
    settlement,
    waive,
)
from loans.relief.checks import is_unchanged
from loans.relief.errors import ReliefError
from loans.relief.position import Position, add_up
from loans.relief.proposal import Proposal, position_after
from policies.kinds import KINDS as ORDER
from policies.kinds import MOST_COMBINED, at_odds
from policies.rules import Wanted

Compute = Callable[[Position, Mapping[str, Any]], Proposal]
MODULES = (
    extension,
    deferral,
    interest_only,
    reamortise,
    reduce_rate,
    interest_pause,
    move_due_date,
    renewal,
    waive,
    settlement,
    partial_payment,
    affordable,
    credit_protection,
)
KINDS: Mapping[str, Compute] = {module.KIND: module.compute for module in MODULES}


def compute(kind: str, position: Position, params: Mapping[str, Any]) -> Proposal:
    """The proposal of relief `kind` for a loan. Raises ReliefError, also for an unknown kind."""
    if kind not in KINDS:
        known = "、".join(KINDS), ", ".join(KINDS)
        raise ReliefError(
            "unknown_kind", f"不支持 {kind}；可用：{known[0]}", f"{kind} is unknown; use {known[1]}"
        )
    return KINDS[kind](position, params)


def compute_all(wanted: Iterable[Wanted], position: Position) -> Proposal:
    """One proposal of several reliefs, whatever order they are asked in: see `policies.kinds`.

    Each is computed on what the one before it leaves, and all take effect together. Raises ReliefError for
    none, the same kind twice, more than three, kinds that would undo each other, an unknown kind, one that
    makes no sense after the others, or new rates that change no payment.
    """
    steps = sorted(wanted, key=lambda step: ORDER.index(step[0]) if step[0] in ORDER else len(ORDER))
    _check_combination([kind for kind, _ in steps])
    done: list[tuple[Position, Proposal]] = []
    for kind, params in steps:
        stands = _after(*done[-1]) if done else position
        done.append((stands, compute(kind, stands, params)))
    proposal = done[0][1] if len(done) == 1 else _together(position, done)
    _require_effect(position, proposal)
    return proposal


def _after(position: Position, proposal: Proposal) -> Position:
    after = position_after(position, proposal)
    if after.is_closed:
        raise ReliefError(
            "nothing_left",
            "减免之后已经没有欠款，不需要再调整；请只申请减免",
            "after the waiver nothing is owed and there is nothing more to change; ask for the waiver alone",
        )
    return after


def _check_combination(kinds: list[str]) -> None:
    if not 1 <= len(kinds) <= MOST_COMBINED:
        raise ReliefError(
            "bad_combination",
            f"一次可以组合 1 到 {MOST_COMBINED} 种方案，不能是 {len(kinds)} 种",
            f"combine 1 to {MOST_COMBINED} kinds of relief, not {len(kinds)}",
        )
    if len(set(kinds)) < len(kinds):
        raise ReliefError(
            "bad_combination",
            "同一种方案只能选一次",
            "each kind of relief can be asked for once; give it all its parameters together",
        )
    if undone := at_odds(kinds):
        raise ReliefError(
            "bad_combination",
            f"{'、'.join(undone)} 会互相抵消，不能一起办理；请只选其中一种",
            f"{' and '.join(undone)} would undo each other; ask for one of them",
        )


def _require_effect(position: Position, proposal: Proposal) -> None:
    if proposal.terms != position.terms and is_unchanged(position, proposal.to_pay):
        raise ReliefError(
            "nothing_changes",
            "这样每次还款的日期和金额都不变；请选择更早的日期、更长的时间或更低的利率",
            "every payment would stay as it is; choose an earlier date, a longer time or a lower rate",
        )


def _together(position: Position, done: list[tuple[Position, Proposal]]) -> Proposal:
    proposals = [proposal for _, proposal in done]
    last = proposals[-1]
    capitalised = sum((each.capitalised_interest for each in proposals), NOTHING)
    to_pay: Decimal = last.totals.interest
    return replace(
        last,
        steps=tuple(step for each in proposals for step in each.steps),
        arrears=position.arrears,
        waived=add_up(each.waived for each in proposals),
        waived_charges=tuple(waiver for each in proposals for waiver in each.waived_charges),
        capitalised_interest=capitalised,
        interest_difference=to_pay + capitalised - position.outstanding.interest,
        old_maturity=position.maturity_on,
        extension_months=sum(each.extension_months for each in proposals),
        combined=tuple(done),
    )
