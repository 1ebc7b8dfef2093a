"""Waiver (减免): part of what is owed on top of the principal is forgiven for good. Nothing else changes.

Practice of 2020: penalties and fees are waived and only contract interest is charged past the due date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from loans.money import NOTHING
from loans.penalty import portion
from loans.relief.checks import require_open
from loans.relief.errors import ReliefError
from loans.relief.params import Params, plain
from loans.relief.position import NO_AMOUNT, Components, OpenCharge, OpenInstalment, Position
from loans.relief.proposal import ChargeWaiver, NewRow, Proposal, propose, unchanged

KIND = "waive"
PARAMS = ("penalty", "fee", "interest")

Debt = tuple[OpenInstalment | OpenCharge, Decimal]
"""Where something is owed that can be waived, and how much."""


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """A waiver of `penalty`, `fee` and `interest`, each the percentage that is waived (default 0).

    Penalties and fees are all that are unpaid, in the instalments and in charges outside them. Interest is
    only what is overdue or earned by today: interest to come is never waived here. Each waiver is rounded
    once by the loan's rounding and the remainder is what is left; it is taken from the oldest debt first.
    Instalments stay on their dates, overdue ones on theirs, and one of which nothing is left goes.
    Raises ReliefError when the loan is closed, no percentage is above 0, or there is nothing to waive.
    """
    read = Params(params, PARAMS)
    percents = {name: read.percent(name) for name in PARAMS}
    if not any(percents.values()):
        raise ReliefError(
            "bad_param",
            "请说明罚息（penalty）、费用（fee）、利息（interest）各减免百分之几，至少一项大于 0",
            "say what percentage of penalty, fee or interest to waive; at least one must be above 0",
        )
    require_open(position)
    by_number: dict[int, Components] = {}
    charges: list[ChargeWaiver] = []
    total = NO_AMOUNT
    for name, percent in percents.items():
        for debt, amount in _waived(position, name, percent):
            part = Components(**{name: amount})
            total += part
            if isinstance(debt, OpenCharge):
                charges.append(ChargeWaiver(debt.kind, debt.due_on, amount))
            else:
                by_number[debt.number] = by_number.get(debt.number, NO_AMOUNT) + part
    if not total.total:
        raise ReliefError(
            "nothing_to_waive",
            "没有可以减免的金额：所选的罚息、费用或利息目前都没有欠款；还没有产生的利息不在减免范围内",
            "there is nothing to waive: none of what was chosen is owed today; interest to come is not waived",
        )
    rows = [_less(instalment, by_number.get(instalment.number, NO_AMOUNT)) for instalment in position.unpaid]
    return propose(
        position,
        KIND,
        {name: plain(percent) for name, percent in percents.items()},
        [row for row in rows if row.due] or rows[-1:],
        waived=total,
        waived_charges=charges,
    )


def _waived(position: Position, component: str, percent: Decimal) -> list[Debt]:
    """What is waived of each debt, the oldest first."""
    debts = sorted(_debts(position, component), key=lambda debt: debt[0].due_on)
    most = sum((amount for _, amount in debts), NOTHING)
    if component == "interest":
        most = min(most, _earned(position))
    left, _ = portion(most, percent, position.rounding)
    waived = []
    for debt, amount in debts:
        taken = min(amount, left)
        left -= taken
        if taken:
            waived.append((debt, taken))
    return waived


def _debts(position: Position, component: str) -> list[Debt]:
    if component == "interest":
        overdue = [(each, each.unpaid.interest) for each in position.overdue]
        return [
            *overdue,
            *((each, max(_earned_unpaid(position, each), NOTHING)) for each in position.upcoming),
        ]
    instalments = ((each, getattr(each.unpaid, component)) for each in position.unpaid)
    charges = ((each, each.left) for each in position.charges if each.component == component)
    return [*instalments, *charges]


def _earned(position: Position) -> Decimal:
    """Unpaid interest earned by today. What one instalment asks for less than it earns offsets another's."""
    to_come = sum((_earned_unpaid(position, each) for each in position.upcoming), NOTHING)
    return position.arrears.interest + max(to_come, NOTHING)


def _earned_unpaid(position: Position, instalment: OpenInstalment) -> Decimal:
    return position.earned_in(instalment, position.as_of) - instalment.paid.interest


def _less(instalment: OpenInstalment, waived: Components) -> NewRow:
    """What is left of an instalment; interest waived counts for later reliefs like interest paid."""
    row = unchanged(instalment)
    if waived is NO_AMOUNT:
        return row
    return replace(
        row,
        interest=row.interest - waived.interest,
        fee=row.fee - waived.fee,
        penalty=row.penalty - waived.penalty,
        interest_carried=row.interest_carried - waived.interest,
    )
