"""A tape's payments in the order its product asks for, whenever and in whatever order they come in."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from loans.allocation import allocate, undo
from loans.models import Loan
from loans.tape.load import import_tape
from loans.view import active_schedule
from storage.engine import Database
from tests.support.tapes import FILES, NOW, write_tape

PAYMENTS = FILES["payments.csv"].splitlines()
HEADER = PAYMENTS[0]
LATE = ["L1,2026-10-20,60.00,P1", "L1,2026-10-25,1000.00,P2", "L1,2026-11-12,500.00,P3"]


def bring_in(database: Database, folder: Path, payments: list[str], order: str = "") -> None:
    tape = write_tape(folder, payments="\n".join([HEADER, *payments, ""]))
    if order:
        lines = (tape / "loans.csv").read_text(encoding="utf-8").splitlines()
        given = [f"{lines[0]},allocation", *(f'{line},"{order}"' for line in lines[1:])]
        (tape / "loans.csv").write_text("\n".join([*given, ""]), encoding="utf-8")
    outcome = import_tape(database, tape, NOW)
    assert outcome.written, [(fault.code, fault.value) for fault in outcome.faults]


def counted(database: Database) -> list[tuple[str, ...]]:
    """Penalty, fee, interest and principal paid on each instalment of the first loan, and when it was settled."""
    with database.read() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L1")).one()
        return [
            (
                str(row.penalty_paid),
                str(row.fee_paid),
                str(row.interest_paid),
                str(row.principal_paid),
                str(row.settled_on),
            )
            for row in active_schedule(session, loan).instalments
        ]


@pytest.mark.parametrize(
    ("order", "first", "second", "third"),
    [
        (
            "standard",
            ("0.00", "5.00", "30.00", "1000.00", "2026-10-25"),
            ("8.00", "5.00", "20.00", "492.00", "None"),
            ("0.00", "0.00", "0.00", "0.00", "None"),
        ),
        (
            "civil-code",
            ("0.00", "5.00", "30.00", "1000.00", "2026-11-12"),
            ("8.00", "5.00", "20.00", "477.00", "None"),
            ("0.00", "5.00", "10.00", "0.00", "None"),
        ),
        (
            "principal-first",
            ("0.00", "0.00", "0.00", "1000.00", "None"),
            ("0.00", "0.00", "0.00", "560.00", "None"),
            ("0.00", "0.00", "0.00", "0.00", "None"),
        ),
    ],
)
def test_payments_are_counted_in_the_product_s_order(
    database: Database,
    tmp_path: Path,
    order: str,
    first: tuple[str, ...],
    second: tuple[str, ...],
    third: tuple[str, ...],
) -> None:
    bring_in(database, tmp_path, LATE, order)
    assert counted(database) == [first, second, third]


@pytest.mark.parametrize("order", ["standard", "civil-code", "principal-first", "due-first"])
def test_it_does_not_matter_in_which_order_payments_come_in(
    database: Database, tmp_path: Path, order: str
) -> None:
    bring_in(database, tmp_path, LATE[1:2], order)
    bring_in(database, tmp_path, LATE[1:], order)
    bring_in(database, tmp_path, LATE, order)
    piece_by_piece = counted(database)
    with database.write() as session:
        ids = list(session.scalars(select(Loan.id)))
        undo(session, ids)
        assert allocate(session, ids) > 0
    assert counted(database) == piece_by_piece
    with database.write() as session:
        assert allocate(session, ids) == 0
    assert counted(database) == piece_by_piece


def test_an_order_that_cannot_be_read_is_reported(database: Database, tmp_path: Path) -> None:
    tape = write_tape(tmp_path)
    lines = (tape / "loans.csv").read_text(encoding="utf-8").splitlines()
    (tape / "loans.csv").write_text(
        "\n".join([f"{lines[0]},allocation", f"{lines[1]},principal-last", f"{lines[2]},", ""]),
        encoding="utf-8",
    )
    [fault] = import_tape(database, tape, NOW).faults
    assert (fault.line, fault.column, fault.code) == (2, "allocation", "bad_allocation")
