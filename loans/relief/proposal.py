"""What a relief would make of a loan: the whole new schedule and what it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from loans.apr import NoRateError, effective_rate_pct
from loans.calendar import months_between
from loans.contract import Part
from loans.money import NOTHING, ZERO
from loans.relief.position import NO_AMOUNT, Components, OpenInstalment, Position, add_up
from loans.relief.terms import Terms
from policies.kinds import is_restructuring
from policies.rules import Wanted

ENGINE_VERSION = "2"
"""Raise this whenever the same position and parameters would give other figures."""

ParamValue = str | int
"""A parameter as it is stored in a quote: dates are ISO text, amounts and rates decimal text."""


class Step(NamedTuple):
    """One kind of relief with its parameters; several together make a combined relief."""

    kind: str
    params: Mapping[str, ParamValue]


@dataclass(frozen=True)
class ChargeWaiver:
    """How much of one charge outside the instalments is waived."""

    kind: str
    due_on: date
    amount: Decimal


@dataclass(frozen=True)
class NewRow:
    """One instalment of the proposed version.

    A kept row is what was already paid and is settled in full; the others are to be paid. `balance` is the
    principal left after it. `interest_carried` is the part of the interest earned before `from_date`;
    negative, it is interest of this row that was paid ahead and is not asked for again. It must be kept with
    the row: a later relief needs it.
    """

    number: int
    from_date: date
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    penalty: Decimal
    balance: Decimal
    kept: bool = False
    interest_carried: Decimal = NOTHING

    @cached_property
    def amounts(self) -> Components:
        """The row by component."""
        return Components(self.principal, self.interest, self.fee, self.penalty)

    @property
    def due(self) -> Decimal:
        """Everything that falls due with this row."""
        return self.principal + self.interest + self.fee + self.penalty


@dataclass(frozen=True)
class Proposal:
    """A relief computed but not agreed.

    `rows` is the whole new version, `terms` what later interest counts by. `totals` sums the rows to be paid.
    `waived` is what is forgiven for good, `waived_charges` the part of it outside the instalments. `arrears`
    is what was overdue and is carried into the rows: overdue principal is repaid with the other principal,
    overdue interest, fees and penalties fall due with the first new row (an extension moves them with their
    instalment). `capitalised_interest` was added to the principal. `interest_difference` is the interest to be
    paid (capitalised interest included) less what the old schedule still asked for; negative when the
    borrower pays less. `extension_months` is by how many months, a part counted as one, the maturity or a
    moved instalment comes later. `combined` are the reliefs a combined one was made of, in their order,
    each with the loan it was computed on.
    """

    steps: tuple[Step, ...]
    rows: tuple[NewRow, ...]
    terms: Terms
    totals: Components
    arrears: Components
    waived: Components
    waived_charges: tuple[ChargeWaiver, ...]
    capitalised_interest: Decimal
    interest_difference: Decimal
    old_maturity: date
    new_maturity: date
    extension_months: int
    combined: tuple[tuple[Position, Proposal], ...] = field(default=(), compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The kind; of a combined relief, all of them joined by +."""
        return kind_of(self.steps)

    @property
    def params(self) -> Mapping[str, ParamValue]:
        """The parameters; of a combined relief, each name after its kind, as in deferral.months."""
        return params_of(self.steps)

    @cached_property
    def to_pay(self) -> tuple[NewRow, ...]:
        """The rows that are to be paid, in the order of their dates."""
        return tuple(row for row in self.rows if not row.kept)

    @property
    def next_due_on(self) -> date:
        """The first date on which something is to be paid: a row without an amount asks for nothing."""
        return next((row.due_on for row in self.to_pay if row.due), self.to_pay[0].due_on)

    @property
    def next_amount(self) -> Decimal:
        """Everything to be paid on the first date."""
        return sum((row.due for row in self.to_pay if row.due_on == self.next_due_on), ZERO)


def kind_of(steps: Sequence[Wanted]) -> str:
    """The kind of one relief; of several together, all of them joined by +."""
    return "+".join(kind for kind, _ in steps)


def params_of(steps: Sequence[Wanted]) -> Mapping[str, Any]:
    """The parameters of one relief; of several together, each name after its kind, as in deferral.months."""
    if len(steps) == 1:
        return steps[0][1]
    return {f"{kind}.{name}": value for kind, params in steps for name, value in params.items()}


def steps_json(steps: Sequence[Wanted]) -> list[dict[str, Any]]:
    """The steps as JSON values: a list of kinds, each with its parameters."""
    return [{"kind": kind, "params": dict(params)} for kind, params in steps]


def propose(
    position: Position,
    kind: str,
    params: Mapping[str, ParamValue],
    new_rows: Sequence[NewRow],
    *,
    capitalised_interest: Decimal = NOTHING,
    waived: Components = NO_AMOUNT,
    waived_charges: Sequence[ChargeWaiver] = (),
    terms: Terms | None = None,
    extension_months: int | None = None,
) -> Proposal:
    """The proposal that keeps what is paid and asks for `new_rows` instead of everything unpaid.

    Numbers and balances of `new_rows` are set here: they continue after the last kept row. `terms` are the
    present ones unless given. When `extension_months` is not given it is taken from the maturities.
    """
    kept = _kept_rows(position)
    owed = position.outstanding.principal + capitalised_interest - waived.principal
    rows = [*kept, *_continue(kept, new_rows, owed)]
    totals = add_up(new_rows)
    old_maturity, new_maturity = position.maturity_on, max(row.due_on for row in rows)
    if extension_months is None:
        extension_months = months_between(old_maturity, new_maturity, position.anchor_day(old_maturity))
    return Proposal(
        steps=(Step(kind, params),),
        rows=tuple(rows),
        terms=terms or position.terms,
        totals=totals,
        arrears=position.arrears,
        waived=waived,
        waived_charges=tuple(waived_charges),
        capitalised_interest=capitalised_interest,
        interest_difference=totals.interest + capitalised_interest - position.outstanding.interest,
        old_maturity=old_maturity,
        new_maturity=new_maturity,
        extension_months=extension_months,
    )


def position_after(position: Position, proposal: Proposal) -> Position:
    """The loan on the same day with the proposal in force, nothing more paid."""
    waived = {(waiver.kind, waiver.due_on): waiver.amount for waiver in proposal.waived_charges}
    charges = (
        replace(charge, left=charge.left - waived.get((charge.kind, charge.due_on), NOTHING))
        for charge in position.charges
    )
    return replace(
        position,
        instalments=tuple(
            OpenInstalment(
                number=row.number,
                from_date=row.from_date,
                due_on=row.due_on,
                due=row.amounts,
                paid=row.amounts if row.kept else NO_AMOUNT,
                interest_carried=row.interest_carried,
            )
            for row in proposal.rows
        ),
        method=proposal.terms.method,
        period=proposal.terms.period,
        rate_changes=proposal.terms.rate_changes,
        due_day=proposal.terms.due_day,
        charges=tuple(charge for charge in charges if charge.left),
        prior_extension_months=position.prior_extension_months + proposal.extension_months,
        restructure_count=position.restructure_count + is_restructuring(step.kind for step in proposal.steps),
        bears_penalty=position.bears_penalty or bool(position.arrears.penalty),
    )


def unchanged(instalment: OpenInstalment) -> NewRow:
    """What is left of an instalment as a row of the new version, on its own date."""
    left = instalment.unpaid
    return NewRow(
        0,
        instalment.from_date,
        instalment.due_on,
        left.principal,
        left.interest,
        left.fee,
        left.penalty,
        NOTHING,
        interest_carried=instalment.interest_carried - instalment.paid.interest,
    )


def row_of(part: Part) -> NewRow:
    """A new row with the principal and interest of `part`, without fees, penalties or a number yet."""
    return NewRow(
        0, part.from_date, part.due_on, part.principal, part.interest, NOTHING, NOTHING, part.balance
    )


def add_charges(position: Position, rows: Sequence[NewRow]) -> list[NewRow]:
    """`rows` with every unpaid fee and penalty of the old schedule.

    Penalties and overdue fees go to the first row. Fees to come keep their order: one row each, and what has
    no row of its own goes to the last.
    """
    charged = list(rows)
    charged[0] = replace(
        charged[0],
        fee=charged[0].fee + position.arrears.fee,
        penalty=charged[0].penalty + position.outstanding.penalty,
    )
    for index, instalment in enumerate(position.upcoming):
        if not instalment.unpaid.fee:
            continue
        at = min(index, len(charged) - 1)
        charged[at] = replace(charged[at], fee=charged[at].fee + instalment.unpaid.fee)
    return charged


def credit_interest(rows: Sequence[NewRow], credit: Decimal) -> list[NewRow]:
    """`rows` less interest already paid for time still to come, taken from the first rows' own interest."""
    if not credit:
        return list(rows)
    credited = []
    for row in rows:
        taken = min(credit, row.interest - row.interest_carried)
        credit -= taken
        credited.append(
            replace(row, interest=row.interest - taken, interest_carried=row.interest_carried - taken)
        )
    return credited


def carry_interest(rows: Sequence[NewRow], carried: Sequence[Decimal]) -> list[NewRow]:
    """`rows` with interest earned before them: the first amount on the first row, and so on."""
    amounts = [*carried, *[NOTHING] * (len(rows) - len(carried))]
    return [_with_carried(row, amount) if amount else row for row, amount in zip(rows, amounts, strict=True)]


def annual_cost_pct(position: Position, proposal: Proposal) -> Decimal | None:
    """The effective annual cost of the loan over its whole life under the proposal, in percent.

    It counts every row on its due date, paid or not, against the principal on the day of disbursement; see
    `loans.apr.effective_rate_pct`. None when there is no such rate.
    """
    flows = sorted((row.due_on, row.due) for row in proposal.rows)
    try:
        return effective_rate_pct([(position.disbursed_on, -position.principal), *flows])
    except NoRateError:
        return None


def _with_carried(row: NewRow, amount: Decimal) -> NewRow:
    return NewRow(
        row.number,
        row.from_date,
        row.due_on,
        row.principal,
        row.interest + amount,
        row.fee,
        row.penalty,
        row.balance,
        interest_carried=row.interest_carried + amount,
    )


def _kept_rows(position: Position) -> list[NewRow]:
    paid = [instalment for instalment in position.instalments if instalment.paid.total or instalment.is_paid]
    left = position.outstanding.principal + sum((instalment.paid.principal for instalment in paid), ZERO)
    rows = []
    for instalment in paid:
        left -= instalment.paid.principal
        amounts = instalment.paid
        rows.append(
            NewRow(
                instalment.number,
                instalment.from_date,
                instalment.due_on,
                amounts.principal,
                amounts.interest,
                amounts.fee,
                amounts.penalty,
                left,
                kept=True,
            )
        )
    return rows


def _continue(kept: Sequence[NewRow], new_rows: Sequence[NewRow], owed: Decimal) -> list[NewRow]:
    number = kept[-1].number if kept else 0
    rows = []
    for row in new_rows:
        number += 1
        owed -= row.principal
        rows.append(
            NewRow(
                number,
                row.from_date,
                row.due_on,
                row.principal,
                row.interest,
                row.fee,
                row.penalty,
                owed,
                interest_carried=row.interest_carried,
            )
        )
    return rows
