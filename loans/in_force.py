"""What an agreement does to its loan: a new version of the schedule, waivers, dates to watch. And all of it undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loans.allocation import allocate, undo
from loans.models import (
    Agreement,
    Allocation,
    Charge,
    Instalment,
    Loan,
    Payment,
    Quote,
    Schedule,
    Waiver,
)
from loans.view import active_schedule
from policies.kinds import is_restructuring

DATES = ("watch_until", "credit_protected_until")
WITHOUT_PLAN = frozenset(("credit_protection",))
OF_THE_WHOLE_DEBT = "settlement"


def has_plan(quote: Quote) -> bool:
    """Tell whether a quote changes what is to be paid: a credit-record protection alone does not."""
    return not set(quote.kind.split("+")) <= WITHOUT_PLAN


def changes_of_plan(quote: Quote) -> int:
    """Return what a quote adds to the times its loan was restructured: nothing for a waiver or protection alone."""
    return int(is_restructuring(quote.kind.split("+")))


def put_in_force(session: Session, agreement: Agreement, now: datetime) -> None:
    """Make an agreement's quote what counts: exactly its rows as the next version, its waivers, its dates.

    The agreement whose version it takes over becomes `replaced`. `now` is aware, in the borrower's time zone. The
    caller holds the loan and has made sure that the quote still fits it.
    """
    loan, quote = session.get_one(Loan, agreement.loan_id), agreement.quote
    agreement.loan_before = {name: _iso(getattr(loan, name)) for name in DATES}
    for name in DATES:
        until = _later(getattr(loan, name), quote.effects.get(name))
        setattr(loan, name, until)
    if has_plan(quote):
        old = active_schedule(session, loan)
        _replace(session, old, agreement, now)
        session.add_all(_waivers(session, loan, old, agreement, now))
        _write_version(session, loan, old, agreement, now)
        loan.restructure_count += changes_of_plan(quote)
        loan.prior_extension_months += quote.extension_months
        session.flush()
        allocate(session, [loan.id])
    session.flush()


def restore_former(session: Session, agreement: Agreement, now: datetime) -> None:
    """Put the version before the agreement's in force again with its own numbers, and what was waived back.

    Every payment is counted anew against it. The agreement whose version it is becomes active again. The caller holds
    the loan, and the agreement's version is the one in force.
    """
    loan = session.get_one(Loan, agreement.loan_id)
    ours = active_schedule(session, loan)
    former = session.scalars(
        select(Schedule)
        .where(Schedule.loan_id == loan.id, Schedule.version < ours.version, Schedule.status == "superseded")
        .order_by(Schedule.version.desc())
        .limit(1)
    ).one()
    ours.status = "reversed"
    session.flush()
    former.status = "active"
    _take_waivers_back(agreement, now)
    if agreement.replaces_id is not None:
        replaced = session.get_one(Agreement, agreement.replaces_id)
        if replaced.status == "replaced":
            replaced.status, replaced.ended_at, replaced.ended_because = "active", None, ""
    undo(session, [loan.id])
    allocate(session, [loan.id])


def restore_counts(session: Session, agreement: Agreement) -> None:
    """Take the agreement off the loan's counts of reliefs and months of extension."""
    loan = session.get_one(Loan, agreement.loan_id)
    loan.restructure_count -= changes_of_plan(agreement.quote)
    loan.prior_extension_months -= agreement.quote.extension_months


def restore_date(session: Session, agreement: Agreement, name: str) -> None:
    """Set one of the loan's `DATES` back to what it was, unless something later has set it since."""
    loan = session.get_one(Loan, agreement.loan_id)
    before = (agreement.loan_before or {}).get(name)
    set_to = _later(_day(before), agreement.quote.effects.get(name))
    if getattr(loan, name) == set_to:
        setattr(loan, name, _day(before))


def _replace(session: Session, old: Schedule, agreement: Agreement, now: datetime) -> None:
    old.status = "superseded"
    before = session.get(Agreement, old.agreement_id) if old.agreement_id else None
    if before is not None and before.status == "active":
        before.status, before.ended_at = "replaced", now
        before.ended_because = f"replaced by agreement {agreement.id}"
        agreement.replaces_id = before.id
    session.flush()


def _write_version(session: Session, loan: Loan, old: Schedule, agreement: Agreement, now: datetime) -> None:
    last = session.scalar(select(func.max(Schedule.version)).where(Schedule.loan_id == loan.id)) or 0
    paid_on = _paid_on(session, old)
    quote = agreement.quote
    session.add(
        Schedule(
            loan_id=loan.id,
            version=last + 1,
            status="active",
            effective_on=now.date(),
            created_at=now,
            agreement_id=agreement.id,
            terms=quote.terms,
            instalments=[_instalment(row, paid_on, now.date()) for row in quote.rows],
        )
    )


def _paid_on(session: Session, schedule: Schedule) -> dict[int, date | None]:
    """When each instalment was settled; of one paid in part, when the last payment towards it came."""
    last = dict(
        session.execute(
            select(Allocation.instalment_number, func.max(Payment.paid_on))
            .join(Payment, Payment.id == Allocation.payment_id)
            .where(Allocation.schedule_id == schedule.id)
            .group_by(Allocation.instalment_number)
        ).all()
    )
    return {row.number: row.settled_on or last.get(row.number) for row in schedule.instalments}


def _instalment(row: Mapping[str, Any], paid_on: Mapping[int, date | None], today: date) -> Instalment:
    amounts = {name: Decimal(row[name]) for name in ("principal", "interest", "fee", "penalty")}
    kept = bool(row["paid"])
    number = int(row["number"])
    return Instalment(
        number=number,
        from_date=date.fromisoformat(row["from_date"]),
        due_on=date.fromisoformat(row["due_on"]),
        interest_carried=Decimal(row["interest_carried"]),
        settled_on=(paid_on.get(number) or today) if kept else None,
        **amounts,
        **{f"{name}_paid": amount if kept else Decimal(0) for name, amount in amounts.items()},
    )


def _waivers(
    session: Session, loan: Loan, old: Schedule, agreement: Agreement, now: datetime
) -> Iterator[Waiver]:
    """A row for every waiver the quote states, of charges and of the old version's instalments."""
    quote = agreement.quote
    left = {name: Decimal(amount) for name, amount in quote.waived.items()}
    charges = {(charge.kind, charge.due_on.isoformat()): charge for charge in loan.charges}
    of_charges: dict[Charge, Decimal] = defaultdict(Decimal)
    for waiver in quote.waived_charges:
        of_charges[charges[waiver["kind"], waiver["due_on"]]] += Decimal(waiver["amount"])
    said = {"agreement_id": agreement.id, "loan_id": loan.id, "waived_at": now}
    for charge, amount in of_charges.items():
        charge.waived += amount
        left[charge.component] -= amount
        yield Waiver(component=charge.component, charge_id=charge.id, amount=amount, **said)
    as_a_whole = OF_THE_WHOLE_DEBT in quote.kind.split("+")
    for component, amount in left.items():
        for number, part in [(None, amount)] if as_a_whole else _from_the_oldest(old, component, amount):
            if part:
                yield Waiver(component=component, instalment_number=number, amount=part, **said)


def _from_the_oldest(old: Schedule, component: str, amount: Decimal) -> Iterator[tuple[int, Decimal]]:
    """The parts of a waived amount by instalment, the oldest debt first, as `loans.relief.waive` takes them."""
    for row in sorted(old.instalments, key=lambda row: (row.due_on, row.number)):
        part = min(amount, getattr(row, component) - getattr(row, f"{component}_paid"))
        amount -= part
        yield row.number, part


def _take_waivers_back(agreement: Agreement, now: datetime) -> None:
    for waiver in agreement.waivers:
        if waiver.reversed_at is None:
            waiver.reversed_at = now
            if waiver.charge is not None:
                waiver.charge.waived = max(waiver.charge.waived - waiver.amount, Decimal(0))


def _later(before: date | None, given: str | None) -> date | None:
    days = [day for day in (before, _day(given)) if day is not None]
    return max(days, default=None)


def _day(given: str | None) -> date | None:
    return date.fromisoformat(given) if given else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
