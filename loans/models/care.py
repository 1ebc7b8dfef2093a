"""What a borrower told us that somebody must follow up: promises to pay and open cases."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, new_id
from storage.types import Money, UtcDateTime

CASE_KINDS = (
    "hardship",
    "dispute",
    "already_paid",
    "wrong_person",
    "third_party",
    "attorney",
    "bankruptcy",
    "deceased",
    "complaint",
    "fraud_alert",
    "debt_agent",
    "crisis",
    "reconciliation",
    "handover",
)
PROMISE_STATES = ("open", "kept", "partly", "broken", "cancelled")
_OPEN = text("status = 'open'")
_ONE_OF_A_KIND = text("status = 'open' AND kind <> 'reconciliation'")
_RECONCILIATION = text("status = 'open' AND kind = 'reconciliation'")


class PromiseToPay(Base):
    """A borrower's word to pay an amount by a date. One is open per loan; a new word replaces the old.

    `changed_at` is when its status last changed, None while it is as it was made.
    """

    __tablename__ = "promise_to_pay"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(f"status IN {PROMISE_STATES}", name="status"),
        Index(
            "uq_promise_to_pay_one_open", "loan_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Money)
    pay_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(10), default="open")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_message: Mapped[int | None] = mapped_column(unique=True)


class Case(Base):
    """Something a person on the lender's staff must look at. One of a kind is open per borrower.

    A `reconciliation` is about one loan and one reason: something on which our book and the lender's ledger disagree,
    both sides in `details`. `changed_at` is when the details last changed, None while they are as they were opened.
    """

    __tablename__ = "care_case"
    __table_args__ = (
        CheckConstraint(f"kind IN {CASE_KINDS}", name="kind"),
        CheckConstraint("status IN ('open', 'closed')", name="status"),
        CheckConstraint("borrower_id IS NOT NULL OR conversation_id IS NOT NULL", name="subject"),
        Index(
            "uq_care_case_one_open",
            "borrower_id",
            "kind",
            unique=True,
            sqlite_where=_ONE_OF_A_KIND,
            postgresql_where=_ONE_OF_A_KIND,
        ),
        Index(
            "uq_care_case_one_reconciliation",
            "loan_id",
            "reason",
            unique=True,
            sqlite_where=_RECONCILIATION,
            postgresql_where=_RECONCILIATION,
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    borrower_id: Mapped[int | None] = mapped_column(ForeignKey("borrower.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(String(32), index=True)
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loan.id"))
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10), default="open")
    reason: Mapped[str] = mapped_column(String(60), default="")
    details: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
