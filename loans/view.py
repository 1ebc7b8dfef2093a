"""Reading the loan book: where a loan stands on a day, and all about one borrower, ready for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loans.agreement_view import agreement_details
from loans.classes import asset_class, class_floor, days_since_due
from loans.models import (
    Agreement,
    Allocation,
    Borrower,
    Case,
    Charge,
    ContactPoint,
    Instalment,
    Loan,
    Payment,
    PromiseToPay,
    Quote,
    Schedule,
)
from loans.models.schedules import COMPONENTS


def active_schedule(session: Session, loan: Loan) -> Schedule:
    """Return the schedule version in force. Raises LookupError naming the loan when there is none."""
    found = session.scalar(select(Schedule).where(Schedule.loan_id == loan.id, Schedule.status == "active"))
    if found is None:
        raise LookupError(f"loan {loan.ref} has no schedule in force")
    return found


def unsettled(schedule: Schedule, as_of: date) -> list[Instalment]:
    """Return the instalments not settled by the end of `as_of`, oldest first."""
    return [row for row in schedule.instalments if row.settled_on is None or row.settled_on > as_of]


def days_past_due(schedule: Schedule, as_of: date) -> int:
    """Return whole days since the oldest unsettled instalment fell due; 0 when nothing is late.

    An instalment is late from the day after its due date. `as_of` is a date in the borrower's time zone.
    """
    return days_since_due(min((row.due_on for row in unsettled(schedule, as_of)), default=None), as_of)


def overdue(schedule: Schedule, as_of: date) -> Decimal:
    """Return what fell due before `as_of` and is still unpaid, in the loan's currency."""
    return sum((row.unpaid for row in schedule.instalments if row.due_on < as_of), Decimal(0))


def outstanding(schedule: Schedule) -> dict[str, Decimal]:
    """Return what is left of the whole schedule by component, and as `total`, in the loan's currency."""
    left = {name: Decimal(0) for name in COMPONENTS}
    for row in schedule.instalments:
        for name in COMPONENTS:
            left[name] += getattr(row, name) - getattr(row, f"{name}_paid")
    return left | {"total": sum(left.values(), Decimal(0))}


def next_instalment(schedule: Schedule, as_of: date) -> Instalment | None:
    """Return the first unsettled instalment due on `as_of` or later, or None when there is none."""
    coming = (row for row in unsettled(schedule, as_of) if row.due_on >= as_of)
    return min(coming, key=lambda row: (row.due_on, row.number), default=None)


def next_due(schedule: Schedule, as_of: date) -> tuple[date, Decimal] | None:
    """Return the next day on which something is due and everything unpaid that is due on it; None when nothing is."""
    upcoming = next_instalment(schedule, as_of)
    if upcoming is None:
        return None
    same_day = (row.unpaid for row in unsettled(schedule, as_of) if row.due_on == upcoming.due_on)
    return upcoming.due_on, sum(same_day, Decimal(0))


def credit(session: Session, loan: Loan) -> Decimal:
    """Return what was paid on the loan and is not counted towards anything, in its currency."""
    paid = session.scalar(select(func.sum(Payment.amount)).where(Payment.loan_id == loan.id))
    counted = session.scalar(
        select(func.sum(Allocation.amount))
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Payment.loan_id == loan.id)
    )
    return (paid or Decimal(0)) - (counted or Decimal(0))


def unpaid_charges(session: Session, loan: Loan) -> Decimal:
    """Return what is left of the loan's charges outside its instalments, in its currency."""
    charges = session.scalars(select(Charge).where(Charge.loan_id == loan.id))
    return sum((charge.amount - charge.paid - charge.waived for charge in charges), Decimal(0))


def borrower_view(session: Session, ref: str, as_of: date) -> dict[str, Any]:
    """Return all the loan book knows about one borrower on a day, ready for JSON (docs/schemas/show.json).

    `as_of` is a date in the borrower's time zone; money is decimal strings.
    Raises LookupError for an unknown `ref`.
    """
    borrower = session.scalar(select(Borrower).where(Borrower.ref == ref))
    if borrower is None:
        raise LookupError(f"there is no borrower {ref!r}")
    loans = {loan.id: loan for loan in borrower.loans}
    return {
        "as_of": as_of.isoformat(),
        "borrower": _borrower(borrower),
        "loans": [_loan(session, loan, as_of) for loan in loans.values()],
        "agreements": [
            _agreement(row, loans) for row in _of_loans(session, Agreement, Agreement.confirmed_at, loans)
        ],
        "quotes": [_quote(row, loans) for row in _of_loans(session, Quote, Quote.created_at, loans)],
        "promises": [
            _promise(row, loans) for row in _of_loans(session, PromiseToPay, PromiseToPay.made_at, loans)
        ],
        "cases": [
            _case(row, loans)
            for row in session.scalars(
                select(Case).where(Case.borrower_id == borrower.id).order_by(Case.opened_at)
            )
        ],
        "contact_points": [
            {"kind": row.kind, "value": row.value, "verified_at": _instant(row.verified_at)}
            for row in sorted(borrower.contact_points, key=_by_kind)
        ],
    }


def _by_kind(row: ContactPoint) -> tuple[str, str]:
    return row.kind, row.value


def _of_loans(session: Session, table: Any, order: Any, loans: dict[int, Loan]) -> Sequence[Any]:
    return session.scalars(select(table).where(table.loan_id.in_(loans)).order_by(order, table.id)).all()


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _borrower(borrower: Borrower) -> dict[str, Any]:
    names = (
        "ref",
        "name",
        "language",
        "timezone",
        "region",
        "industry",
        "consent",
        "opted_out",
        "tags",
        "extra",
    )
    return {name: getattr(borrower, name) for name in names}


def _loan(session: Session, loan: Loan, as_of: date) -> dict[str, Any]:
    schedule = active_schedule(session, loan)
    late = days_past_due(schedule, as_of)
    upcoming = next_instalment(schedule, as_of)
    versions = session.scalars(select(Schedule).where(Schedule.loan_id == loan.id).order_by(Schedule.version))
    return {
        "ref": loan.ref,
        "product": loan.product.code,
        "status": loan.status,
        "currency": loan.currency,
        "principal": str(loan.principal),
        "annual_rate_pct": str(loan.annual_rate_pct),
        "term_months": loan.term_months,
        "method": loan.method,
        "disbursed_on": loan.disbursed_on.isoformat(),
        "first_due_on": loan.first_due_on.isoformat(),
        "original_maturity_on": loan.original_maturity_on.isoformat(),
        "maturity_on": max(row.due_on for row in schedule.instalments).isoformat(),
        "secured": loan.secured,
        "guarantor": loan.guarantor,
        "branch": loan.branch,
        "day_count": loan.day_count,
        "penalty_rate_pct": str(loan.penalty_rate_pct),
        "grace_days": loan.grace_days,
        "allocation": loan.product.allocation,
        "prior_extension_months": loan.prior_extension_months,
        "restructure_count": loan.restructure_count,
        "watch_until": _day(loan.watch_until),
        "credit_protected_until": _day(loan.credit_protected_until),
        "signals": loan.signals,
        "extra": loan.extra,
        "days_past_due": late,
        "class": asset_class(loan.asset_class, late),
        "class_floor": class_floor(late),
        "class_on_tape": loan.asset_class,
        "outstanding": {name: str(amount) for name, amount in outstanding(schedule).items()},
        "overdue": str(overdue(schedule, as_of)),
        "credit": str(credit(session, loan)),
        "next_instalment": _instalment(upcoming) if upcoming else None,
        "schedules": [_schedule(version) for version in versions],
        "payments": [
            {
                "paid_on": row.paid_on.isoformat(),
                "amount": str(row.amount),
                "external_ref": row.external_ref,
                "credit": str(row.amount - sum((part.amount for part in row.allocations), Decimal(0))),
            }
            for row in session.scalars(
                select(Payment)
                .where(Payment.loan_id == loan.id)
                .order_by(Payment.paid_on, Payment.external_ref)
            )
        ],
        "charges": [
            {
                "kind": row.kind,
                "due_on": row.due_on.isoformat(),
                "amount": str(row.amount),
                "paid": str(row.paid),
                "waived": str(row.waived),
            }
            for row in session.scalars(
                select(Charge).where(Charge.loan_id == loan.id).order_by(Charge.due_on, Charge.kind)
            )
        ],
    }


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {
        "version": schedule.version,
        "status": schedule.status,
        "effective_on": schedule.effective_on.isoformat(),
        "agreement": schedule.agreement_id,
        "terms": schedule.terms,
        "instalments": [_instalment(row) for row in schedule.instalments],
    }


def _instalment(row: Instalment) -> dict[str, Any]:
    return {
        "number": row.number,
        "due_on": row.due_on.isoformat(),
        **{name: str(getattr(row, name)) for name in COMPONENTS},
        "due": str(row.due),
        "paid": str(row.due - row.unpaid),
        "unpaid": str(row.unpaid),
        "settled_on": _day(row.settled_on),
    }


def _agreement(agreement: Agreement, loans: dict[int, Loan]) -> dict[str, Any]:
    return agreement_details(agreement, loans[agreement.loan_id].ref) | {
        "consents": [
            {
                "party": row.party,
                "evidence": row.evidence,
                "recorded_by": row.recorded_by,
                "recorded_at": _instant(row.recorded_at),
            }
            for row in agreement.consents
        ],
    }


def _quote(quote: Quote, loans: dict[int, Loan]) -> dict[str, Any]:
    return {
        "id": quote.id,
        "loan": loans[quote.loan_id].ref,
        "kind": quote.kind,
        "params": quote.params,
        "steps": quote.steps,
        "schedule_version": quote.schedule_version,
        "rows": quote.rows,
        "totals": quote.totals,
        "terms": quote.terms,
        "waived": quote.waived,
        "waived_charges": quote.waived_charges,
        "capitalised_interest": str(quote.capitalised_interest),
        "effects": quote.effects,
        "consents_needed": quote.consents_needed,
        "needs_approval": quote.needs_approval,
        "approval_level": quote.approval_level,
        "apr_pct": str(quote.apr_pct) if quote.apr_pct is not None else None,
        "new_maturity": quote.new_maturity_on.isoformat(),
        "extra_cost": str(quote.extra_cost),
        "hash": quote.hash,
        "created_at": _instant(quote.created_at),
        "expires_at": _instant(quote.expires_at),
    }


def _promise(promise: PromiseToPay, loans: dict[int, Loan]) -> dict[str, Any]:
    return {
        "loan": loans[promise.loan_id].ref,
        "amount": str(promise.amount),
        "date": promise.pay_on.isoformat(),
        "status": promise.status,
        "made_at": _instant(promise.made_at),
    }


def _case(case: Case, loans: dict[int, Loan]) -> dict[str, Any]:
    loan = loans.get(case.loan_id) if case.loan_id is not None else None
    return {
        "id": case.id,
        "kind": case.kind,
        "status": case.status,
        "loan": loan.ref if loan else None,
        "reason": case.reason,
        "details": case.details,
        "opened_at": _instant(case.opened_at),
        "closed_at": _instant(case.closed_at),
    }
