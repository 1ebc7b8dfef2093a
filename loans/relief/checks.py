"""What must hold of a loan before any relief can be computed for it."""

from __future__ import annotations

from collections.abc import Sequence

from loans.relief.errors import ReliefError
from loans.relief.position import Position
from loans.relief.proposal import NewRow
from policies.wording import day


def require_open(position: Position) -> None:
    """Raises ReliefError when the loan is not disbursed yet, or nothing is left to pay."""
    if position.as_of < position.disbursed_on:
        zh, en = (day(position.disbursed_on, language) for language in ("zh", "en"))
        raise ReliefError(
            "not_disbursed",
            f"这笔贷款{zh}才放款，在那之前没有可以调整的还款；请用放款当天或之后的日期试算",
            f"this loan is disbursed on {en}; before then there is nothing to change: ask for that day or later",
        )
    if position.is_closed:
        raise ReliefError(
            "closed_loan",
            "这笔贷款已经还清，没有需要调整的还款",
            "this loan is fully repaid; there is nothing left to change",
        )


def require_principal(position: Position) -> None:
    """Raises ReliefError when the loan is open but no principal is left."""
    require_open(position)
    if not position.outstanding.principal:
        raise ReliefError(
            "no_principal",
            "本金已经还清，只剩利息或费用；可以申请推迟这一期，或请工作人员帮忙",
            "only interest or fees are left; ask to move that instalment, or for a person",
        )


def is_unchanged(position: Position, rows: Sequence[NewRow]) -> bool:
    """Whether `rows` ask for the same amounts on the same dates as what is unpaid today."""
    old = [(instalment.due_on, instalment.unpaid) for instalment in position.unpaid]
    return old == [(row.due_on, row.amounts) for row in rows]
