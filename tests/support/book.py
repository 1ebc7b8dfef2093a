"""A small loan book of invented people, seen from 20 November 2026, as a tape that the real importer loads.

Each borrower stands for a situation; conversation tests name them by it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from loans.schedule import ScheduleTerms, build_schedule
from loans.tape.load import import_tape
from storage.engine import Database

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True)
class LoanSpec:
    """One loan; `paid` instalments are paid on their due dates.

    `penalty` is recorded on the first unpaid instalment, `late_fee` as a charge outside the instalments.
    """

    ref: str
    principal: str
    rate: str
    months: int
    disbursed_on: str
    first_due_on: str
    paid: int
    method: str = "annuity"
    secured: bool = False
    guarantor: bool = False
    penalty: str = "0.00"
    late_fee: str = ""


@dataclass(frozen=True)
class BorrowerSpec:
    """One borrower with loans, seen from 20 November 2026."""

    ref: str
    name: str
    id_last4: str
    language: str
    loans: tuple[LoanSpec, ...]
    timezone: str = "Asia/Shanghai"


BOOK = (
    # ZH-DUE / EN-DUE: next instalment on 5 December, nothing late.
    BorrowerSpec("ZH-DUE", "李晓梅", "1024", "zh", (
        LoanSpec("L-ZH-DUE", "60000.00", "14.4", 12, "2026-06-05", "2026-07-05", 5),)),
    BorrowerSpec("EN-DUE", "Anna Keller", "204X", "en", (
        LoanSpec("L-EN-DUE", "36000.00", "12", 12, "2026-06-05", "2026-07-05", 5),)),
    # LATE: the instalment of 1 November is unpaid, 19 days.
    BorrowerSpec("ZH-LATE", "王建国", "3307", "zh", (
        LoanSpec("L-ZH-LATE", "80000.00", "15", 24, "2026-02-01", "2026-03-01", 8),)),
    BorrowerSpec("EN-LATE", "Daniel Osei", "4410", "en", (
        LoanSpec("L-EN-LATE", "48000.00", "15", 24, "2026-02-01", "2026-03-01", 8),)),
    # GUARD: a loan with a guarantor; SECURED: with security.
    BorrowerSpec("ZH-GUARD", "陈志强", "5521", "zh", (
        LoanSpec("L-ZH-GUARD", "50000.00", "12", 12, "2026-05-10", "2026-06-10", 5, guarantor=True),)),
    BorrowerSpec("EN-SECURED", "Priya Nair", "6632", "en", (
        LoanSpec("L-EN-SECURED", "50000.00", "12", 12, "2026-05-10", "2026-06-10", 5, secured=True),)),
    # TWO: two open loans.
    BorrowerSpec("ZH-TWO", "赵丽华", "7743", "zh", (
        LoanSpec("L-ZH-TWO-A", "30000.00", "12", 12, "2026-06-15", "2026-07-15", 4),
        LoanSpec("L-ZH-TWO-B", "20000.00", "10", 6, "2026-08-20", "2026-09-20", 2),)),
    BorrowerSpec("EN-TWO", "Grace Lim", "8854", "en", (
        LoanSpec("L-EN-TWO-A", "30000.00", "12", 12, "2026-06-15", "2026-07-15", 4),
        LoanSpec("L-EN-TWO-B", "20000.00", "10", 6, "2026-08-20", "2026-09-20", 2),)),
    # BULLET: interest monthly, principal on 20 December.
    BorrowerSpec("ZH-BULLET", "孙大勇", "9965", "zh", (
        LoanSpec("L-ZH-BULLET", "100000.00", "10.8", 6, "2026-06-20", "2026-07-20", 5, method="bullet"),)),
    BorrowerSpec("EN-BULLET", "Tom Barker", "1076", "en", (
        LoanSpec("L-EN-BULLET", "100000.00", "10.8", 6, "2026-06-20", "2026-07-20", 5, method="bullet"),)),
    # OLD: more than 90 days late: only a person may help.
    BorrowerSpec("ZH-OLD", "周海", "2187", "zh", (
        LoanSpec("L-ZH-OLD", "40000.00", "15", 12, "2026-03-05", "2026-04-05", 3),)),
    BorrowerSpec("EN-OLD", "Mary Tan", "3298", "en", (
        LoanSpec("L-EN-OLD", "40000.00", "15", 12, "2026-03-05", "2026-04-05", 3),)),
    # CLEAR: everything paid.
    BorrowerSpec("ZH-CLEAR", "吴敏", "4309", "zh", (
        LoanSpec("L-ZH-CLEAR", "10000.00", "12", 3, "2026-07-01", "2026-08-01", 3),)),
    # LONDON: another time zone.
    BorrowerSpec("EN-LONDON", "Oliver Webb", "5410", "en", (
        LoanSpec("L-EN-LONDON", "24000.00", "12", 12, "2026-06-05", "2026-07-05", 5),), timezone="Europe/London"),
    # FINED: late by 15 days, with a penalty on the instalment and a fee outside it.
    BorrowerSpec("ZH-FINED", "何秀英", "6521", "zh", (
        LoanSpec("L-ZH-FINED", "60000.00", "14.4", 12, "2026-05-05", "2026-06-05", 5,
            penalty="126.30", late_fee="50.00"),)),
    BorrowerSpec("EN-FINED", "Ruth Adeyemi", "7632", "en", (
        LoanSpec("L-EN-FINED", "36000.00", "12", 12, "2026-05-05", "2026-06-05", 5,
            penalty="126.30", late_fee="50.00"),)),
)  # fmt: skip


def write_tape(folder: Path) -> None:
    """Write the book as a tape into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, list[dict[str, str]]] = {
        "borrowers": [],
        "loans": [],
        "instalments": [],
        "payments": [],
        "charges": [],
    }
    for number, borrower in enumerate(BOOK, start=1):
        tables["borrowers"].append(
            {
                "borrower_ref": borrower.ref,
                "name": borrower.name,
                "phone": f"+861390000{number:04}",
                "id_last4": borrower.id_last4,
                "language": borrower.language,
                "timezone": borrower.timezone,
                "region": "上海",
                "industry": "餐饮",
                "telegram_id": "",
            }
        )
        for loan in borrower.loans:
            _add_loan(tables, borrower, loan)
    for name, rows in tables.items():
        if not rows:
            continue
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _add_loan(tables: dict[str, list[dict[str, str]]], borrower: BorrowerSpec, loan: LoanSpec) -> None:
    plan = build_schedule(
        ScheduleTerms(
            principal=Decimal(loan.principal),
            annual_rate_pct=Decimal(loan.rate),
            instalments=loan.months,
            method=loan.method,
            disbursed_on=date.fromisoformat(loan.disbursed_on),
            first_due_on=date.fromisoformat(loan.first_due_on),
        )
    )
    tables["loans"].append(
        {
            "loan_ref": loan.ref,
            "borrower_ref": borrower.ref,
            "product": "shop",
            "principal": loan.principal,
            "annual_rate_pct": loan.rate,
            "term_months": str(loan.months),
            "method": loan.method,
            "disbursed_on": loan.disbursed_on,
            "first_due_on": loan.first_due_on,
            "currency": "CNY",
            "secured": str(loan.secured).lower(),
            "guarantor": str(loan.guarantor).lower(),
        }
    )
    for row in plan.rows:
        tables["instalments"].append(
            {
                "loan_ref": loan.ref,
                "number": str(row.number),
                "due_on": row.due_on.isoformat(),
                "principal": str(row.principal),
                "interest": str(row.interest),
                "fee": "0.00",
                "penalty": loan.penalty if row.number == loan.paid + 1 else "0.00",
            }
        )
        if row.number <= loan.paid:
            tables["payments"].append(
                {
                    "loan_ref": loan.ref,
                    "paid_on": row.due_on.isoformat(),
                    "amount": str(row.due),
                    "external_ref": f"{loan.ref}-{row.number}",
                }
            )
    if loan.late_fee:
        due_on = plan.rows[loan.paid].due_on.isoformat()
        charge = {"loan_ref": loan.ref, "kind": "late_fee", "due_on": due_on}
        tables["charges"].append({**charge, "amount": loan.late_fee, "paid": "0.00"})


def load_book(database: Database, folder: Path) -> None:
    """Write the tape and import it, as `tideover import` would."""
    write_tape(folder)
    outcome = import_tape(database, folder, NOW)
    assert not outcome.faults, outcome.faults
