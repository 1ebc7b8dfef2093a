"""Who borrowed, how to reach them, under which product, and what the contract says."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from loans.models.payments import Charge
from storage.base import Base
from storage.types import Exact, Money, UtcDateTime


class Borrower(Base):
    """A person who owes money. `id_last4` is the last four characters of the identity document."""

    __tablename__ = "borrower"
    __table_args__ = (
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint("length(id_last4) = 4", name="id_last4"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    id_last4: Mapped[str] = mapped_column(String(4))
    language: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str] = mapped_column(String(64))
    region: Mapped[str] = mapped_column(String(100), default="")
    industry: Mapped[str] = mapped_column(String(100), default="")
    consent: Mapped[bool] = mapped_column(default=True)
    opted_out: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[Any]] = mapped_column(default=list)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    loans: Mapped[list[Loan]] = relationship(back_populates="borrower", order_by="Loan.ref")
    contact_points: Mapped[list[ContactPoint]] = relationship(back_populates="borrower")


class ContactPoint(Base):
    """One way to reach a borrower, as the tape or the borrower gave it."""

    __tablename__ = "contact_point"
    __table_args__ = (
        UniqueConstraint("borrower_id", "kind", "value"),
        CheckConstraint("kind IN ('phone', 'telegram', 'web', 'terminal')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(100), index=True)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    borrower: Mapped[Borrower] = relationship(back_populates="contact_points")


class Product(Base):
    """The conventions a family of loans shares. Rates are percent a year; grace is in days."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    allocation: Mapped[str] = mapped_column(String(200), default="penalty,fee,interest,principal")
    rounding_mode: Mapped[str] = mapped_column(String(16), default="HALF_UP")
    rounding_unit: Mapped[Decimal] = mapped_column(Exact, default=Decimal("0.01"))
    max_term_months: Mapped[int] = mapped_column(default=36)


class Loan(Base):
    """A loan contract. Amounts are in `currency`; `annual_rate_pct` is percent a year.

    `watch_until` is the last day on which the loan is watched after a restructuring, `credit_protected_until` the last
    on which being late is not reported to the credit register; None when neither has been agreed.
    """

    __tablename__ = "loan"
    __table_args__ = (
        CheckConstraint("method IN ('annuity', 'equal_principal', 'bullet')", name="method"),
        CheckConstraint("status IN ('active', 'closed')", name="status"),
        CheckConstraint("principal > 0", name="principal"),
        CheckConstraint("prior_extension_months >= 0 AND restructure_count >= 0", name="counts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(64), unique=True)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    principal: Mapped[Decimal] = mapped_column(Money)
    annual_rate_pct: Mapped[Decimal] = mapped_column(Exact)
    term_months: Mapped[int]
    method: Mapped[str] = mapped_column(String(20))
    disbursed_on: Mapped[date]
    first_due_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    secured: Mapped[bool]
    guarantor: Mapped[bool]
    branch: Mapped[str] = mapped_column(String(64), default="")
    day_count: Mapped[str] = mapped_column(String(20), default="30/360")
    penalty_rate_pct: Mapped[Decimal] = mapped_column(Exact, default=Decimal(0))
    grace_days: Mapped[int] = mapped_column(default=0)
    original_maturity_on: Mapped[date]
    prior_extension_months: Mapped[int] = mapped_column(default=0)
    restructure_count: Mapped[int] = mapped_column(default=0)
    asset_class: Mapped[str] = mapped_column(String(20), default="")
    signals: Mapped[list[Any]] = mapped_column(default=list)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    watch_until: Mapped[date | None]
    credit_protected_until: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(10), default="active")
    borrower: Mapped[Borrower] = relationship(back_populates="loans")
    product: Mapped[Product] = relationship()
    charges: Mapped[list[Charge]] = relationship(order_by=[Charge.due_on, Charge.kind])
