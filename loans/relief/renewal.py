"""Renewal without repaying principal (无还本续贷): a loan repaid at the end goes on from its maturity.

The interest up to the old maturity is paid on it; the principal due then is due at the new maturity instead, at
the rate agreed for the renewal, with interest each period. Rules: 金规[2024]13; when a borrower may have it is
for the rulebook to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from loans.contract import PRINCIPAL_AT_THE_END, Contract, RateChange, amortise
from loans.money import NOTHING, ZERO
from loans.relief.checks import require_principal
from loans.relief.dates import dates_until, months_later
from loans.relief.errors import ReliefError
from loans.relief.params import Params, plain
from loans.relief.position import Position
from loans.relief.proposal import NewRow, ParamValue, Proposal, propose, row_of, unchanged
from loans.relief.rates import changed_rates, lasting_rate
from policies.wording import day

KIND = "renewal"
PARAMS = ("months", "annual_rate_pct")


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """Renewal for `months` from the old maturity at `annual_rate_pct` (default: the present rate).

    Everything due up to the old maturity stays, but for the principal due on it. Days that an interest pause
    frees stay free. Raises ReliefError when the loan is closed, repays principal before the end, is past its
    maturity, or the new dates lie outside the calendar.
    """
    read = Params(params, PARAMS)
    months = read.count("months", "月", "months")
    rate = read.rate("annual_rate_pct") if read.has("annual_rate_pct") else lasting_rate(position.contract)
    require_principal(position)
    _require_renewable(position)
    old = position.maturity_on
    new = months_later(position, old, months)
    terms = replace(position.terms, rate_changes=_renewed_rates(position.contract, rate, position))
    before = [_without_principal(unchanged(each), each.due_on == old) for each in position.unpaid]
    principal = sum((each.unpaid.principal for each in position.unpaid if each.due_on == old), NOTHING)
    dates = [*dates_until(position, old, new)[1:], new]
    contract = replace(position.contract, rate_changes=terms.rate_changes, flat_principal=principal)
    rows = [row_of(part) for part in amortise(principal, old, dates, contract)]
    stored: dict[str, ParamValue] = {"months": months, "annual_rate_pct": plain(rate)}
    return propose(
        position,
        KIND,
        stored,
        [*(row for row in before if row.due), *rows],
        terms=terms,
        extension_months=months,
    )


def _require_renewable(position: Position) -> None:
    if position.method not in PRINCIPAL_AT_THE_END:
        raise ReliefError(
            "not_bullet",
            "续贷只适用于到期一次还本的贷款；这笔贷款每期都还本金，可以申请推迟还款或延长期限",
            "only a loan whose principal is due at the end can be renewed; this one repays principal with each "
            "instalment: ask to move instalments or for a longer term instead",
        )
    if position.as_of > position.maturity_on:
        raise ReliefError(
            "past_maturity",
            f"这笔贷款已在{day(position.maturity_on, 'zh')}到期，续贷须在到期日或之前办理；请联系工作人员",
            f"this loan matured on {day(position.maturity_on, 'en')} and can be renewed only until then; "
            "please ask for a person",
        )


def _renewed_rates(contract: Contract, rate: Decimal, position: Position) -> tuple[RateChange, ...]:
    """The new rate from the old maturity on; days that a pause frees stay free."""
    bears_interest = bool(lasting_rate(contract))

    def renewed(old: Decimal) -> Decimal:
        return rate if old or not bears_interest else ZERO

    return changed_rates(contract, renewed, position.maturity_on)


def _without_principal(row: NewRow, is_maturity: bool) -> NewRow:
    return replace(row, principal=NOTHING) if is_maturity else row
