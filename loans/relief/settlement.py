"""Settlement (协商结清): an agreed part of what is owed today, in equal instalments without interest.

The interest is that of Apache Fineract's re-age with EQUAL_AMORTIZATION_PAYABLE_INTEREST: earned to the day and
no further. Theirs asks for all of it; here each component has its percentage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from loans.money import NOTHING, ZERO, split_evenly
from loans.penalty import portion
from loans.relief.checks import require_open
from loans.relief.dates import dates_in_row
from loans.relief.errors import ReliefError
from loans.relief.paced import interest_on
from loans.relief.params import Params, plain
from loans.relief.position import Components, Position
from loans.relief.proposal import ChargeWaiver, NewRow, ParamValue, Proposal, propose
from loans.relief.rates import changed_rates
from loans.relief.terms import Terms

KIND = "settlement"
PARAMS = ("principal_pct", "interest_pct", "penalty_pct", "fee_pct", "instalments")

COMPONENTS = ("principal", "interest", "fee", "penalty")
PAID_PCT = {"principal": "100", "interest": "100", "fee": "0", "penalty": "0"}


def compute(position: Position, params: Mapping[str, Any]) -> Proposal:
    """Settlement in `instalments` equal parts (default 1), the last of which takes the rounding.

    `principal_pct`, `interest_pct`, `penalty_pct` and `fee_pct` are the parts that are paid (default 100, 100,
    0, 0) of all principal left, the interest earned by today, all unpaid penalties, and the fees of
    instalments whose period has begun, charges outside the instalments included; later fees fall away. The
    rest is waived, rounded once for each component, from the charges first; what is left of a charge stays
    payable as that charge. No interest is earned from today on, and interest already paid ahead is not paid
    back. Instalments follow by the loan's own period from the next due date, or from a period after today
    when none is left.
    Raises ReliefError when the loan is closed, nothing would be paid, or an instalment would be nothing.
    """
    read = Params(params, PARAMS)
    percents = {name: read.percent(f"{name}_pct", PAID_PCT[name]) for name in COMPONENTS}
    count = read.count("instalments", "期", "instalments") if read.has("instalments") else 1
    require_open(position)
    terms = _without_interest(position)
    owed = _owed(position, terms)
    waived = Components(
        **{
            name: portion(getattr(owed, name), 100 - percents[name], position.rounding)[0]
            for name in COMPONENTS
        }
    )
    waived_charges, charges_left = _waive_charges(position, waived)
    rows = _rows(position, owed - waived - charges_left, count)
    stored: dict[str, ParamValue] = {f"{name}_pct": plain(percents[name]) for name in COMPONENTS}
    return propose(
        position,
        KIND,
        {**stored, "instalments": count},
        rows,
        waived=waived,
        waived_charges=waived_charges,
        terms=terms,
    )


def _without_interest(position: Position) -> Terms:
    rates = changed_rates(position.contract, lambda _rate: ZERO, position.as_of)
    return Terms("equal_principal", position.period, rates)


def _owed(position: Position, terms: Terms) -> Components:
    """What is owed today by component: no interest and no fees to come, and the charges outside the instalments."""
    earned = position.earned_interest + _accrued(position, terms) - position.prepaid_interest
    owed = replace(position.outstanding, interest=max(earned, NOTHING), fee=position.begun_fees)
    return owed + position.charges_left


def _accrued(position: Position, terms: Terms) -> Decimal:
    """Interest of the running period up to today, counted as if interest stopped today."""
    start = position.accrues_from
    if start >= position.as_of:
        return NOTHING
    end = min(instalment.due_on for instalment in position.upcoming if instalment.from_date == start)
    contract = replace(position.contract, rate_changes=terms.rate_changes)
    return interest_on(contract, position.outstanding.principal, start, end)


def _waive_charges(position: Position, waived: Components) -> tuple[list[ChargeWaiver], Components]:
    """What is waived of each charge, the oldest first, and what is left of all by component."""
    to_waive = {"fee": waived.fee, "penalty": waived.penalty}
    waivers = []
    for charge in sorted(position.charges, key=lambda each: each.due_on):
        amount = min(charge.left, to_waive[charge.component])
        to_waive[charge.component] -= amount
        if amount:
            waivers.append(ChargeWaiver(charge.kind, charge.due_on, amount))
    waived_in_charges = Components(
        fee=waived.fee - to_waive["fee"], penalty=waived.penalty - to_waive["penalty"]
    )
    return waivers, position.charges_left - waived_in_charges


def _rows(position: Position, to_pay: Components, count: int) -> list[NewRow]:
    if not to_pay.total:
        raise ReliefError(
            "nothing_to_pay",
            "这样就没有要还的金额了；如果只想减免，请用减免（waive）",
            "nothing would be left to pay in instalments; for a waiver alone ask for waive",
        )
    due_on = dates_in_row(position, count)
    shares = (split_evenly(getattr(to_pay, name), count, position.rounding) for name in COMPONENTS)
    starts = (position.as_of, *due_on)
    rows = [
        NewRow(0, start, day, principal, interest, fee, penalty, NOTHING, interest_carried=interest)
        for start, day, principal, interest, fee, penalty in zip(starts, due_on, *shares, strict=False)
    ]
    if not all(row.due for row in rows):
        raise ReliefError(
            "too_many_instalments",
            f"金额太小，不能分成 {count} 期；请减少期数",
            f"the amount is too small for {count} instalments; choose fewer",
        )
    return rows
