"""What the relief rules look at beside the schedule, read from the loan book."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from loans.circumstances import branch_sums, circumstances_of, under_agreement
from loans.models import Loan
from loans.positions import position_of
from loans.view import active_schedule
from storage.engine import Database
from tests.support.book import NOW, load_book
from tests.support.desk import confirmed


@pytest.fixture
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    return database


def test_they_come_from_borrower_loan_and_product(book: Database) -> None:
    with book.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L-ZH-LATE")).one()
        loan.borrower.tags, loan.signals, loan.asset_class = ["hard_hit"], ["court_case"], "substandard"
        found = circumstances_of(session, loan, reason="illness", today=NOW.date())
    assert (found.reason, found.industry, found.region) == ("illness", "餐饮", "上海")
    assert (found.tags, found.signals) == (("hard_hit",), ("court_case",))
    assert (found.class_floor, found.product_max_term_months) == ("substandard", 36)


def test_the_class_is_the_worse_of_the_days_and_the_lenders(book: Database) -> None:
    with book.read() as session:
        loans = {loan.ref: loan for loan in session.scalars(select(Loan))}
        classes = [
            circumstances_of(session, loans[ref], today=NOW.date()).class_floor
            for ref in ("L-ZH-DUE", "L-ZH-LATE", "L-ZH-OLD")
        ]
    assert classes == ["normal", "special_mention", "substandard"]


def test_a_branchs_sums_leave_out_the_loans_own_relief(book: Database) -> None:
    confirmed(book, "L-EN-DUE", months=2)
    confirmed(book, "L-ZH-GUARD", months=2)  # waits for the guarantor, and counts
    with book.read() as session:
        loans = {loan.ref: loan for loan in session.scalars(select(Loan))}
        asking = circumstances_of(session, loans["L-ZH-DUE"], today=NOW.date())
        again = circumstances_of(session, loans["L-EN-DUE"], today=NOW.date())
        [(relieved, outstanding)] = branch_sums(session).values()
        relieved_ids = under_agreement(session)
        left = {
            ref: position_of(
                loans[ref], active_schedule(session, loans[ref]), NOW.date()
            ).outstanding.principal
            for ref in ("L-EN-DUE", "L-ZH-GUARD")
        }
    assert asking.branch_relieved_amount == relieved == sum(left.values())
    assert asking.branch_outstanding_amount == again.branch_outstanding_amount == outstanding
    assert again.branch_relieved_amount == left["L-ZH-GUARD"]
    assert relieved_ids == {loans["L-EN-DUE"].id, loans["L-ZH-GUARD"].id}


def test_the_sums_are_of_one_branch_and_currency(book: Database) -> None:
    with book.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L-ZH-BULLET")).one()
        loan.branch = "north"
        session.flush()
        found = circumstances_of(session, loan, today=NOW.date())
        without = circumstances_of(session, loan, today=NOW.date(), branch=False)
    assert (found.branch_relieved_amount, found.branch_outstanding_amount) == (
        Decimal(0),
        Decimal("100000.00"),
    )
    assert without.branch_outstanding_amount is None
