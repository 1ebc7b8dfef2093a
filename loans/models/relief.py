"""What was offered to a borrower, what was agreed, and who consented."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from loans.models.book import Loan
from storage.base import Base, new_id
from storage.types import Exact, Money, UtcDateTime

AGREEMENT_STATES = (
    "pending_consent",
    "pending_approval",
    "active",
    "completed",
    "broken",
    "rejected",
    "expired",
    "reversed",
)
WAITING = ("pending_consent", "pending_approval")
_OPEN = text("status IN ('pending_consent', 'pending_approval')")


class Quote(Base):
    """A frozen offer: the exact rows, totals and rule results a borrower was shown. Never changed after it is written.

    `hash` covers everything that decides the figures, so the same offer on the same schedule is the same row.
    """

    __tablename__ = "quote"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), index=True)
    schedule_version: Mapped[int]
    position_hash: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]]
    rows: Mapped[list[Any]]
    totals: Mapped[dict[str, Any]]
    apr_pct: Mapped[Decimal | None] = mapped_column(Exact)
    new_maturity_on: Mapped[date]
    extension_months: Mapped[int]
    extra_cost: Mapped[Decimal] = mapped_column(Money)
    summary_zh: Mapped[str] = mapped_column(String(500))
    summary_en: Mapped[str] = mapped_column(String(500))
    rules: Mapped[list[Any]]
    consents_needed: Mapped[list[Any]]
    needs_approval: Mapped[bool]
    engine_version: Mapped[str] = mapped_column(String(20))
    rulebook: Mapped[str] = mapped_column(String(60))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    loan: Mapped[Loan] = relationship()


class Agreement(Base):
    """A borrower's confirmed choice of exactly one quote. One quote makes at most one agreement."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("quote_id"),
        CheckConstraint(f"status IN {AGREEMENT_STATES}", name="status"),
        Index("uq_agreement_one_open", "loan_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), index=True)
    quote_id: Mapped[str] = mapped_column(ForeignKey("quote.id"))
    status: Mapped[str] = mapped_column(String(20))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_message: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quote: Mapped[Quote] = relationship()
    loan: Mapped[Loan] = relationship()
    consents: Mapped[list[Consent]] = relationship(back_populates="agreement")

    @property
    def stands(self) -> bool:
        """Whether it waits or is in force; otherwise it has been decided against or is over."""
        return self.status in (*WAITING, "active")


class Consent(Base):
    """The written consent of a guarantor or provider of security, recorded by staff with its evidence."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("agreement_id", "party"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"))
    party: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[str] = mapped_column(String(500))
    recorded_by: Mapped[str] = mapped_column(String(100))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreement: Mapped[Agreement] = relationship(back_populates="consents")
