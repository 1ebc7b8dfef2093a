"""Loading repayment schedules, without ever overwriting what was agreed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from loans.allocation import undo
from loans.bulk import in_chunks, insert_many
from loans.models import Agreement, Case, Instalment, Loan, Schedule
from loans.tape.checks import Tape
from loans.tape.columns import INSTALMENTS
from loans.tape.outcome import Outcome
from loans.tape.reader import Row

LEDGER_BEHIND, LEDGER_DIFFERS = OURS = "ledger_behind", "ledger_differs"
Line = tuple[int, date, Decimal, Decimal, Decimal]


@dataclass
class InForce:
    """A schedule version as it stands: its lines without penalties, and the penalties by number."""

    id: int
    version: int
    effective_on: date
    lines: list[Line]
    penalties: dict[int, tuple[int, Decimal, Decimal]]


def load_schedules(
    session: Session, tape: Tape, loans: dict[str, int], now: datetime, today: date, outcome: Outcome
) -> set[int]:
    """Give every loan the tape's schedule; return the ids of loans whose payments must be counted.

    A plan that changed becomes a new version. A penalty that changed is no new plan: it is set in place.
    A loan with an active agreement keeps the agreed schedule; if the tape disagrees, one case is opened.
    """
    in_force = _in_force(session)
    agreed = set(session.scalars(select(Agreement.loan_id).where(Agreement.status == "active")))
    fresh: dict[int, list[Row]] = {}
    disagreeing: dict[str, str] = {}
    touched: set[int] = set()
    penalties: dict[int, dict[int, Decimal]] = {}
    for ref, plan in tape.by_loan(INSTALMENTS).items():
        plan.sort(key=lambda row: int(row.values["number"]))
        loan_id = loans[ref]
        current = in_force.get(loan_id)
        if current is None:
            outcome.added[INSTALMENTS.name] += len(plan)
            fresh[loan_id] = plan
        elif loan_id in agreed and not _agrees(current, plan):
            disagreeing[ref] = _how_it_disagrees(session, loan_id, current, plan)
            outcome.note(INSTALMENTS, "", "agreement_disagrees", loan=ref)
        elif current.lines != _lines(plan):
            outcome.compare(INSTALMENTS, ref, {"version": current.version}, {"version": current.version + 1})
            fresh[loan_id] = plan
        elif "penalty" in tape.columns(INSTALMENTS):
            changed = _changed_penalties(ref, current, plan, outcome)
            if changed:
                penalties[loan_id] = changed
    _write_versions(session, fresh, in_force, now, today)
    undo(session, [loan_id for loan_id in fresh if loan_id in in_force])
    touched |= _write_penalties(session, penalties, in_force)
    _reconcile(session, loans, disagreeing, now)
    return touched | set(fresh)


def _lines(plan: list[Row]) -> list[Line]:
    names = ("number", "due_on", "principal", "interest", "fee")
    return [tuple(row.values[name] for name in names) for row in plan]


def _in_force(session: Session) -> dict[int, InForce]:
    found = {}
    by_id = {}
    for schedule_id, loan_id, version, effective_on in session.execute(
        select(Schedule.id, Schedule.loan_id, Schedule.version, Schedule.effective_on).where(
            Schedule.status == "active"
        )
    ):
        by_id[schedule_id] = found[loan_id] = InForce(schedule_id, version, effective_on, [], {})
    rows = session.execute(
        select(
            Instalment.schedule_id,
            Instalment.id,
            Instalment.number,
            Instalment.due_on,
            Instalment.principal,
            Instalment.interest,
            Instalment.fee,
            Instalment.penalty,
            Instalment.penalty_paid,
        )
        .join(Instalment.schedule)
        .where(Schedule.status == "active")
        .order_by(Instalment.schedule_id, Instalment.number)
    )
    for schedule_id, row_id, number, due_on, principal, interest, fee, penalty, penalty_paid in rows:
        by_id[schedule_id].lines.append((number, due_on, principal, interest, fee))
        by_id[schedule_id].penalties[number] = (row_id, penalty, penalty_paid)
    return found


def _agrees(agreed: InForce, plan: list[Row]) -> bool:
    """The same plan; penalties may differ only where the due date is after the agreement: late again."""
    return agreed.lines == _lines(plan) and all(
        row.values["due_on"] >= agreed.effective_on
        or row.values["penalty"] == agreed.penalties[row.values["number"]][1]
        for row in plan
    )


def _how_it_disagrees(session: Session, loan_id: int, agreed: InForce, plan: list[Row]) -> str:
    """Tell a ledger still at the schedule from before the agreement from one that has another."""
    before = session.execute(
        select(
            Instalment.number, Instalment.due_on, Instalment.principal, Instalment.interest, Instalment.fee
        )
        .join(Instalment.schedule)
        .where(Schedule.loan_id == loan_id, Schedule.version == agreed.version - 1)
        .order_by(Instalment.number)
    )
    return LEDGER_BEHIND if [tuple(line) for line in before] == _lines(plan) else LEDGER_DIFFERS


def _changed_penalties(ref: str, current: InForce, plan: list[Row], outcome: Outcome) -> dict[int, Decimal]:
    changed = {}
    for row in plan:
        number, penalty = row.values["number"], row.values["penalty"]
        old = current.penalties[number][1]
        if penalty != old:
            outcome.compare(INSTALMENTS, f"{ref} {number}", {"penalty": old}, {"penalty": penalty})
            changed[number] = penalty
    return changed


def _write_versions(
    session: Session, fresh: dict[int, list[Row]], in_force: dict[int, InForce], now: datetime, today: date
) -> None:
    if not fresh:
        return
    replaced = [in_force[loan_id].id for loan_id in fresh if loan_id in in_force]
    for some in in_chunks(replaced):
        session.execute(
            update(Schedule).where(Schedule.id.in_(some)).values(status="superseded"),
            execution_options={"synchronize_session": False},
        )
    last_versions = dict(
        session.execute(select(Schedule.loan_id, func.max(Schedule.version)).group_by(Schedule.loan_id)).all()
    )
    disbursed = dict(session.execute(select(Loan.id, Loan.disbursed_on)).all())
    insert_many(
        session,
        Schedule,
        [
            {
                "loan_id": loan_id,
                "version": last_versions.get(loan_id, 0) + 1,
                "status": "active",
                "effective_on": today if loan_id in last_versions else disbursed[loan_id],
                "created_at": now,
            }
            for loan_id in fresh
        ],
    )
    ids = dict(
        session.execute(select(Schedule.loan_id, Schedule.id).where(Schedule.status == "active")).all()
    )
    names = ("number", "due_on", "principal", "interest", "fee", "penalty")
    insert_many(
        session,
        Instalment,
        [
            {"schedule_id": ids[loan_id]} | {name: row.values[name] for name in names}
            for loan_id, plan in fresh.items()
            for row in plan
        ],
    )


def _write_penalties(
    session: Session, penalties: dict[int, dict[int, Decimal]], in_force: dict[int, InForce]
) -> set[int]:
    changes, lowered = [], set()
    for loan_id, changed in penalties.items():
        for number, penalty in changed.items():
            row_id, _old, paid = in_force[loan_id].penalties[number]
            changes.append({"id": row_id, "penalty": penalty})
            if penalty < paid:
                lowered.add(loan_id)
    undo(session, lowered)
    if changes:
        session.execute(update(Instalment), changes)
    return set(penalties)


def _reconcile(session: Session, loans: dict[str, int], disagreeing: dict[str, str], now: datetime) -> None:
    """One open case per borrower whose agreement the tape contradicts; closed when they agree again."""
    owners = dict(session.execute(select(Loan.id, Loan.borrower_id)).all())
    by_borrower: dict[int, list[str]] = defaultdict(list)
    for ref in sorted(disagreeing):
        by_borrower[owners[loans[ref]]].append(ref)
    seen = {owners[loan_id] for loan_id in loans.values()}
    cases = {
        case.borrower_id or 0: case
        for case in session.scalars(
            select(Case).where(
                Case.kind == "reconciliation",
                Case.status == "open",
            )
        )
    }
    for borrower_id, refs in by_borrower.items():
        reasons = {disagreeing[ref] for ref in refs}
        case = cases.get(borrower_id)
        if case is None:
            case = Case(
                reason=LEDGER_BEHIND,
                borrower_id=borrower_id,
                kind="reconciliation",
                status="open",
                opened_at=now,
            )
            session.add(case)
        elif case.reason not in OURS:
            continue
        case.loan_id = loans[refs[0]]
        case.reason = LEDGER_DIFFERS if LEDGER_DIFFERS in reasons else LEDGER_BEHIND
        case.details = ", ".join(refs)[:2000]
    for borrower_id, case in cases.items():
        if borrower_id in seen and borrower_id not in by_borrower and case.reason in OURS:
            case.status, case.closed_at = "closed", now
