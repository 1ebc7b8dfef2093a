"""Taking back what is on its way: reminders that are no longer right."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from conversations.models import OutboxMessage


def cancel_reminders(
    session: Session, *, reason: str, loan_id: int | None = None, borrower_id: int | None = None
) -> int:
    """Cancel the reminders not yet sent for a loan, or for all of a borrower's, in the caller's transaction.

    Call it with what makes them wrong (paid, agreed, opted out). What is being sent at this moment is not affected.
    Returns how many were cancelled. Raises ValueError unless exactly one of `loan_id` and `borrower_id` is given.
    """
    if (loan_id is None) == (borrower_id is None):
        raise ValueError("give either loan_id or borrower_id")
    whose = (
        OutboxMessage.loan_id == loan_id if loan_id is not None else OutboxMessage.borrower_id == borrower_id
    )
    cancelled = session.execute(
        update(OutboxMessage)
        .where(whose, OutboxMessage.lane == "reminder", OutboxMessage.status.in_(("pending", "leased")))
        .values(status="cancelled", last_error=reason[:500])
    )
    return int(getattr(cancelled, "rowcount", 0))
