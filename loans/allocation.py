"""Counting payments towards instalments, in the product's order (see `loans.allocation_order`).

Payments are taken oldest first, and each as of its own day: what was past due, due or in advance then. One that
comes in after a later one was counted has the loan's payments counted afresh, so that the same payments always
come to the same.

An overpayment is never lost: what no instalment needs stays on the payment as credit (its amount less its
allocations) and is used as soon as a new instalment or schedule version needs it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from loans.allocation_order import AllocationOrder, Owed, allocation_order
from loans.bulk import in_chunks, insert_many
from loans.models import Allocation, Charge, Instalment, Loan, Payment, Product, Schedule
from loans.models.schedules import COMPONENTS

QUIETLY = {"synchronize_session": False}
_DUE = Instalment.penalty + Instalment.fee + Instalment.interest + Instalment.principal
_PAID = Instalment.penalty_paid + Instalment.fee_paid + Instalment.interest_paid + Instalment.principal_paid


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


def spread(credits: Iterable[Credit], owed: Sequence[Owed], order: AllocationOrder) -> list[Share]:
    """Count `credits`, oldest first, towards `owed`, ordered by number; `left` of both goes down by it."""
    shares = []
    settled = 0
    for credit in credits:
        while settled < len(owed) and owed[settled].is_settled:
            settled += 1
        if settled == len(owed):
            break
        for item, component in order.needs(owed[settled:], credit.paid_on):
            amount = min(credit.left, item.left[component])
            if amount > 0:
                item.left[component] -= amount
                credit.left -= amount
                shares.append(Share(credit.payment_id, credit.paid_on, item.number, component, amount))
                if not credit.left:
                    break
    return shares


def allocate(session: Session, loan_ids: Collection[int]) -> int:
    """Count what is not yet counted of these loans' payments towards their schedules in force.

    Writes allocations, the instalments' paid amounts and `settled_on` (the day of the payment that settled
    it), and closes or reopens each loan. Doing it again changes nothing. Returns how many it wrote.
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
            execution_options=QUIETLY,
        )
        in_force = select(Schedule.id).where(Schedule.loan_id.in_(some), Schedule.status == "active")
        session.execute(
            update(Instalment)
            .where(Instalment.schedule_id.in_(in_force))
            .values({f"{name}_paid": Decimal(0) for name in COMPONENTS} | {"settled_on": None}),
            execution_options=QUIETLY,
        )
    session.expire_all()


@dataclass
class _Plan:
    """A schedule in force and what its instalments still need."""

    schedule_id: int
    owed: list[Owed]


def _allocate_some(session: Session, loan_ids: list[int]) -> int:
    orders = _orders(session, loan_ids)
    credits, overtaken = _credits(session, loan_ids)
    if overtaken:
        undo(session, overtaken)
        credits, _ = _credits(session, loan_ids)
    plans = _plans(session, loan_ids)
    allocations = [
        {
            "payment_id": share.payment_id,
            "schedule_id": plan.schedule_id,
            "instalment_number": share.number,
            "component": share.component,
            "amount": share.amount,
        }
        for loan_id, plan in plans.items()
        for share in spread(credits.get(loan_id, ()), plan.owed, orders[loan_id])
    ]
    last = session.scalar(select(func.max(Allocation.id))) or 0
    insert_many(session, Allocation, allocations)
    schedule_ids = [plan.schedule_id for plan in plans.values()]
    if allocations:
        _add_to_instalments(session, schedule_ids, last)
    _settle(session, schedule_ids)
    _close_or_reopen(session, loan_ids)
    return len(allocations)


def _add_to_instalments(session: Session, schedule_ids: list[int], last: int) -> None:
    """Add the allocations after `last` to what their instalments have been paid."""
    received = (
        select(
            Allocation.schedule_id,
            Allocation.instalment_number,
            func.max(Payment.paid_on).label("paid_on"),
            *(
                func.sum(case((Allocation.component == name, Allocation.amount), else_=Decimal(0))).label(
                    name
                )
                for name in COMPONENTS
            ),
        )
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.id > last, Allocation.schedule_id.in_(schedule_ids))
        .group_by(Allocation.schedule_id, Allocation.instalment_number)
        .subquery()
    )
    paid = {f"{name}_paid": getattr(Instalment, f"{name}_paid") + received.c[name] for name in COMPONENTS}
    session.execute(
        update(Instalment)
        .where(
            Instalment.schedule_id == received.c.schedule_id,
            Instalment.number == received.c.instalment_number,
        )
        .values({**paid, "settled_on": case((sum(paid.values()) == _DUE, received.c.paid_on), else_=None)}),
        execution_options=QUIETLY,
    )


def _settle(session: Session, schedule_ids: list[int]) -> None:
    """Make `settled_on` true of every instalment: one that needed nothing was settled when its schedule began."""
    these = Instalment.schedule_id.in_(schedule_ids)
    began = select(Schedule.effective_on).where(Schedule.id == Instalment.schedule_id).scalar_subquery()
    session.execute(
        update(Instalment)
        .where(these, Instalment.settled_on.is_(None), _PAID == _DUE)
        .values(settled_on=began),
        execution_options=QUIETLY,
    )
    session.execute(
        update(Instalment)
        .where(these, Instalment.settled_on.is_not(None), _PAID != _DUE)
        .values(settled_on=None),
        execution_options=QUIETLY,
    )


def _orders(session: Session, loan_ids: list[int]) -> dict[int, AllocationOrder]:
    rows = session.execute(
        select(Loan.id, Product.allocation).join(Loan.product).where(Loan.id.in_(loan_ids))
    )
    return {loan_id: allocation_order(allocation) for loan_id, allocation in rows}


def _credits(session: Session, loan_ids: list[int]) -> tuple[dict[int, list[Credit]], set[int]]:
    """Payments that still have something to give, oldest first; the ledger's key breaks ties.

    And the loans on which a payment came in after a later one was counted.
    """
    counted = dict(
        session.execute(
            select(Allocation.payment_id, func.sum(Allocation.amount))
            .join(Payment, Payment.id == Allocation.payment_id)
            .where(Payment.loan_id.in_(loan_ids))
            .group_by(Allocation.payment_id)
        ).all()
    )
    credits: dict[int, list[Credit]] = defaultdict(list)
    uncounted, overtaken = set(), set()
    rows = session.execute(
        select(Payment.id, Payment.loan_id, Payment.paid_on, Payment.amount)
        .where(Payment.loan_id.in_(loan_ids))
        .order_by(Payment.paid_on, Payment.external_ref)
    )
    for payment_id, loan_id, paid_on, amount in rows:
        if payment_id not in counted:
            uncounted.add(loan_id)
        elif loan_id in uncounted:
            overtaken.add(loan_id)
        left = amount - counted.get(payment_id, Decimal(0))
        if left > 0:
            credits[loan_id].append(Credit(payment_id, paid_on, left))
    return credits, overtaken


def _plans(session: Session, loan_ids: list[int]) -> dict[int, _Plan]:
    amounts = [getattr(Instalment, name) for name in COMPONENTS]
    paid_amounts = [getattr(Instalment, f"{name}_paid") for name in COMPONENTS]
    found = session.execute(
        select(Schedule.loan_id, Schedule.id, Instalment.number, Instalment.due_on, *amounts, *paid_amounts)
        .join(Instalment.schedule)
        .where(Schedule.loan_id.in_(loan_ids), Schedule.status == "active")
        .order_by(Schedule.loan_id, Instalment.number)
    )
    plans: dict[int, _Plan] = {}
    for loan_id, schedule_id, number, due_on, *figures in found:
        due, paid = figures[: len(COMPONENTS)], figures[len(COMPONENTS) :]
        left = {name: due[at] - paid[at] for at, name in enumerate(COMPONENTS)}
        plans.setdefault(loan_id, _Plan(schedule_id, [])).owed.append(Owed(number, due_on, left))
    return plans


def _close_or_reopen(session: Session, loan_ids: list[int]) -> None:
    open_instalment = (
        select(Instalment.id)
        .join(Instalment.schedule)
        .where(Schedule.loan_id == Loan.id, Schedule.status == "active", Instalment.settled_on.is_(None))
        .exists()
    )
    in_force = select(Schedule.id).where(Schedule.loan_id == Loan.id, Schedule.status == "active").exists()
    open_charge = (
        select(Charge.id)
        .where(Charge.loan_id == Loan.id, Charge.amount > Charge.paid + Charge.waived)
        .exists()
    )
    these = Loan.id.in_(loan_ids)
    owing = open_instalment | open_charge
    session.execute(
        update(Loan).where(these, Loan.status == "active", in_force, ~owing).values(status="closed"),
        execution_options=QUIETLY,
    )
    session.execute(
        update(Loan).where(these, Loan.status == "closed", owing).values(status="active"),
        execution_options=QUIETLY,
    )
