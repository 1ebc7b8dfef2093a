"""A tape with more than thirty kinds of fault: each is reported on its line, and nothing of it comes in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from loans.models import Borrower, Loan
from loans.tape.checks import read_tape
from loans.tape.faults import FAULTS
from loans.tape.load import import_tape
from loans.tape.outcome import quietly
from storage.engine import Database
from tests.support.tapes import NOW, change, write_tape

FAULTY = Path(__file__).parent.parent / "data" / "faulty_tape"

EXPECTED = """
borrowers.csv 3 phone bad_phone
borrowers.csv 4 id_last4 bad_id_last4
borrowers.csv 5 language bad_choice
borrowers.csv 6 timezone bad_timezone
borrowers.csv 7 name missing_value
borrowers.csv 8 borrower_ref duplicate_key
borrowers.csv 9 telegram_id bad_telegram_id
borrowers.csv 10 telegram_id shared_telegram
borrowers.csv 11 consent bad_choice
borrowers.csv 12 - ragged_row
borrowers.csv 13 name control_character
borrowers.csv 14 - broken_encoding
borrowers.csv 17 name too_long
loans.csv 3 borrower_ref unknown_reference
loans.csv 4 principal negative_amount
loans.csv 5 principal too_precise
loans.csv 6 principal bad_number
loans.csv 7 principal not_positive
loans.csv 8 annual_rate_pct negative_amount
loans.csv 9 term_months bad_whole_number
loans.csv 10 term_months out_of_range
loans.csv 11 method bad_choice
loans.csv 12 disbursed_on bad_date
loans.csv 13 first_due_on first_due_too_early
loans.csv 14 currency bad_currency
loans.csv 15 day_count bad_choice
loans.csv 16 allocation bad_allocation
loans.csv 17 original_maturity_on maturity_too_early
loans.csv 18 loan_ref no_instalments
loans.csv 19 loan_ref duplicate_key
loans.csv 20 disbursed_on out_of_range
loans.csv 21 disbursed_on bad_date
loans.csv 23 allocation product_disagrees
instalments.csv 6 number number_gap
instalments.csv 8 due_on due_out_of_order
instalments.csv 10 principal principal_mismatch
instalments.csv 11 due_on due_before_disbursement
instalments.csv 12 loan_ref unknown_reference
instalments.csv 13 number duplicate_key
instalments.csv 14 interest bad_number
instalments.csv 15 number bad_whole_number
instalments.csv 16 - ragged_row
payments.csv 3 external_ref duplicate_key
payments.csv 4 paid_on paid_before_disbursement
payments.csv 5 amount not_positive
payments.csv 6 amount negative_amount
payments.csv 7 amount bad_number
payments.csv 8 loan_ref unknown_reference
payments.csv 9 external_ref missing_value
payments.csv 11 paid_on bad_date
payments.csv 12 amount out_of_range
charges.csv 3 due_on duplicate_key
charges.csv 4 paid paid_more_than_due
charges.csv 5 loan_ref unknown_reference
""".split("\n")[1:-1]


def found(folder: Path) -> list[str]:
    tape = read_tape(folder, date(2026, 11, 20), quietly)
    return [f"{fault.file} {fault.line} {fault.column or '-'} {fault.code}" for fault in tape.faults]


def test_every_fault_is_reported_on_its_line_and_no_other() -> None:
    assert found(FAULTY) == EXPECTED
    assert len({line.split()[3] for line in EXPECTED}) >= 30


def test_every_fault_says_why_in_both_languages_and_shows_the_value() -> None:
    faults = read_tape(FAULTY, date(2026, 11, 20), quietly).faults
    for fault in faults:
        assert fault.reason_zh and fault.reason_en and "{" not in fault.reason_zh + fault.reason_en
        assert any("\u4e00" <= char <= "\u9fff" for char in fault.reason_zh)
    assert [fault.value for fault in faults if fault.code == "bad_phone"] == ["138****0002"]


def test_every_kind_of_fault_has_both_texts() -> None:
    assert all(texts["zh"] and texts["en"] for texts in FAULTS.values())


def test_a_faulty_tape_changes_nothing(database: Database) -> None:
    outcome = import_tape(database, FAULTY, NOW)
    assert not outcome.written
    with database.read() as session:
        assert session.scalar(select(func.count(Borrower.id))) == 0


def test_skipping_leaves_out_faulty_rows_and_all_that_hangs_on_them(database: Database) -> None:
    outcome = import_tape(database, FAULTY, NOW, skip_invalid=True)
    assert outcome.written
    skipped = {(fault.file, fault.line) for fault in outcome.skipped}
    # L22 is faulty, so its instalment falls; L01's plan has a doubled row, so L01 falls with its payments and charge.
    assert {("instalments.csv", 4), ("loans.csv", 2), ("payments.csv", 2), ("charges.csv", 2)} <= skipped
    with database.read() as session:
        assert set(session.scalars(select(Borrower.ref))) == {"B01", "B14"}
        assert set(session.scalars(select(Loan.ref))) == {"L21"}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("loans.csv", b"", "loans.csv 1 - empty_file"),
        ("payments.csv", b"loan_ref;paid_on;amount;external_ref\n", "payments.csv 1 - wrong_delimiter"),
        ("payments.csv", b"loan_ref,paid_on,amount\n", "payments.csv 1 external_ref missing_column"),
        (
            "payments.csv",
            b"loan_ref,paid_on,amount,amount,external_ref\n",
            "payments.csv 1 amount duplicate_column",
        ),
        (
            "payments.csv",
            'loan_ref,paid_on,amount,"external_ref'.encode("utf-16"),
            "payments.csv 1 - broken_encoding",
        ),
        (
            "payments.csv",
            b'loan_ref,paid_on,amount,external_ref\nL1,"2026-09-10,1,P1\n',
            "payments.csv 2 - broken_quotes",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault_and_blames_no_other(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    tape = write_tape(tmp_path)
    (tape / name).write_bytes(content)
    assert found(tape) == [expected]


def test_a_missing_file_is_a_fault_but_charges_may_be_missing(tmp_path: Path) -> None:
    tape = write_tape(tmp_path)
    assert found(tape) == []
    (tape / "instalments.csv").unlink()
    assert found(tape) == ["instalments.csv 0 - missing_file"]


def test_a_file_that_cannot_be_read_refuses_the_tape_even_when_faulty_rows_are_skipped(
    database: Database, tmp_path: Path
) -> None:
    tape = write_tape(tmp_path)
    (tape / "instalments.csv").unlink()
    assert not import_tape(database, tape, NOW, skip_invalid=True).written


def test_a_byte_order_mark_blank_lines_and_windows_line_ends_are_no_faults(tmp_path: Path) -> None:
    tape = write_tape(tmp_path)
    content = (tape / "payments.csv").read_text().replace("\n", "\r\n")
    (tape / "payments.csv").write_bytes(b"\xef\xbb\xbf" + content.encode() + b"\r\n,,,\r\n\r\n")
    assert found(tape) == []


def test_lines_are_counted_through_quoted_line_breaks(tmp_path: Path) -> None:
    tape = write_tape(tmp_path)
    change(tape, "payments.csv", "L1,2026-10-12,20.00,P2", 'L1,2026-10-12,20.00,"P\n2"\nL1,2026-10-12,x,P3')
    assert found(tape) == [
        "payments.csv 3 external_ref control_character",
        "payments.csv 5 amount bad_number",
    ]
