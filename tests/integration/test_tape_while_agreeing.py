"""A tape that corrects a payment while its borrower confirms new terms: every payment is counted once."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

import loans.tape.receipts as receipts
from loans.agreements import AgreementError, agree
from loans.allocation import undo
from loans.models import Loan, Payment, Quote
from loans.quotes import quote_options
from loans.tape.load import import_tape
from loans.view import active_schedule, credit
from policies.rulebook import rulebook
from storage.engine import Database
from tests.support.book import NOW, write_tape
from tests.support.tapes import change

LOAN = "L-EN-DUE"


def the_loan(database: Database) -> int:
    with database.read() as session:
        return session.scalars(select(Loan.id).where(Loan.ref == LOAN)).one()


def test_a_payment_corrected_while_the_borrower_confirms_is_counted_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tmp_path / "tape"
    write_tape(tape)
    assert import_tape(database, tape, NOW).written
    loan_id = the_loan(database)
    with database.write() as session:
        quotes, _ = quote_options(
            session, session.get_one(Loan, loan_id), rulebook(), NOW, requested_months=2
        )
        quote_id = quotes[0].id
    answers: list[str] = []

    def confirm() -> None:
        try:
            with database.write() as session:
                answers.append(agree(session, session.get_one(Quote, quote_id), NOW).status)
        except AgreementError as error:
            answers.append(error.code)

    borrower = threading.Thread(target=confirm)

    def confirmed_in_between(session: object, loan_ids: set[int]) -> None:
        undo(session, loan_ids)  # type: ignore[arg-type]
        borrower.start()
        borrower.join(timeout=2)
        assert borrower.is_alive(), "the borrower's yes did not wait for the tape"

    monkeypatch.setattr(receipts, "undo", confirmed_in_between)
    change(tape, "payments.csv", "2026-11-05,3198.56,L-EN-DUE-5", "2026-11-05,3198.57,L-EN-DUE-5")
    assert import_tape(database, tape, NOW + timedelta(hours=1)).written
    borrower.join()

    assert answers == ["changed"]
    with database.read() as session:
        loan = session.get_one(Loan, loan_id)
        received = sum(session.scalars(select(Payment.amount).where(Payment.loan_id == loan_id)), Decimal(0))
        rows = active_schedule(session, loan).instalments
        counted = sum((row.due - row.unpaid for row in rows), Decimal(0))
        assert counted + credit(session, loan) == received
