"""Counting afresh after an agreement: what was paid before it stays where the agreement kept it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, update

from loans.allocation import allocate, undo
from loans.allocation_order import NAMED
from loans.models import Instalment, Loan, Payment, Product
from loans.models.schedules import COMPONENTS
from loans.view import active_schedule
from storage.engine import Database
from tests.support.book import load_book
from tests.support.desk import confirmed

LOAN = "L-EN-LATE"


@pytest.mark.parametrize("order", [*NAMED, "standard|principal-first"])
def test_a_correction_after_an_agreement_leaves_paid_instalments_paid(
    database: Database, tmp_path: Path, order: str
) -> None:
    load_book(database, tmp_path / "tape")
    with database.write() as session:
        session.execute(update(Product).values(allocation=order))
        loan = session.scalars(select(Loan).where(Loan.ref == LOAN)).one()
        late = active_schedule(session, loan).instalments[8]
        late.penalty, late.fee = Decimal("45.00"), Decimal("5.00")
        session.add(
            Payment(loan_id=loan.id, paid_on=date(2026, 11, 10), amount=Decimal("60.00"), external_ref="part")
        )
        session.flush()
        allocate(session, [loan.id])
    confirmed(database, LOAN, "reamortise")
    before = paid(database)
    with database.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == LOAN)).one()
        assert active_schedule(session, loan).version == 2
        loan_id = loan.id
        undo(session, [loan_id])
        allocate(session, [loan_id])
    assert paid(database) == before


def paid(database: Database) -> list[tuple[object, ...]]:
    """What is paid of each instalment in force, and whether it is open."""
    with database.read() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == LOAN)).one()
        return [_row(row) for row in active_schedule(session, loan).instalments]


def _row(row: Instalment) -> tuple[object, ...]:
    return (row.number, *(getattr(row, f"{name}_paid") for name in COMPONENTS), row.settled_on is None)
