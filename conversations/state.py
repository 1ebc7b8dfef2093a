"""Where a conversation and its borrower stand, as `tideover chat --json` and the console tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from conversations.identity import is_verified
from conversations.models import Conversation, Suppression
from loans.models import Agreement, Borrower, Case, Instalment, Loan, PromiseToPay, Schedule
from policies.contact import contact_policy
from policies.lender import lender


def state_of(session: Session, conversation: Conversation, now: datetime) -> dict[str, Any]:
    """Return the state: identity, hand-over, newest open case, reminders, newest agreement and promise."""
    borrower = session.get(Borrower, conversation.borrower_id) if conversation.borrower_id else None
    case = session.scalar(
        select(Case)
        .where(
            Case.status == "open",
            or_(Case.conversation_id == conversation.id, Case.borrower_id == (borrower.id if borrower else -1)),
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
    standing = session.scalars(
        select(Suppression.reason).where(
            Suppression.borrower_id == borrower.id,
            Suppression.lifted_at.is_(None),
            or_(Suppression.until.is_(None), Suppression.until > now),
        )
    ).all()
    reasons = {*standing, *(["opted_out"] if borrower.opted_out else [])}
    return contact_policy().reminder_state(reasons)


def newest_agreement(session: Session, borrower: Borrower) -> dict[str, Any] | None:
    """Return the borrower's newest agreement with the instalments it leads to, money as decimal strings."""
    agreement = session.scalar(
        select(Agreement)
        .join(Loan, Agreement.loan_id == Loan.id)
        .where(Loan.borrower_id == borrower.id)
        .order_by(Agreement.confirmed_at.desc(), Agreement.confirmed_by_message.desc())
        .limit(1)
    )
    if agreement is None:
        return None
    return {
        "id": agreement.id,
        "loan": agreement.loan.ref,
        "kind": agreement.quote.kind,
        "status": agreement.status,
        "new_maturity": agreement.quote.new_maturity_on.isoformat(),
        "instalments": instalments_of(session, agreement),
    }


def instalments_of(session: Session, agreement: Agreement) -> list[dict[str, Any]]:
    """Return the instalments of the schedule an agreement wrote, or, while it waits, of its quote."""
    rows = session.scalars(
        select(Instalment)
        .join(Schedule, Instalment.schedule_id == Schedule.id)
        .where(Schedule.agreement_id == agreement.id)
        .order_by(Instalment.number)
    ).all()
    if not rows:
        return [
            {name: row[name] for name in ("number", "due_on", "principal", "interest", "fee", "due")}
            for row in agreement.quote.rows
        ]
    return [
        {
            "number": row.number,
            "due_on": row.due_on.isoformat(),
            "principal": str(row.principal),
            "interest": str(row.interest),
            "fee": str(row.fee),
            "due": str(row.due),
        }
        for row in rows
    ]


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
