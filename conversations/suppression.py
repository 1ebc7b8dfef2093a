"""Reasons for which nothing proactive is sent to a borrower: standing, set and lifted."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from conversations.models import Suppression


def standing(session: Session, borrower_id: int, now: datetime) -> set[str]:
    """Return the reasons that hold at `now`: not lifted, and not past their end."""
    found = select(Suppression.reason).where(
        Suppression.borrower_id == borrower_id,
        Suppression.lifted_at.is_(None),
        or_(Suppression.until.is_(None), Suppression.until > now),
    )
    return set(session.scalars(found))


def suppress(
    session: Session, borrower_id: int, reason: str, since: datetime, *, days: int | None = None
) -> Suppression | None:
    """Hold everything back for `reason`, for `days` or until it is lifted. None when it holds so long already.

    One that has an end is replaced by one that ends later.
    """
    until = since + timedelta(days=days) if days else None
    old = _unlifted(session, borrower_id, reason)
    if old is not None:
        if old.until is None or (until is not None and old.until >= until):
            return None
        old.lifted_at = since
        session.flush()
    new = Suppression(borrower_id=borrower_id, reason=reason, since=since, until=until)
    session.add(new)
    session.flush()
    return new


def lift(session: Session, borrower_id: int, reason: str, at: datetime) -> bool:
    """Lift a reason; False when it does not stand."""
    old = _unlifted(session, borrower_id, reason)
    if old is None:
        return False
    old.lifted_at = at
    return True


def _unlifted(session: Session, borrower_id: int, reason: str) -> Suppression | None:
    return session.scalar(
        select(Suppression).where(
            Suppression.borrower_id == borrower_id,
            Suppression.reason == reason,
            Suppression.lifted_at.is_(None),
        )
    )
