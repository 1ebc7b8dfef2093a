"""Importing a tape: what it makes of the loan book, once, again, and when the ledger has moved on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from loans.agreements import agree
from loans.models import Borrower, Case, ContactPoint, Loan, Payment, Quote, Schedule
from loans.positions import fingerprint
from loans.tape.load import import_tape
from loans.tape.outcome import Outcome
from loans.view import active_schedule, borrower_view, credit
from storage.engine import Database
from tests.support.tapes import FILES, NOW, change, write_tape


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return write_tape(tmp_path / "tape")


def bring_in(database: Database, tape: Path) -> Outcome:
    outcome = import_tape(database, tape, NOW)
    assert outcome.written, [(fault.file, fault.line, fault.code) for fault in outcome.faults]
    return outcome


def paid(database: Database, ref: str) -> list[tuple[str, str, str, str, str | None]]:
    """Penalty, fee, interest and principal paid on each instalment in force, and the day it was settled."""
    with database.read() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == ref)).one()
        return [
            (
                str(row.penalty_paid),
                str(row.fee_paid),
                str(row.interest_paid),
                str(row.principal_paid),
                str(row.settled_on) if row.settled_on else None,
            )
            for row in active_schedule(session, loan).instalments
        ]


def test_payments_go_to_the_oldest_instalment_penalty_fee_interest_then_principal(
    database: Database, tape: Path
) -> None:
    bring_in(database, tape)
    assert paid(database, "L1") == [
        ("0.00", "5.00", "30.00", "1000.00", "2026-09-10"),
        ("8.00", "5.00", "7.00", "0.00", None),
        ("0.00", "0.00", "0.00", "0.00", None),
    ]


def test_people_are_reachable_at_normalised_numbers(database: Database, tape: Path) -> None:
    bring_in(database, tape)
    with database.read() as session:
        points = session.execute(
            select(Borrower.ref, ContactPoint.kind, ContactPoint.value).join(ContactPoint.borrower)
        )
        assert set(points) == {
            ("B1", "phone", "+8613800000001"),
            ("B1", "telegram", "7001"),
            ("B2", "phone", "+447700900123"),
        }
        assert session.scalars(select(Borrower.id_last4).order_by(Borrower.ref)).all() == ["123X", "22AB"]


def test_the_same_tape_again_changes_nothing(database: Database, tape: Path) -> None:
    bring_in(database, tape)
    with database.read() as session:
        before = [borrower_view(session, ref, NOW.date()) for ref in ("B1", "B2")]
    again = bring_in(database, tape)
    assert (again.changes, again.added.total(), again.allocations) == ([], 0, 0)
    with database.read() as session:
        assert [borrower_view(session, ref, NOW.date()) for ref in ("B1", "B2")] == before


def test_a_changed_tape_updates_and_says_what_it_changed(database: Database, tape: Path) -> None:
    bring_in(database, tape)
    change(tape, "borrowers.csv", "王小红,138 0000 0001", "王晓红,138 0000 0009")
    change(tape, "payments.csv", "L1,2026-10-12,20.00,P2", "L1,2026-10-13,1033.00,P2")
    outcome = bring_in(database, tape)
    assert {(item.key, item.field, str(item.old), str(item.new)) for item in outcome.changes} == {
        ("B1", "name", "王小红", "王晓红"),
        ("B1", "phone", "+8613800000001", "+8613800000009"),
        ("L1 P2", "paid_on", "2026-10-12", "2026-10-13"),
        ("L1 P2", "amount", "20.00", "1033.00"),
    }
    assert [row[-1] for row in paid(database, "L1")] == ["2026-09-10", "2026-10-13", None]
    with database.read() as session:
        points = session.scalars(select(ContactPoint.value).where(ContactPoint.kind == "phone")).all()
        assert set(points) == {"+8613800000009", "+447700900123"}


def test_a_loan_paid_in_full_closes_keeps_its_credit_and_opens_again_when_a_payment_is_corrected(
    database: Database, tape: Path
) -> None:
    bring_in(database, tape)
    change(tape, "payments.csv", "20.00,P2", "2048.50,P2")
    bring_in(database, tape)
    with database.read() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L1")).one()
        assert (loan.status, credit(session, loan)) == ("closed", Decimal("0.50"))
    change(tape, "payments.csv", "2048.50,P2", "20.00,P2")
    bring_in(database, tape)
    with database.read() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L1")).one()
        assert (loan.status, credit(session, loan)) == ("active", Decimal("0.00"))


def test_credit_is_used_when_a_new_schedule_needs_it(database: Database, tape: Path) -> None:
    change(tape, "payments.csv", "20.00,P2", "2098.00,P2")
    bring_in(database, tape)
    change(
        tape, "instalments.csv", "L1,3,2026-11-10,1000.00,10.00,5.00", "L1,3,2026-11-10,1000.00,40.00,5.00"
    )
    bring_in(database, tape)
    with database.read() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L1")).one()
        assert credit(session, loan) == Decimal("20.00")
        versions = session.scalars(
            select(Schedule).where(Schedule.loan_id == loan.id).order_by(Schedule.version)
        )
        assert [(row.version, row.status) for row in versions] == [(1, "superseded"), (2, "active")]


def test_a_new_penalty_is_no_new_schedule_version_and_reopens_the_instalment(
    database: Database, tape: Path
) -> None:
    bring_in(database, tape)
    change(
        tape,
        "instalments.csv",
        "L1,1,2026-09-10,1000.00,30.00,5.00,0.00",
        "L1,1,2026-09-10,1000.00,30.00,5.00,3.00",
    )
    outcome = bring_in(database, tape)
    assert [(item.key, item.field) for item in outcome.changes] == [("L1 1", "penalty")]
    assert paid(database, "L1")[0] == ("0.00", "5.00", "30.00", "1000.00", None)
    with database.read() as session:
        assert set(session.scalars(select(Schedule.version))) == {1}


def test_a_payment_that_vanishes_is_reported_and_kept(database: Database, tape: Path) -> None:
    bring_in(database, tape)
    write_tape(tape, payments=FILES["payments.csv"].replace("L1,2026-10-12,20.00,P2\n", ""))
    outcome = bring_in(database, tape)
    assert [note.code for note in outcome.notes] == ["payment_gone"]
    with database.read() as session:
        assert set(session.scalars(select(Payment.external_ref))) == {"P1", "P2"}


def test_an_opt_out_is_never_taken_back_by_a_tape(database: Database, tape: Path) -> None:
    bring_in(database, tape)
    with database.write() as session:
        session.scalars(select(Borrower).where(Borrower.ref == "B1")).one().opted_out = True
    content = (
        FILES["borrowers.csv"]
        .replace("telegram_id\n", "telegram_id,opted_out\n")
        .replace("7001\n", "7001,false\n")
    )
    write_tape(tape, borrowers=content.replace("taxi,\n", "taxi,,true\n"))
    outcome = bring_in(database, tape)
    assert [note.code for note in outcome.notes] == ["held_back"]
    with database.read() as session:
        assert session.scalars(select(Borrower.opted_out).order_by(Borrower.ref)).all() == [True, True]


def test_unknown_columns_are_kept_and_reported(database: Database, tape: Path) -> None:
    write_tape(
        tape,
        borrowers=FILES["borrowers.csv"]
        .replace("telegram_id\n", "telegram_id,shop\n")
        .replace("7001\n", "7001,红红面馆\n"),
        payments=FILES["payments.csv"]
        .replace("_ref\n", "_ref,till\n")
        .replace("P1\n", "P1,3\n")
        .replace("P2\n", "P2,\n"),
    )
    change(tape, "borrowers.csv", "taxi,\n", "taxi,,\n")
    change(
        tape,
        "payments.csv",
        "loan_ref,paid_on,amount,external_ref,till",
        "loan_ref,paid_on,amount,external_ref,till",
    )
    outcome = bring_in(database, tape)
    assert [(note.file, note.column) for note in outcome.notes] == [
        ("borrowers.csv", "shop"),
        ("payments.csv", "till"),
    ]
    with database.read() as session:
        view = borrower_view(session, "B1", NOW.date())
        assert view["borrower"]["extra"] == {"shop": "红红面馆"}
        assert view["loans"][0]["extra"] == {"payments.csv": {"P1": {"till": "3"}}}
    assert bring_in(database, tape).changes == []


def sign_two_more_months(database: Database) -> None:
    """Sign an agreement on L2: its one instalment is due two months later and costs 20.00 more."""
    with database.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L2")).one()
        row: dict[str, Any] = {
            "number": "1",
            "from_date": "2026-06-01",
            "due_on": "2027-02-01",
            "principal": "1000.00",
            "interest": "80.00",
            "fee": "0.00",
            "penalty": "0.00",
            "due": "1080.00",
            "balance": "0.00",
            "interest_carried": "0.00",
            "paid": False,
        }
        quote = Quote(
            loan_id=loan.id,
            schedule_version=1,
            position_hash=fingerprint(loan, active_schedule(session, loan)),
            kind="extension",
            params={"months": 2},
            rows=[row],
            totals={},
            new_maturity_on=date(2027, 2, 1),
            extension_months=2,
            extra_cost=Decimal("20.00"),
            summary_zh="展期两个月",
            summary_en="two more months",
            rules=[],
            consents_needed=[],
            needs_approval=False,
            engine_version="1",
            rulebook="test",
            hash="0" * 64,
            created_at=NOW,
            expires_at=NOW + timedelta(hours=1),
        )
        session.add(quote)
        session.flush()
        assert agree(session, quote, NOW).status == "active"


def test_an_active_agreement_is_never_overwritten_one_case_is_opened_and_closed_when_they_agree(
    database: Database, tape: Path
) -> None:
    bring_in(database, tape)
    sign_two_more_months(database)
    for _ in range(2):
        outcome = bring_in(database, tape)
        assert (outcome.changes, [note.code for note in outcome.notes]) == ([], ["agreement_disagrees"])
        with database.read() as session:
            loan = session.scalars(select(Loan).where(Loan.ref == "L2")).one()
            assert active_schedule(session, loan).instalments[0].interest == Decimal("80.00")
            case = session.scalars(select(Case)).one()
            assert (case.kind, case.status, case.reason) == ("reconciliation", "open", "ledger_behind")
            ours, theirs = "2027-02-01 1000.00 80.00 0.00 0.00", "2026-12-01 1000.00 60.00 0.00 0.00"
            assert case.details.splitlines()[-1] == f"no. 1: {ours} | {theirs}"
    change(tape, "instalments.csv", "L2,1,2026-12-01,1000.00,60.00", "L2,1,2027-02-01,1000.00,80.00")
    outcome = bring_in(database, tape)
    assert (outcome.changes, outcome.notes) == (
        [],
        [item for item in outcome.notes if item.code == "first_due_differs"],
    )
    with database.read() as session:
        assert session.scalars(select(Case)).one().status == "closed"


def test_a_payment_after_an_agreement_is_counted_towards_the_agreed_schedule(
    database: Database, tape: Path
) -> None:
    bring_in(database, tape)
    sign_two_more_months(database)
    with (tape / "payments.csv").open("a") as file:
        file.write("L2,2026-11-19,100.00,P9\n")
    bring_in(database, tape)
    assert paid(database, "L2") == [("0.00", "0.00", "80.00", "20.00", None)]
