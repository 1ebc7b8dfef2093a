"""Money received, what it was counted towards, and charges outside the instalments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base
from storage.types import Money


class Payment(Base):
    """One payment as the lender's ledger gives it; `external_ref` is the ledger's own key."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("loan_id", "external_ref"),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), index=True)
    paid_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Money)
    external_ref: Mapped[str] = mapped_column(String(100))
    allocations: Mapped[list[Allocation]] = relationship(cascade="all, delete-orphan")


class Allocation(Base):
    """The part of a payment counted towards one component of one instalment number.

    It names the instalment by number, not by row: a new schedule version keeps the numbers of what was paid.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "component IN ('penalty', 'fee', 'interest', 'principal', 'charge')", name="component"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id", ondelete="CASCADE"), index=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id"))
    instalment_number: Mapped[int]
    component: Mapped[str] = mapped_column(String(10))
    amount: Mapped[Decimal] = mapped_column(Money)


class Charge(Base):
    """A fee or penalty that is not part of an instalment. What its `kind` calls a penalty (罚) is one."""

    __tablename__ = "charge"
    __table_args__ = (
        UniqueConstraint("loan_id", "kind", "due_on"),
        CheckConstraint(
            "amount >= 0 AND paid >= 0 AND waived >= 0 AND paid + waived <= amount", name="amount"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    due_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Money)
    paid: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    waived: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))

    @property
    def component(self) -> str:
        """What it counts as in a relief: penalty or fee."""
        return "penalty" if "penalty" in self.kind.lower() or "罚" in self.kind else "fee"

    @property
    def left(self) -> Decimal:
        """What is left of it, in the loan's currency."""
        return self.amount - self.paid - self.waived
