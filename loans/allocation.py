"""Counting payments towards instalments: oldest instalment first, in the product's order of components.

An overpayment is never lost: what no instalment needs stays on the payment as credit (its amount less its
allocations) and is used as soon as a new instalment or schedule version needs it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from loans.models import Allocation, Charge, Instalment, Loan, Payment, Product, Schedule
from loans.models.schedules import COMPONENTS

LOANS_AT_ONCE = 500


@dataclass
class Owed:
    """What one instalment still needs, by component."""

    number: int
    left: dict[str, Decimal]

    @property
    def settled(self) -> bool:
        return not any(self.left.values())


@dataclass
class Credit:
    """What one payment still has to give."""

    payment_id: int
    paid_on: date
    left: Decimal


@dataclass(frozen=True)
class Share:
    """The part of one payment counted towards one component of one instalment."""

    payment_id: int
    paid_on: date
    number: int
    component: str
    amount: Decimal


def component_order(allocation: str) -> tuple[str, ...]:
    """Read an order such as "penalty,fee,interest,principal".

    The Civil Code's own order, unless agreed otherwise, is costs, interest, principal (民法典 art. 561).
    Raises ValueError unless each of the four components is named exactly once.
    """
    order = tuple(part.strip() for part in allocation.split(","))
    if sorted(order) != sorted(COMPONENTS):
        raise ValueError(f"an allocation order names each of {', '.join(COMPONENTS)} once; this one is {allocation!r}")
    return order


def spread(credits: Iterable[Credit], owed: Iterable[Owed], order: Sequence[str]) -> list[Share]:
    """Count `credits`, in their order, towards `owed`, in theirs; `left` of both goes down by what is counted."""
    shares = []
    needs = ((item, component) for item in owed for component in order)
    need = next(needs, None)
    for credit in credits:
        while credit.left > 0 and need is not None:
            item, component = need
            amount = min(credit.left, item.left[component])
            if amount > 0:
                item.left[component] -= amount
                credit.left -= amount
                shares.append(Share(credit.payment_id, credit.paid_on, item.number, component, amount))
            if not item.left[component]:
                need = next(needs, None)
    return shares


def allocate(session: Session, loan_ids: Collection[int]) -> int:
    """Count what is not yet counted of these loans' payments towards their schedules in force.

    Writes the allocations, the instalments' paid amounts and `settled_on` (the day of the payment that settled it),
    and closes or reopens each loan. Doing it again changes nothing. Returns how many allocations were written.
    Objects already loaded in `session` are refreshed when they are next used.
    """
    session.flush()
    written = sum(_allocate_some(session, some) for some in in_chunks(loan_ids))
    session.expire_all()
    return written


def undo(session: Session, loan_ids: Collection[int]) -> None:
    """Take back every allocation of these loans, so that `allocate` counts all their payments afresh."""
    session.flush()
    for some in in_chunks(loan_ids):
        payments = select(Payment.id).where(Payment.loan_id.in_(some))
        session.execute(
            delete(Allocation).where(Allocation.payment_id.in_(payments)),
            execution_options={"synchronize_session": False},
        )
        in_force = select(Schedule.id).where(Schedule.loan_id.in_(some), Schedule.status == "active")
        session.execute(
            update(Instalment)
            .where(Instalment.schedule_id.in_(in_force))
            .values({f"{name}_paid": Decimal(0) for name in COMPONENTS} | {"settled_on": None}),
            execution_options={"synchronize_session": False},
        )
    session.expire_all()


def in_chunks(ids: Collection[int]) -> Iterator[list[int]]:
    """Cut `ids` into lists short enough for one SQL statement."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), LOANS_AT_ONCE):
        yield ordered[start : start + LOANS_AT_ONCE]


@dataclass
class _Row:
    """One instalment of a schedule in force as it was read, with what it still needs."""

    id: int
    schedule_id: int
    effective_on: date
    settled_on: date | None
    paid: dict[str, Decimal]
    owed: Owed


def _allocate_some(session: Session, loan_ids: list[int]) -> int:
    orders = _orders(session, loan_ids)
    credits = _credits(session, loan_ids)
    rows = _rows(session, loan_ids)
    allocations: list[dict[str, object]] = []
    changes: list[dict[str, object]] = []
    for loan_id, plan in rows.items():
        shares = spread(credits.get(loan_id, ()), (row.owed for row in plan), orders[loan_id])
        received: dict[int, list[Share]] = defaultdict(list)
        for share in shares:
            received[share.number].append(share)
            allocations.append(
                {
                    "payment_id": share.payment_id,
                    "schedule_id": plan[0].schedule_id,
                    "instalment_number": share.number,
                    "component": share.component,
                    "amount": share.amount,
                }
            )
        changes.extend(change for row in plan if (change := _change(row, received[row.owed.number])))
    if allocations:
        session.execute(insert(Allocation), allocations)
    if changes:
        session.execute(update(Instalment), changes)
    _close_or_reopen(session, loan_ids)
    return len(allocations)


def _change(row: _Row, shares: list[Share]) -> dict[str, object] | None:
    settled_on = row.settled_on
    if not row.owed.settled:
        settled_on = None
    elif settled_on is None:
        settled_on = max((share.paid_on for share in shares), default=row.effective_on)
    if not shares and settled_on == row.settled_on:
        return None
    paid = dict(row.paid)
    for share in shares:
        paid[share.component] += share.amount
    return {"id": row.id, "settled_on": settled_on} | {f"{name}_paid": paid[name] for name in COMPONENTS}


def _orders(session: Session, loan_ids: list[int]) -> dict[int, tuple[str, ...]]:
    rows = session.execute(select(Loan.id, Product.allocation).join(Loan.product).where(Loan.id.in_(loan_ids)))
    return {loan_id: component_order(allocation) for loan_id, allocation in rows}


def _credits(session: Session, loan_ids: list[int]) -> dict[int, list[Credit]]:
    """Payments that still have something to give, oldest first; the ledger's key breaks ties."""
    counted = dict(
        session.execute(
            select(Allocation.payment_id, func.sum(Allocation.amount))
            .join(Payment, Payment.id == Allocation.payment_id)
            .where(Payment.loan_id.in_(loan_ids))
            .group_by(Allocation.payment_id)
        ).tuples()
    )
    credits: dict[int, list[Credit]] = defaultdict(list)
    rows = session.execute(
        select(Payment.id, Payment.loan_id, Payment.paid_on, Payment.amount)
        .where(Payment.loan_id.in_(loan_ids))
        .order_by(Payment.paid_on, Payment.external_ref)
    )
    for payment_id, loan_id, paid_on, amount in rows:
        left = amount - counted.get(payment_id, Decimal(0))
        if left > 0:
            credits[loan_id].append(Credit(payment_id, paid_on, left))
    return credits


def _rows(session: Session, loan_ids: list[int]) -> dict[int, list[_Row]]:
    amounts = [getattr(Instalment, name) for name in COMPONENTS]
    paid_amounts = [getattr(Instalment, f"{name}_paid") for name in COMPONENTS]
    found = session.execute(
        select(
            Schedule.loan_id,
            Instalment.id,
            Instalment.number,
            Instalment.schedule_id,
            Schedule.effective_on,
            Instalment.settled_on,
            *amounts,
            *paid_amounts,
        )
        .join(Instalment.schedule)
        .where(Schedule.loan_id.in_(loan_ids), Schedule.status == "active")
        .order_by(Schedule.loan_id, Instalment.number)
    )
    rows: dict[int, list[_Row]] = defaultdict(list)
    for loan_id, row_id, number, schedule_id, effective_on, settled_on, *figures in found:
        paid = dict(zip(COMPONENTS, figures[len(COMPONENTS) :], strict=True))
        left = {name: due - paid[name] for name, due in zip(COMPONENTS, figures, strict=False)}
        rows[loan_id].append(_Row(row_id, schedule_id, effective_on, settled_on, paid, Owed(number, left)))
    return rows


def _close_or_reopen(session: Session, loan_ids: list[int]) -> None:
    open_instalment = (
        select(Instalment.id)
        .join(Instalment.schedule)
        .where(Schedule.loan_id == Loan.id, Schedule.status == "active", Instalment.settled_on.is_(None))
        .exists()
    )
    in_force = select(Schedule.id).where(Schedule.loan_id == Loan.id, Schedule.status == "active").exists()
    open_charge = (
        select(Charge.id).where(Charge.loan_id == Loan.id, Charge.amount > Charge.paid + Charge.waived).exists()
    )
    these = Loan.id.in_(loan_ids)
    owing = open_instalment | open_charge
    quietly = {"synchronize_session": False}
    session.execute(
        update(Loan).where(these, Loan.status == "active", in_force, ~owing).values(status="closed"),
        execution_options=quietly,
    )
    session.execute(
        update(Loan).where(these, Loan.status == "closed", owing).values(status="active"),
        execution_options=quietly,
    )
