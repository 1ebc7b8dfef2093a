"""Loading repayment schedules, without ever overwriting what was agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from loans.allocation import undo
from loans.bulk import in_chunks, insert_many
from loans.models import Instalment, Loan, Schedule
from loans.tape.agreed import Line, lines_of
from loans.tape.checks import Tape
from loans.tape.columns import INSTALMENTS, LOANS
from loans.tape.outcome import Outcome
from loans.tape.reader import Row
from loans.tape.reconciliation import LEDGER_BEHIND, LEDGER_DIFFERS, Disagreement, both_sides, reconcile


@dataclass
class InForce:
    """A schedule version as it stands: its lines without penalties, and the penalties by number."""

    id: int
    version: int
    effective_on: date
    agreement_id: str | None
    lines: list[Line]
    penalties: dict[int, tuple[int, Decimal, Decimal]]


def load_schedules(
    session: Session, tape: Tape, loans: dict[str, int], now: datetime, today: date, outcome: Outcome
) -> set[int]:
    """Give every loan the tape's schedule; return the ids of loans whose payments must be counted.

    A plan that changed becomes a new version. A penalty that changed is no new plan: it is set in place.
    A loan whose schedule was agreed here keeps it; if the tape disagrees, a case is opened with both sides.
    """
    in_force = _in_force(session)
    on_tape = {row.values["loan_ref"]: row.values["principal"] for row in tape.rows(LOANS)}
    lent = dict(session.execute(select(Loan.id, Loan.principal)).all())
    fresh: dict[int, list[Row]] = {}
    disagreeing: dict[int, Disagreement] = {}
    touched: set[int] = set()
    penalties: dict[int, dict[int, Decimal]] = {}
    for ref, plan in tape.by_loan(INSTALMENTS).items():
        plan.sort(key=lambda row: int(row.values["number"]))
        loan_id = loans[ref]
        current = in_force.get(loan_id)
        if current is None:
            outcome.added[INSTALMENTS.name] += len(plan)
            fresh[loan_id] = plan
        elif current.agreement_id is not None and (
            found := _disagreement(
                session,
                ref,
                loan_id,
                current,
                _with_penalties(current, plan, given="penalty" in tape.columns(INSTALMENTS)),
                lent=lent[loan_id],
                on_tape=on_tape[ref],
            )
        ):
            disagreeing[loan_id] = found
            outcome.note(INSTALMENTS, "", "agreement_disagrees", loan=ref)
        elif current.lines != lines_of(plan):
            outcome.compare(INSTALMENTS, ref, {"version": current.version}, {"version": current.version + 1})
            fresh[loan_id] = plan
        elif "penalty" in tape.columns(INSTALMENTS):
            changed = _changed_penalties(ref, current, plan, outcome)
            if changed:
                penalties[loan_id] = changed
    _write_versions(session, fresh, in_force, now, today)
    undo(session, [loan_id for loan_id in fresh if loan_id in in_force])
    touched |= _write_penalties(session, penalties, in_force)
    reconcile(session, set(loans.values()), disagreeing, now)
    return touched | set(fresh)


def _in_force(session: Session) -> dict[int, InForce]:
    found = {}
    by_id = {}
    for schedule_id, loan_id, version, effective_on, agreement_id in session.execute(
        select(
            Schedule.id, Schedule.loan_id, Schedule.version, Schedule.effective_on, Schedule.agreement_id
        ).where(Schedule.status == "active")
    ):
        by_id[schedule_id] = found[loan_id] = InForce(
            schedule_id, version, effective_on, agreement_id, [], {}
        )
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


def _disagreement(
    session: Session,
    ref: str,
    loan_id: int,
    agreed: InForce,
    plan: list[tuple[Line, Decimal]],
    *,
    lent: Decimal,
    on_tape: Decimal,
) -> Disagreement | None:
    """How the tape's plan and principal differ from what was agreed; None when they do not.

    The plan is lines with their penalties, which may differ where the due date is after the agreement: late again. The
    ledger's principal may be what was lent or what the agreed instalments repay: capitalised interest may or may not
    have been added to it.
    """
    asked = sum((line[2] for line in agreed.lines), Decimal(0))
    lines = [line for line, _ in plan]
    same_penalties = all(
        line[1] >= agreed.effective_on or penalty == agreed.penalties.get(line[0], (0, None))[1]
        for line, penalty in plan
    )
    if agreed.lines == lines and same_penalties and on_tape in (lent, asked):
        return None
    ours = {line[0]: (*line[1:], agreed.penalties[line[0]][1]) for line in agreed.lines}
    theirs = {line[0]: (*line[1:], penalty) for line, penalty in plan}
    is_behind = lines == _lines_before(session, loan_id, agreed.version)
    return Disagreement(
        LEDGER_BEHIND if is_behind else LEDGER_DIFFERS,
        both_sides(ref, ours, theirs, lent=lent, on_tape=on_tape, agreement_id=str(agreed.agreement_id)),
    )


def _with_penalties(agreed: InForce, plan: list[Row], *, given: bool) -> list[tuple[Line, Decimal]]:
    """The tape's lines and their penalties; on a tape that says nothing of penalties, those we have."""
    lines = lines_of(plan)
    if given:
        return [(line, row.values["penalty"]) for line, row in zip(lines, plan, strict=True)]
    return [
        (line, agreed.penalties[line[0]][1] if line[0] in agreed.penalties else Decimal(0)) for line in lines
    ]


def _lines_before(session: Session, loan_id: int, version: int) -> list[Line]:
    """The lines of the schedule that was in force before a version."""
    before = (
        select(func.max(Schedule.version))
        .where(Schedule.loan_id == loan_id, Schedule.version < version, Schedule.status == "superseded")
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Instalment.number, Instalment.due_on, Instalment.principal, Instalment.interest, Instalment.fee
        )
        .join(Instalment.schedule)
        .where(Schedule.loan_id == loan_id, Schedule.version == before)
        .order_by(Instalment.number)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


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
