"""Loading payments and charges."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loans.allocation import undo
from loans.bulk import insert_many
from loans.models import Charge, Payment
from loans.tape.checks import Tape
from loans.tape.columns import CHARGES, PAYMENTS
from loans.tape.outcome import Outcome
from loans.tape.reconciliation import report_backdated, report_waived_but_paid


def load_payments(
    session: Session, tape: Tape, loans: dict[str, int], now: datetime, outcome: Outcome
) -> set[int]:
    """Insert or correct every payment; return the ids of loans whose payments must be counted.

    A payment that is no longer on the tape is noted and kept: money received is never quietly forgotten. One from
    before an agreement in force, or from its own day, counts towards its schedule, and a case is opened: the quote did
    not know it.
    """
    refs = {loan_id: ref for ref, loan_id in loans.items()}
    existing = {
        (row["loan_id"], row["external_ref"]): dict(row)
        for row in session.execute(
            select(Payment.id, Payment.loan_id, Payment.external_ref, Payment.paid_on, Payment.amount)
        ).mappings()
        if row["loan_id"] in refs
    }
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    came: list[dict[str, Any]] = []
    corrected: set[int] = set()
    seen = set()
    for row in tape.rows(PAYMENTS):
        loan_id, external_ref = loans[row.values["loan_ref"]], row.values["external_ref"]
        fields = {"paid_on": row.values["paid_on"], "amount": row.values["amount"]}
        seen.add((loan_id, external_ref))
        old = existing.get((loan_id, external_ref))
        if old is None:
            new.append({"loan_id": loan_id, "external_ref": external_ref, **fields})
            came.append(new[-1])
        elif outcome.compare(PAYMENTS, f"{row.values['loan_ref']} {external_ref}", old, fields):
            changed.append({"id": old["id"], **fields})
            came.append({"loan_id": loan_id, "external_ref": external_ref, **fields, "before": old})
            corrected.add(loan_id)
    for loan_id, external_ref in sorted(existing.keys() - seen):
        gone = existing[loan_id, external_ref]
        outcome.note(
            PAYMENTS,
            "external_ref",
            "payment_gone",
            loan=refs[loan_id],
            ref=external_ref,
            paid_on=gone["paid_on"],
            amount=gone["amount"],
        )
    undo(session, corrected)
    if changed:
        session.execute(update(Payment), changed)
    insert_many(session, Payment, new)
    outcome.added[PAYMENTS.name] += len(new)
    report_backdated(session, came, now)
    return corrected | {row["loan_id"] for row in new}


def load_charges(
    session: Session, tape: Tape, loans: dict[str, int], now: datetime, outcome: Outcome
) -> set[int]:
    """Insert or update every charge; return the ids of the loans it touched.

    What was waived here stays waived as far as the ledger has not been paid; where it has, a case is opened.
    """
    existing = {
        (row["loan_id"], row["kind"], row["due_on"]): dict(row)
        for row in session.execute(
            select(
                Charge.id,
                Charge.loan_id,
                Charge.kind,
                Charge.due_on,
                Charge.amount,
                Charge.paid,
                Charge.waived,
            )
        ).mappings()
    }
    new, changed, touched = [], [], set()
    for row in tape.rows(CHARGES):
        loan_id, values = loans[row.values["loan_ref"]], row.values
        key = {"loan_id": loan_id, "kind": values["kind"], "due_on": values["due_on"]}
        fields = {"amount": values["amount"], "paid": values["paid"]}
        old = existing.get((loan_id, values["kind"], values["due_on"]))
        if old is None:
            new.append(key | fields)
            touched.add(loan_id)
        elif outcome.compare(
            CHARGES, f"{values['loan_ref']} {values['kind']} {values['due_on']}", old, fields
        ):
            waived = min(old["waived"], values["amount"] - values["paid"])
            changed.append({"id": old["id"], **fields, "waived": waived})
            if waived < old["waived"]:
                report_waived_but_paid(session, **key, waived=old["waived"], paid=values["paid"], now=now)
            touched.add(loan_id)
    insert_many(session, Charge, new)
    if changed:
        session.execute(update(Charge), changed)
    outcome.added[CHARGES.name] += len(new)
    return touched
