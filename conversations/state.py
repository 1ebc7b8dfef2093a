"""Where a conversation and its borrower stand, as `tideover chat --json` and the console tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from conversations.identity import is_verified
from conversations.models import Conversation
from conversations.suppression import standing
from loans.agreement_view import agreement_view
from loans.models import Agreement, Borrower, Case, Loan, PromiseToPay
from policies.contact import contact_policy
from policies.lender import lender


def state_of(session: Session, conversation: Conversation, now: datetime) -> dict[str, Any]:
    """Return the state: identity, hand-over, newest open case, reminders, newest agreement and promise."""
    borrower = session.get(Borrower, conversation.borrower_id) if conversation.borrower_id else None
    case = session.scalar(
        select(Case)
        .where(
            Case.status == "open",
            or_(
                Case.conversation_id == conversation.id, Case.borrower_id == (borrower.id if borrower else -1)
            ),
        )
        .order_by(Case.opened_at.desc(), Case.id)
        .limit(1)
    )
    return {
        "verified": is_verified(conversation, now, lender().identity_hours),
        "handover": conversation.handover,
        "case": case.kind if case else None,
        "reminders": reminders_of(session, borrower, now) if borrower else "active",
        "agreement": newest_agreement(session, borrower) if borrower else None,
        "promise": newest_promise(session, borrower) if borrower else None,
    }


def reminders_of(session: Session, borrower: Borrower, now: datetime) -> str:
    """Return active, paused or stopped: whether anything proactive goes to this borrower."""
    reasons = standing(session, borrower.id, now) | ({"opted_out"} if borrower.opted_out else set())
    return contact_policy().reminder_state(reasons)


def newest_agreement(session: Session, borrower: Borrower) -> dict[str, Any] | None:
    """Return the borrower's newest agreement with what it asks to be paid, money as decimal strings."""
    agreement = session.scalar(
        select(Agreement)
        .join(Loan, Agreement.loan_id == Loan.id)
        .where(Loan.borrower_id == borrower.id)
        .order_by(Agreement.confirmed_at.desc(), Agreement.confirmed_by_message.desc())
        .limit(1)
    )
    return agreement_view(agreement, agreement.loan.ref) if agreement else None


def newest_promise(session: Session, borrower: Borrower) -> dict[str, Any] | None:
    """Return the borrower's newest promise to pay."""
    promise = session.scalar(
        select(PromiseToPay)
        .join(Loan, PromiseToPay.loan_id == Loan.id)
        .where(Loan.borrower_id == borrower.id)
        .order_by(PromiseToPay.made_at.desc(), PromiseToPay.source_message.desc())
        .limit(1)
    )
    if promise is None:
        return None
    loan = session.get_one(Loan, promise.loan_id)
    return {
        "loan": loan.ref,
        "amount": str(promise.amount),
        "date": promise.pay_on.isoformat(),
        "status": promise.status,
    }
