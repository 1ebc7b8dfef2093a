"""Promises to pay."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loans.models import Loan, PromiseToPay


def promise(
    session: Session,
    loan: Loan,
    amount: Decimal,
    pay_on: date,
    now: datetime,
    *,
    message_id: int | None = None,
) -> PromiseToPay:
    """Record a borrower's promise to pay `amount` (the loan's currency) by `pay_on`; an open one is cancelled by it.

    The same message makes one promise, however often it is handled. Raises ValueError for an amount that is not
    positive.
    """
    if amount <= 0:
        raise ValueError(f"a promise needs a positive amount, not {amount}")
    if message_id is not None:
        made = session.scalar(select(PromiseToPay).where(PromiseToPay.source_message == message_id))
        if made is not None:
            return made
    session.execute(
        update(PromiseToPay)
        .where(PromiseToPay.loan_id == loan.id, PromiseToPay.status == "open")
        .values(status="cancelled", changed_at=now)
    )
    new = PromiseToPay(loan_id=loan.id, amount=amount, pay_on=pay_on, made_at=now, source_message=message_id)
    session.add(new)
    session.flush()
    return new
