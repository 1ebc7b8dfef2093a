"""What was signed and learned here, as CSV for the lender's own ledger."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from loans.models import Agreement, Borrower, Case, Instalment, Loan, PromiseToPay, Quote, Schedule

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

HEADERS: dict[str, tuple[str, ...]] = {
    "agreements.csv": (
        "agreement_id",
        "loan_ref",
        "borrower_ref",
        "kind",
        "status",
        "confirmed_at",
        "decided_at",
        "new_maturity_on",
        "extra_cost",
        "currency",
        "apr_pct",
        "quote_hash",
    ),
    "schedule_versions.csv": (
        "agreement_id",
        "loan_ref",
        "version",
        "status",
        "effective_on",
        "number",
        "due_on",
        "principal",
        "interest",
        "fee",
        "penalty",
        "currency",
    ),
    "waivers.csv": ("agreement_id", "loan_ref", "component", "amount", "currency", "decided_at"),
    "promises.csv": (
        "promise_id",
        "loan_ref",
        "borrower_ref",
        "amount",
        "currency",
        "pay_on",
        "status",
        "made_at",
    ),
    "opt_outs.csv": ("borrower_ref",),
    "cases.csv": (
        "case_id",
        "borrower_ref",
        "loan_ref",
        "kind",
        "status",
        "reason",
        "details",
        "opened_at",
        "closed_at",
    ),
}


def export(session: Session, since: datetime, folder: Path) -> dict[str, int]:
    """Write what was agreed, promised and opened since an aware time to CSV in `folder`; return rows by file.

    Amounts are decimal strings, times ISO 8601 in UTC. Opt-outs are always the whole list. Text that a
    spreadsheet would run as a formula gets a leading apostrophe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, Iterable[Sequence[Any]]] = {
        "agreements.csv": _agreements(session, since),
        "schedule_versions.csv": _schedule_versions(session, since),
        "waivers.csv": (),
        "promises.csv": _promises(session, since),
        "opt_outs.csv": session.execute(
            select(Borrower.ref).where(Borrower.opted_out).order_by(Borrower.ref)
        ),
        "cases.csv": _cases(session, since),
    }
    return {name: _write(folder / name, HEADERS[name], rows) for name, rows in tables.items()}


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for count, row in enumerate(rows, start=1):  # noqa: B007
            writer.writerow([_cell(value) for value in row])
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(STARTS_A_FORMULA):
        return f"'{value}"
    return str(value)


def _agreements(session: Session, since: datetime) -> Iterable[Sequence[Any]]:
    return session.execute(
        select(
            Agreement.id,
            Loan.ref,
            Borrower.ref,
            Quote.kind,
            Agreement.status,
            Agreement.confirmed_at,
            Agreement.decided_at,
            Quote.new_maturity_on,
            Quote.extra_cost,
            Loan.currency,
            Quote.apr_pct,
            Quote.hash,
        )
        .join(Agreement.quote)
        .join(Agreement.loan)
        .join(Loan.borrower)
        .where(or_(Agreement.confirmed_at >= since, Agreement.decided_at >= since))
        .order_by(Agreement.confirmed_at, Agreement.id)
    )


def _schedule_versions(session: Session, since: datetime) -> Iterable[Sequence[Any]]:
    return session.execute(
        select(
            Schedule.agreement_id,
            Loan.ref,
            Schedule.version,
            Schedule.status,
            Schedule.effective_on,
            Instalment.number,
            Instalment.due_on,
            Instalment.principal,
            Instalment.interest,
            Instalment.fee,
            Instalment.penalty,
            Loan.currency,
        )
        .join(Instalment.schedule)
        .join(Loan, Loan.id == Schedule.loan_id)
        .where(Schedule.agreement_id.is_not(None), Schedule.created_at >= since)
        .order_by(Schedule.created_at, Loan.ref, Schedule.version, Instalment.number)
    )


def _promises(session: Session, since: datetime) -> Iterable[Sequence[Any]]:
    return session.execute(
        select(
            PromiseToPay.id,
            Loan.ref,
            Borrower.ref,
            PromiseToPay.amount,
            Loan.currency,
            PromiseToPay.pay_on,
            PromiseToPay.status,
            PromiseToPay.made_at,
        )
        .join(Loan, Loan.id == PromiseToPay.loan_id)
        .join(Loan.borrower)
        .where(PromiseToPay.made_at >= since)
        .order_by(PromiseToPay.made_at, PromiseToPay.id)
    )


def _cases(session: Session, since: datetime) -> Iterable[Sequence[Any]]:
    return session.execute(
        select(
            Case.id,
            Borrower.ref,
            Loan.ref,
            Case.kind,
            Case.status,
            Case.reason,
            Case.details,
            Case.opened_at,
            Case.closed_at,
        )
        .outerjoin(Borrower, Borrower.id == Case.borrower_id)
        .outerjoin(Loan, Loan.id == Case.loan_id)
        .where(or_(Case.opened_at >= since, Case.closed_at >= since))
        .order_by(Case.opened_at, Case.id)
    )
