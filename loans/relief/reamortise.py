"""Re-amortisation (重新安排分期): everything left is divided anew over the instalments to come.

Level instalments are computed on the principal and the overdue interest together, as Apache Fineract does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loans.contract import PRINCIPAL_AT_THE_END, amortise
from loans.relief.checks import is_unchanged, require_principal
from loans.relief.dates import next_dates, upcoming_dates
from loans.relief.errors import ReliefError
from loans.relief.params import Params
from loans.relief.position import Position
from loans.relief.proposal import ParamValue, Proposal, add_charges, credit_interest, propose, row_of

KIND = "reamortise"
PARAMS = ("instalments",)


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """The remaining principal over `instalments` (default: as many as are still to come).

    Dates to come are kept; more instalments follow at the loan's own period. Overdue interest, fees and
    penalties fall due with the first new instalment. A bullet loan is repaid in level instalments from then
    on.
    Raises ReliefError when the loan is closed, no date is left and none is asked for, or nothing would
    change.
    """
    read = Params(params, PARAMS)
    require_principal(position)
    count = (
        read.count("instalments", "期", "instalments") if read.has("instalments") else _count_left(position)
    )
    contract = position.contract
    if contract.method in PRINCIPAL_AT_THE_END:
        contract = replace(contract, method="annuity")
    parts = amortise(
        position.outstanding.principal,
        position.accrues_from,
        next_dates(position, count),
        contract,
        carried_interest=position.earned_interest,
    )
    rows = [row_of(part) for part in parts]
    rows[0] = replace(rows[0], interest_carried=position.earned_interest)
    rows = add_charges(position, credit_interest(rows, position.prepaid_interest))
    if is_unchanged(position, rows):
        raise ReliefError(
            "nothing_changes",
            "重新安排后每期金额与现在相同；如想降低每期金额，请增加期数",
            "the instalments would stay as they are; ask for more instalments to make each smaller",
        )
    stored: dict[str, ParamValue] = {"instalments": count}
    return propose(position, KIND, stored, rows, terms=replace(position.terms, method=contract.method))


def _count_left(position: Position) -> int:
    count = len(upcoming_dates(position))
    if not count:
        raise ReliefError(
            "past_maturity",
            "这笔贷款已过到期日；请说明想分几期还清（instalments）",
            "this loan is past its maturity; say in how many instalments it should be repaid (instalments)",
        )
    return count
