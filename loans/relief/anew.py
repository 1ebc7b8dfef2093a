"""The instalments to come, computed anew for other rates or dates; overdue ones stay as they are.

Where the instalments to come are just what the loan's method makes of the principal in them, the method makes
them again. Where they are not (one was moved or paid in part, a balloon, a plan of the lender's own), each
keeps its principal, and its own interest changes in proportion to rate and time, rounded once. Interest earned
before the running period stays with its instalment. Interest paid ahead is counted towards the interest that
is left; what exceeds it stays paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from loans.contract import Contract, Part, amortise
from loans.money import NOTHING, ZERO, in_proportion
from loans.relief.position import OpenInstalment, Position
from loans.relief.proposal import NewRow

LEVEL_METHODS = ("annuity", "balloon")
ODD_LAST = Decimal("0.1")
"""The share of an instalment by which the last one may differ and the plan still be a level one."""


class Coming(NamedTuple):
    """An instalment to come and its interest.

    `own` is what counts from `start` to its date, paid or not; `earned` is unpaid interest of the time before;
    negative, `own` interest that is paid.
    """

    instalment: OpenInstalment
    start: date
    own: Decimal
    earned: Decimal

    @property
    def due_on(self) -> date:
        """Its date."""
        return self.instalment.due_on

    @property
    def principal(self) -> Decimal:
        """Its unpaid principal."""
        return self.instalment.unpaid.principal


def coming(position: Position) -> list[Coming]:
    """The instalments to come, in the order of their dates."""
    found = []
    for each in position.upcoming:
        earned = position.earned_in(each, position.accrues_from)
        start = max(each.from_date, position.accrues_from)
        found.append(Coming(each, start, each.due.interest - earned, earned - each.paid.interest))
    return found


def rows_anew(
    position: Position,
    contract: Contract,
    dates: Sequence[date] | None = None,
    *,
    keep_level: bool = False,
) -> list[NewRow]:
    """A row for each instalment to come, under `contract`, on `dates` (default: its own).

    There is one date for each instalment. With `keep_level` a level instalment stays as large as it is, and
    the last ones shrink or fall away.
    """
    old = coming(position)
    due_on = list(dates) if dates is not None else [each.due_on for each in old]
    if _is_regular(position, old):
        level = _level(old) if keep_level and contract.method in LEVEL_METHODS else None
        parts = amortised(position, old, due_on, contract, level)
    else:
        parts = _in_proportion(position.contract, contract, old, due_on)
    rows = [
        NewRow(
            0,
            part.from_date,
            part.due_on,
            part.principal,
            part.interest + each.earned,
            each.instalment.unpaid.fee,
            each.instalment.unpaid.penalty,
            NOTHING,
            interest_carried=each.earned,
        )
        for each, part in zip(old, parts, strict=True)
    ]
    return _without_empty_end(paid_ahead(rows))


def amortised(
    position: Position,
    old: Sequence[Coming],
    due_on: Sequence[date],
    contract: Contract,
    level: Decimal | None = None,
    interest_only: int | None = None,
) -> list[Part]:
    """The principal of the instalments to come, repaid on `due_on` by the contract's method.

    Leading instalments without principal (their number, or `interest_only` of the new ones) have none again,
    and a balloon stays as large as it is.
    """
    return amortise(
        sum((each.principal for each in old), NOTHING),
        position.accrues_from,
        due_on,
        contract,
        interest_only=without_principal(old) if interest_only is None else interest_only,
        balloon=_balloon(position, old),
        level=level,
    )


def without_principal(old: Sequence[Coming]) -> int:
    """How many instalments to come carry only interest before the first with principal; never the last."""
    count = 0
    while count < len(old) - 1 and not old[count].principal:
        count += 1
    return count


def paid_ahead(rows: Iterable[NewRow]) -> list[NewRow]:
    """`rows` where interest below zero, paid ahead, is taken from the interest of the rows after it."""
    credit = NOTHING
    credited = []
    for row in rows:
        left = row.interest - credit
        credit = max(-left, NOTHING)
        taken = row.interest - max(left, NOTHING)
        credited.append(
            replace(row, interest=row.interest - taken, interest_carried=row.interest_carried - taken)
            if taken
            else row
        )
    return credited


def _is_regular(position: Position, old: Sequence[Coming]) -> bool:
    """Whether these are the method's own instalments: of one size after any without principal, but for the last,
    one after the other, each with the interest on the principal left. Two units of rounding are no difference.
    """
    contract, near = position.contract, 2 * position.rounding.unit
    is_level = contract.method in LEVEL_METHODS
    first, *rest = [
        each.principal + each.own if is_level else each.principal for each in old[without_principal(old) :]
    ]
    odd = max(near, first * ODD_LAST)
    if any(abs(size - first) > near for size in rest[:-1]):
        return False
    if contract.method != "balloon" and any(abs(size - first) > odd for size in rest[-1:]):
        return False
    start, left = position.accrues_from, sum((each.principal for each in old), NOTHING)
    for each in old:
        base = contract.flat_principal if contract.method == "flat" else left
        if each.due_on <= start or abs(contract.interest(base, start, each.due_on) - each.own) > near:
            return False
        start, left = each.due_on, left - each.principal
    return True


def _level(old: Sequence[Coming]) -> Decimal:
    first = old[without_principal(old)]
    return first.principal + first.own


def _balloon(position: Position, old: Sequence[Coming]) -> Decimal:
    if position.method != "balloon":
        return ZERO
    return max(old[-1].principal + old[-1].own - _level(old), ZERO)


def _in_proportion(
    before: Contract, after: Contract, old: Sequence[Coming], due_on: Sequence[date]
) -> list[Part]:
    """Each instalment with its principal on its new date, its own interest changed as its rate and time change."""
    moved = {old[0].start: old[0].start}
    moved.update((each.due_on, day) for each, day in zip(old, due_on, strict=True))
    parts = []
    for index, (each, day) in enumerate(zip(old, due_on, strict=True)):
        start = min(moved.get(each.start, each.start), day)
        was, years_before = before.percent_years(each.start, each.due_on)
        becomes, years_after = after.percent_years(start, day)
        if was:
            interest = in_proportion(each.own, becomes * years_before, years_after * was, after.rounding)
        else:
            interest = after.interest(_bearing(old, index), start, day)
        parts.append(Part(start, day, each.principal, interest, NOTHING))
    return parts


def _bearing(old: Sequence[Coming], index: int) -> Decimal:
    """The principal that bears the interest of an instalment: its own when it overlaps others, else all to come."""
    overlaps = [i > 0 and each.start < old[i - 1].due_on for i, each in enumerate(old)]
    if overlaps[index]:
        return old[index].principal
    return sum((each.principal for i, each in enumerate(old) if i >= index and not overlaps[i]), NOTHING)


def _without_empty_end(rows: list[NewRow]) -> list[NewRow]:
    """`rows` up to the last with something to pay: once all is repaid, nothing falls due."""
    last = len(rows)
    while last > 1 and not rows[last - 1].due:
        last -= 1
    return rows[:last]
