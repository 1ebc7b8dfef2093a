"""Importing a tape: read, check, then load everything in one transaction, or nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.allocation import allocate
from loans.bulk import in_chunks, refresh_statistics
from loans.models import Instalment, Loan, Payment, Schedule
from loans.tape.agreed import agreed_plans
from loans.tape.checks import Tape, keep_sound, read_tape
from loans.tape.columns import FILES, LOANS
from loans.tape.outcome import Outcome, Tell, quietly
from loans.tape.people import load_borrowers, load_loans, load_products
from loans.tape.plans import load_schedules
from loans.tape.receipts import load_charges, load_payments
from storage.engine import Database

LENDER_ZONE = ZoneInfo("Asia/Shanghai")


def import_tape(
    database: Database, folder: Path, now: datetime, *, skip_invalid: bool = False, tell: Tell = quietly
) -> Outcome:
    """Import the tape in `folder` and report what that did.

    A faulty tape changes nothing, unless `skip_invalid`: faulty rows stay out, with what depends on them.
    A file that is missing or cannot be read refuses the whole tape either way. Importing the same tape again
    changes nothing. `now` is an aware time; its date in China is the day a changed schedule takes effect.
    """
    today = now.astimezone(LENDER_ZONE).date()
    with database.read() as session:
        agreed = agreed_plans(session)
    tape = read_tape(folder, today, tell, agreed)
    outcome = Outcome(folder=str(folder), faults=tape.faults, notes=tape.notes)
    outcome.rows.update({file.name: len(tape.rows(file)) for file in FILES})
    readable = all(table.readable for table in tape.tables.values())
    if tape.faults and not (skip_invalid and readable):
        return outcome
    keep_sound(tape)
    outcome.skipped = tape.skipped
    with database.write() as session:
        _load(session, tape, now, outcome, tell)
    outcome.written = True
    return outcome


def _lock_loans(session: Session, tape: Tape) -> None:
    """Hold the tape's loans until the transaction ends: nothing is agreed on them while their payments are counted.

    `agree` locks its loan before it reads anything. The lock (FOR NO KEY UPDATE) leaves rows that only refer to a loan
    free to be written.
    """
    on_tape = {row.values["loan_ref"] for row in tape.rows(LOANS)}
    ids = [key for ref, key in session.execute(select(Loan.ref, Loan.id)) if ref in on_tape]
    for some in in_chunks(ids):
        session.execute(
            select(Loan.id).where(Loan.id.in_(some)).order_by(Loan.id).with_for_update(key_share=True)
        )


def _load(session: Session, tape: Tape, now: datetime, outcome: Outcome, tell: Tell) -> None:
    _lock_loans(session, tape)
    tell("borrowers", 0, 1)
    borrowers = load_borrowers(session, tape, outcome)
    tell("loans", 0, 1)
    products = load_products(session, tape, outcome)
    loans = load_loans(session, tape, borrowers, products, outcome)
    tell("schedules", 0, 1)
    touched = load_schedules(session, tape, loans, now, now.astimezone(LENDER_ZONE).date(), outcome)
    tell("payments", 0, 1)
    touched |= load_payments(session, tape, loans, now, outcome)
    touched |= load_charges(session, tape, loans, now, outcome)
    if touched:
        refresh_statistics(session, Loan, Schedule, Instalment, Payment)
    done = 0
    for some in in_chunks(touched):
        tell("allocation", done, len(touched))
        outcome.allocations += allocate(session, some)
        done += len(some)
