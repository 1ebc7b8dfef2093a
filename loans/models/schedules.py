"""Repayment schedules: every version is kept, exactly one is in force."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base, JsonOrNull
from storage.types import Money, UtcDateTime

COMPONENTS = ("penalty", "fee", "interest", "principal")
_IN_FORCE = text("status = 'active'")


class Schedule(Base):
    """One version of a loan's repayment plan. Version 1 is the tape's; an agreement writes the next.

    `terms` are its method, period and rate changes (see `loans.relief.terms`); None means the contract's own: its
    method, monthly, at one rate. A version an agreement wrote is `reversed` once that agreement is taken back.
    """

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("loan_id", "version"),
        CheckConstraint("status IN ('active', 'superseded', 'reversed')", name="status"),
        Index(
            "uq_schedule_one_active",
            "loan_id",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"))
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(12), default="active")
    effective_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreement_id: Mapped[str | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    terms: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    instalments: Mapped[list[Instalment]] = relationship(
        back_populates="schedule", order_by="Instalment.number", cascade="all, delete-orphan"
    )


class Instalment(Base):
    """What falls due on one day, by component, and what of it has been paid. `settled_on` is set when nothing is left.

    `from_date` is the day its interest starts to count (None: the due date before it). `interest_carried` is the part
    of its interest that was earned before that day; a later relief needs both.
    """

    __tablename__ = "instalment"
    __table_args__ = (
        UniqueConstraint("schedule_id", "number"),
        Index("ix_instalment_due_open", "due_on", "settled_on"),
        *(
            CheckConstraint(f"{name} >= 0 AND {name}_paid >= 0 AND {name}_paid <= {name}", name=name)
            for name in COMPONENTS
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    number: Mapped[int]
    from_date: Mapped[date | None]
    due_on: Mapped[date]
    principal: Mapped[Decimal] = mapped_column(Money)
    interest: Mapped[Decimal] = mapped_column(Money)
    fee: Mapped[Decimal] = mapped_column(Money)
    penalty: Mapped[Decimal] = mapped_column(Money)
    interest_carried: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    principal_paid: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    interest_paid: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    fee_paid: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    penalty_paid: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    settled_on: Mapped[date | None]
    schedule: Mapped[Schedule] = relationship(back_populates="instalments")

    @property
    def due(self) -> Decimal:
        """Everything that falls due with this instalment, in the loan's currency."""
        return self.principal + self.interest + self.fee + self.penalty

    @property
    def unpaid(self) -> Decimal:
        """What is left of it, in the loan's currency."""
        return self.due - self.principal_paid - self.interest_paid - self.fee_paid - self.penalty_paid
