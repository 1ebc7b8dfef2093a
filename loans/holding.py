"""Holding a loan while something is decided about it, with everything about it as it is now."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from loans.models import Agreement, Loan, Schedule


def hold(session: Session, loan_id: int) -> Loan:
    """Lock a loan until the transaction ends, then read it anew with its schedules, charges and agreements.

    What the session has read before may be older than the lock: a payment may have been counted while it waited.
    """
    session.flush()
    loan = session.get_one(
        Loan, loan_id, with_for_update=True, populate_existing=True, options=[selectinload(Loan.charges)]
    )
    for wanted in (
        select(Schedule).where(Schedule.loan_id == loan_id).options(selectinload(Schedule.instalments)),
        select(Agreement).where(Agreement.loan_id == loan_id).options(selectinload(Agreement.consents)),
    ):
        session.scalars(wanted, execution_options={"populate_existing": True}).all()
    return loan
