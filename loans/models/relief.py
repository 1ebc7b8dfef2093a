"""What was offered to a borrower, what was agreed, and who consented."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from loans.models.book import Loan
from loans.models.payments import Charge
from storage.base import Base, JsonOrNull, new_id
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
    "replaced",
)
WAITING = ("pending_consent", "pending_approval")
_OPEN = text("status IN ('pending_consent', 'pending_approval')")


class Quote(Base):
    """A frozen offer: the exact rows, totals and rule results a borrower was shown. Never changed after it is written.

    `steps` are the kinds it combines, each with its parameters; `rows` the whole new schedule and `terms` what later
    interest counts by (None: no new schedule). `waived` is what is forgiven for good by component, `waived_charges` the
    part of it outside the instalments. `effects` is what follows for the loan's class, watch and credit record.
    `approval_level` is who on the staff may approve it at least; None when anyone may. `hash` covers all of it, so the
    same offer on the same schedule is the same row. No row is ever changed or removed: triggers see to it.
    """

    __tablename__ = "quote"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), index=True)
    schedule_version: Mapped[int]
    position_hash: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(100))
    params: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]] = mapped_column(default=list)
    rows: Mapped[list[Any]]
    totals: Mapped[dict[str, Any]]
    terms: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    waived: Mapped[dict[str, Any]] = mapped_column(default=dict)
    waived_charges: Mapped[list[Any]] = mapped_column(default=list)
    capitalised_interest: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    effects: Mapped[dict[str, Any]] = mapped_column(default=dict)
    apr_pct: Mapped[Decimal | None] = mapped_column(Exact)
    new_maturity_on: Mapped[date]
    extension_months: Mapped[int]
    extra_cost: Mapped[Decimal] = mapped_column(Money)
    summary_zh: Mapped[str] = mapped_column(String(2000))
    summary_en: Mapped[str] = mapped_column(String(2000))
    rules: Mapped[list[Any]]
    consents_needed: Mapped[list[Any]]
    needs_approval: Mapped[bool]
    approval_level: Mapped[str | None] = mapped_column(String(20))
    engine_version: Mapped[str] = mapped_column(String(20))
    rulebook: Mapped[str] = mapped_column(String(60))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    loan: Mapped[Loan] = relationship()


class Agreement(Base):
    """A borrower's confirmed choice of exactly one quote. One quote makes at most one agreement.

    `requested_by` is who on the staff took the request down, None when the borrower asked in a chat; `decided_by` who
    decided. They are never the same, neither ever changes, and whoever recorded a consent never approves: triggers see
    to that, and that none comes in force without the consents and the approval its quote needs.
    `loan_before` holds the loan's watch and credit protection from before, for the case that it is taken back, and
    `replaces_id` the agreement whose schedule it took over. `ended_at` and `ended_because` say when and why it was
    completed, broken, taken back or replaced, `ended_by` who on the staff took it back: a named person, and neither
    who took it down nor who decided.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("quote_id"),
        CheckConstraint(f"status IN {AGREEMENT_STATES}", name="status"),
        CheckConstraint("lower(decided_by) <> lower(requested_by)", name="two_people"),
        CheckConstraint("status <> 'reversed' OR ended_by IS NOT NULL", name="reversed_by"),
        CheckConstraint(
            "lower(ended_by) <> lower(decided_by) AND lower(ended_by) <> lower(requested_by)",
            name="ended_by_another",
        ),
        Index("uq_agreement_one_open", "loan_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), index=True)
    quote_id: Mapped[str] = mapped_column(ForeignKey("quote.id"))
    status: Mapped[str] = mapped_column(String(20))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_message: Mapped[int | None]
    requested_by: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(100))
    loan_before: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("agreement.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_because: Mapped[str] = mapped_column(String(500), default="")
    ended_by: Mapped[str | None] = mapped_column(String(100))
    quote: Mapped[Quote] = relationship()
    loan: Mapped[Loan] = relationship()
    consents: Mapped[list[Consent]] = relationship(back_populates="agreement")
    waivers: Mapped[list[Waiver]] = relationship(order_by="Waiver.id")

    @property
    def stands(self) -> bool:
        """Whether it waits or is in force; otherwise it has been decided against or is over."""
        return self.status in (*WAITING, "active")


class Consent(Base):
    """The written consent of a guarantor or provider of security, recorded by staff with its evidence.

    No row is ever changed or removed: triggers see to it.
    """

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("agreement_id", "party"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"))
    party: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[str] = mapped_column(String(500))
    recorded_by: Mapped[str] = mapped_column(String(100))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreement: Mapped[Agreement] = relationship(back_populates="consents")


class Waiver(Base):
    """An amount an agreement forgave, of one component: of a charge outside the instalments, or of the instalments.

    `instalment_number` names the instalment of the version before, None when no single one is meant. `reversed_at` is
    when the agreement was taken back and the amount owed again.
    """

    __tablename__ = "waiver"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("component IN ('penalty', 'fee', 'interest', 'principal')", name="component"),
        CheckConstraint("instalment_number IS NULL OR charge_id IS NULL", name="one_debt"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"), index=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), index=True)
    component: Mapped[str] = mapped_column(String(10))
    instalment_number: Mapped[int | None]
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charge.id"))
    amount: Mapped[Decimal] = mapped_column(Money)
    waived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    charge: Mapped[Charge | None] = relationship()
