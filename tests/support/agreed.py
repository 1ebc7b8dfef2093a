"""Agreements made without any rule in the way, and where a loan stands with all its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.agreements import agree
from loans.allocation import allocate
from loans.models import Agreement, Allocation, Loan, Payment, Schedule
from loans.models.schedules import COMPONENTS
from loans.options import option_for
from loans.positions import position_of
from loans.quotes import freeze
from loans.view import active_schedule
from policies.rulebook import rulebook
from storage.engine import Database
from tests.support.book import NOW

Wanted = tuple[str, Mapping[str, Any]]


def the_loan(session: Session, ref: str) -> Loan:
    """The loan of that reference."""
    return session.scalars(select(Loan).where(Loan.ref == ref)).one()


def agreed(database: Database, ref: str, *wanted: Wanted, now: datetime = NOW) -> str:
    """Agree to a relief, or several together, that a rulebook without rules allows; returns the agreement's id."""
    made = agree_if_possible(database, ref, *wanted, now=now)
    assert made is not None, (ref, wanted)
    return made


def agree_if_possible(database: Database, ref: str, *wanted: Wanted, now: datetime = NOW) -> str | None:
    """The same; None when the loan's state makes no sense of the relief."""
    without_rules = replace(rulebook(), rules=())
    with database.write() as session:
        loan = the_loan(session, ref)
        schedule = active_schedule(session, loan)
        option = option_for(position_of(loan, schedule, now.date()), without_rules, wanted)
        if not option.allowed:
            assert option.error_code, option.summary_en
            return None
        quote = freeze(session, loan, schedule, option, without_rules, now)
        agreement = agree(session, quote, now)
        assert agreement.status == "active"
        return agreement.id


def status_of(database: Database, agreement_id: str) -> str:
    """The agreement's status."""
    with database.read() as session:
        return session.get_one(Agreement, agreement_id).status


def pay(database: Database, ref: str, amount: str, paid_on: date, external_ref: str) -> None:
    """Let a payment come in and be counted."""
    with database.write() as session:
        loan = the_loan(session, ref)
        session.add(
            Payment(loan_id=loan.id, paid_on=paid_on, amount=Decimal(amount), external_ref=external_ref)
        )
        allocate(session, [loan.id])


def standing(database: Database, ref: str) -> dict[str, Any]:
    """Where a loan stands: its version in force with every figure, its counts, dates and charges, what was counted."""
    with database.read() as session:
        loan = the_loan(session, ref)
        schedule = active_schedule(session, loan)
        return {
            "version": schedule.version,
            "terms": schedule.terms,
            "effective_on": schedule.effective_on,
            "agreement": schedule.agreement_id,
            "rows": [
                (
                    row.number,
                    row.from_date,
                    row.due_on,
                    *(getattr(row, name) for name in COMPONENTS),
                    *(getattr(row, f"{name}_paid") for name in COMPONENTS),
                    row.interest_carried,
                    row.settled_on,
                )
                for row in schedule.instalments
            ],
            "status": loan.status,
            "counts": (loan.restructure_count, loan.prior_extension_months),
            "dates": (loan.watch_until, loan.credit_protected_until),
            "charges": [(charge.kind, charge.paid, charge.waived) for charge in loan.charges],
            "counted": sorted(
                (part.instalment_number, part.component, part.amount, payment.paid_on)
                for part, payment in session.execute(
                    select(Allocation, Payment)
                    .join(Payment, Payment.id == Allocation.payment_id)
                    .where(Payment.loan_id == loan.id)
                )
            ),
        }


def versions(database: Database, ref: str) -> list[str]:
    """The status of each version of a loan's schedule."""
    with database.read() as session:
        loan = the_loan(session, ref)
        found = select(Schedule.status).where(Schedule.loan_id == loan.id).order_by(Schedule.version)
        return list(session.scalars(found))
