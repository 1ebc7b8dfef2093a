"""What was signed and learned here, as CSV for the lender's own ledger."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from loans.models import (
    Agreement,
    Borrower,
    Case,
    Charge,
    Instalment,
    Loan,
    PromiseToPay,
    Quote,
    Schedule,
    Waiver,
)
from loans.relief.terms import Terms

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

HEADERS: dict[str, tuple[str, ...]] = {
    "agreements.csv": (
        "agreement_id",
        "loan_ref",
        "borrower_ref",
        "kind",
        "steps",
        "status",
        "confirmed_at",
        "requested_by",
        "decided_at",
        "decided_by",
        "replaces",
        "ended_at",
        "ended_because",
        "new_maturity_on",
        "extension_months",
        "extra_cost",
        "capitalised_interest",
        "waived_principal",
        "waived_interest",
        "waived_fee",
        "waived_penalty",
        "watch_until",
        "credit_protected_until",
        "currency",
        "apr_pct",
        "approval_level",
        "quote_hash",
    ),
    "schedule_versions.csv": (
        "agreement_id",
        "loan_ref",
        "version",
        "status",
        "effective_on",
        "method",
        "period",
        "rate_changes",
        "number",
        "from_date",
        "due_on",
        "principal",
        "interest",
        "fee",
        "penalty",
        "currency",
    ),
    "waivers.csv": (
        "agreement_id",
        "loan_ref",
        "component",
        "instalment_number",
        "charge_kind",
        "charge_due_on",
        "amount",
        "currency",
        "waived_at",
        "reversed_at",
    ),
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
    """Write what was agreed, ended, promised and opened since an aware time to CSV in `folder`; return rows by file.

    A promise whose status has changed since then, and a case whose details have, are written again. Amounts are decimal
    strings, times ISO 8601 in UTC. Opt-outs are always the whole list. Text that a spreadsheet would run as a formula
    gets a leading apostrophe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, Iterable[Sequence[Any]]] = {
        "agreements.csv": _agreements(session, since),
        "schedule_versions.csv": _schedule_versions(session, since),
        "waivers.csv": _waivers(session, since),
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


def _touched(since: datetime) -> Select[Any]:
    """The ids of agreements made, decided or ended since then, or whose successor was."""
    successor = aliased(Agreement)
    return (
        select(Agreement.id)
        .outerjoin(successor, successor.replaces_id == Agreement.id)
        .where(
            or_(
                Agreement.confirmed_at >= since,
                Agreement.decided_at >= since,
                Agreement.ended_at >= since,
                successor.ended_at >= since,
            )
        )
    )


def _agreements(session: Session, since: datetime) -> Iterator[Sequence[Any]]:
    rows = session.execute(
        select(Agreement, Quote, Loan, Borrower.ref)
        .join(Agreement.quote)
        .join(Agreement.loan)
        .join(Loan.borrower)
        .where(Agreement.id.in_(_touched(since)))
        .order_by(Agreement.confirmed_at, Agreement.id)
    )
    for agreement, quote, loan, borrower_ref in rows:
        yield (
            agreement.id,
            loan.ref,
            borrower_ref,
            quote.kind,
            _json(quote.steps),
            agreement.status,
            agreement.confirmed_at,
            agreement.requested_by,
            agreement.decided_at,
            agreement.decided_by,
            agreement.replaces_id,
            agreement.ended_at,
            agreement.ended_because,
            quote.new_maturity_on,
            quote.extension_months,
            quote.extra_cost,
            quote.capitalised_interest,
            *(quote.waived.get(name, "0.00") for name in ("principal", "interest", "fee", "penalty")),
            quote.effects.get("watch_until"),
            quote.effects.get("credit_protected_until"),
            loan.currency,
            quote.apr_pct,
            quote.approval_level,
            quote.hash,
        )


def _schedule_versions(session: Session, since: datetime) -> Iterator[Sequence[Any]]:
    """Every version of an agreement that was made, decided or ended since then, with its status now."""
    rows = session.execute(
        select(
            Loan.method,
            Schedule.terms,
            Schedule.agreement_id,
            Loan.ref,
            Schedule.version,
            Schedule.status,
            Schedule.effective_on,
            Instalment.number,
            Instalment.from_date,
            Instalment.due_on,
            Instalment.principal,
            Instalment.interest,
            Instalment.fee,
            Instalment.penalty,
            Loan.currency,
        )
        .join(Instalment.schedule)
        .join(Loan, Loan.id == Schedule.loan_id)
        .where(Schedule.agreement_id.in_(_touched(since)))
        .order_by(Schedule.created_at, Loan.ref, Schedule.version, Instalment.number)
    )
    for method, terms, *row in rows:
        said = terms or Terms(method).as_json()
        yield (
            *row[:5],
            said["method"],
            _json(said["period"]),
            _json(said["rate_changes"]),
            *row[5:],
        )


def _waivers(session: Session, since: datetime) -> Iterable[Sequence[Any]]:
    return session.execute(
        select(
            Waiver.agreement_id,
            Loan.ref,
            Waiver.component,
            Waiver.instalment_number,
            Charge.kind,
            Charge.due_on,
            Waiver.amount,
            Loan.currency,
            Waiver.waived_at,
            Waiver.reversed_at,
        )
        .join(Loan, Loan.id == Waiver.loan_id)
        .outerjoin(Waiver.charge)
        .where(or_(Waiver.waived_at >= since, Waiver.reversed_at >= since))
        .order_by(Waiver.waived_at, Waiver.id)
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


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
        .where(or_(PromiseToPay.made_at >= since, PromiseToPay.changed_at >= since))
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
        .where(or_(Case.opened_at >= since, Case.changed_at >= since, Case.closed_at >= since))
        .order_by(Case.opened_at, Case.id)
    )
