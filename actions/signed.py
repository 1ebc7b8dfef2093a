"""What the borrower has signed."""

from __future__ import annotations

from sqlalchemy import select

from conversations.turn import Turn
from loans.models import Agreement


def newest_signed(turn: Turn) -> Agreement | None:
    """Return the borrower's newest agreement if it is in force or waits, else None."""
    mine = [loan.id for loan in turn.loans()]
    newest = turn.session.scalar(
        select(Agreement).where(Agreement.loan_id.in_(mine)).order_by(Agreement.confirmed_at.desc()).limit(1)
    )
    return newest if newest is not None and newest.stands else None
