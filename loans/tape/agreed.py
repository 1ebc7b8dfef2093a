"""Plans that were agreed here: a tape never overwrites them, and may well repeat them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.models import Agreement, Instalment, Loan, Schedule
from loans.tape.reader import Row

WAS_IN_FORCE = ("active", "completed", "broken", "replaced")

Line = tuple[int, date, Decimal, Decimal, Decimal]
"""An instalment of a plan: number, due date, principal, interest, fee."""


@dataclass(frozen=True)
class AgreedPlan:
    """The schedule in force of a loan under an agreement. `lent` is the principal on the day of disbursement."""

    lent: Decimal
    lines: tuple[Line, ...]

    @property
    def principal(self) -> Decimal:
        """What its instalments repay: more than was lent when interest was capitalised, less when some was waived."""
        return sum((line[2] for line in self.lines), Decimal(0))


def lines_of(plan: Iterable[Row]) -> list[Line]:
    """Return a tape's rows of one loan as lines."""
    names = ("number", "due_on", "principal", "interest", "fee")
    return [tuple(row.values[name] for name in names) for row in plan]


def agreed_plans(session: Session) -> dict[str, AgreedPlan]:
    """Return the plans in force that an agreement wrote, by the loan's reference."""
    found: dict[str, tuple[Decimal, list[Line]]] = {}
    rows = session.execute(
        select(
            Loan.ref,
            Loan.principal,
            Instalment.number,
            Instalment.due_on,
            Instalment.principal,
            Instalment.interest,
            Instalment.fee,
        )
        .join(Schedule, Schedule.loan_id == Loan.id)
        .join(Instalment, Instalment.schedule_id == Schedule.id)
        .where(Schedule.status == "active", Schedule.agreement_id.is_not(None))
        .order_by(Loan.ref, Instalment.number)
    )
    for ref, lent, number, due_on, principal, interest, fee in rows:
        found.setdefault(ref, (lent, []))[1].append((number, due_on, principal, interest, fee))
    return {ref: AgreedPlan(lent, tuple(lines)) for ref, (lent, lines) in found.items()}


def restructured(session: Session) -> set[int]:
    """Return the ids of the loans on which an agreement of ours was in force and has not been taken back since."""
    return set(session.scalars(select(Agreement.loan_id).where(Agreement.status.in_(WAS_IN_FORCE))))


def under_agreement(session: Session) -> set[int]:
    """Return the ids of the loans whose schedule in force an agreement wrote, whatever has become of it since."""
    return set(
        session.scalars(
            select(Schedule.loan_id).where(Schedule.status == "active", Schedule.agreement_id.is_not(None))
        )
    )
