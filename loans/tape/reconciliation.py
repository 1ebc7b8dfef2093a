"""Cases for staff where the lender's ledger and an agreement made here say different things, with both sides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.bulk import in_chunks
from loans.models import Agreement, Case, Loan, Schedule

LEDGER_BEHIND, LEDGER_DIFFERS = OF_THE_PLAN = "ledger_behind", "ledger_differs"
PAID_BEFORE, WAIVED_BUT_PAID = "paid_before_agreement", "waived_but_paid"
MOST_LINES = 40

Amounts = Mapping[int, tuple[date, Decimal, Decimal, Decimal, Decimal]]
"""Of each instalment number the due date, principal, interest, fee and penalty."""


@dataclass(frozen=True)
class Disagreement:
    """A loan on which tape and agreement differ: how (one of `OF_THE_PLAN`), and both sides in words."""

    reason: str
    details: str


def both_sides(
    ref: str, ours: Amounts, theirs: Amounts, *, lent: Decimal, on_tape: Decimal, agreement_id: str
) -> str:
    """Return what was agreed and what the tape has, the principal and every instalment that differs."""
    asked = sum((line[1] for line in ours.values()), Decimal(0))
    repaid = sum((line[1] for line in theirs.values()), Decimal(0))
    lines = [
        f"loan {ref}, agreement {agreement_id}: agreed here | on the tape 协议 | 账本",
        f"principal 本金: {lent}, instalments 各期合计 {asked} | {on_tape}, instalments 各期合计 {repaid}",
    ]
    differing = [number for number in sorted({*ours, *theirs}) if ours.get(number) != theirs.get(number)]
    lines += [
        f"no. {number}: {_written(ours.get(number))} | {_written(theirs.get(number))}"
        for number in differing[:MOST_LINES]
    ]
    if len(differing) > MOST_LINES:
        lines.append(
            f"… {len(differing) - MOST_LINES} more instalments differ 另有 {len(differing) - MOST_LINES} 期不同"
        )
    return "\n".join(lines)


def reconcile(
    session: Session, seen: Collection[int], disagreeing: Mapping[int, Disagreement], now: datetime
) -> None:
    """Keep one open case for each loan on which tape and agreement differ; close it once they agree.

    `seen` are the ids of the loans on the tape. A case of another reason is left alone.
    """
    owners = dict(session.execute(select(Loan.id, Loan.borrower_id)).all()) if disagreeing else {}
    ours = (Case.kind == "reconciliation", Case.status == "open", Case.reason.in_(OF_THE_PLAN))
    cases = {case.loan_id: case for case in session.scalars(select(Case).where(*ours))}
    for loan_id, found in disagreeing.items():
        case = cases.get(loan_id)
        if case is None:
            session.add(_case(owners[loan_id], loan_id, found.reason, found.details, now))
        elif (case.reason, case.details) != (found.reason, found.details):
            case.reason, case.details, case.changed_at = found.reason, found.details, now
    for case in cases.values():
        if case.loan_id in seen and case.loan_id not in disagreeing:
            case.status, case.closed_at = "closed", now
    session.flush()


def report_backdated(session: Session, payments: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Open a case for payments from before an agreement, or from its day, that came in or were corrected after it.

    Give `loan_id`, `paid_on`, `amount`, `external_ref` of each, and of a corrected one what it was as `before`. They
    count towards the version in force; the quote was worked out without them.
    """
    by_loan: dict[int, list[Mapping[str, Any]]] = {}
    for payment in payments:
        by_loan.setdefault(payment["loan_id"], []).append(payment)
    for some in in_chunks(by_loan):
        rows = session.execute(
            select(Schedule, Agreement, Loan)
            .join(Agreement, Agreement.id == Schedule.agreement_id)
            .join(Loan, Loan.id == Schedule.loan_id)
            .where(Schedule.loan_id.in_(some), Schedule.status == "active")
        )
        for schedule, agreement, loan in rows.all():
            began = schedule.effective_on
            late = [
                payment
                for payment in by_loan[loan.id]
                if min(payment["paid_on"], payment.get("before", payment)["paid_on"]) <= began
            ]
            if late:
                _open_or_extend(session, loan, PAID_BEFORE, _backdated(loan, agreement, began, late), now)


def report_waived_but_paid(
    session: Session, loan_id: int, kind: str, due_on: date, waived: Decimal, paid: Decimal, now: datetime
) -> None:
    """Open a case for a charge that was waived here and that the ledger has as paid: less of it is waived now."""
    loan = session.get_one(Loan, loan_id)
    details = (
        f"loan {loan.ref}, charge 费用 {kind} {due_on}: "
        f"waived here 我们已减免 {waived} | paid on the tape 账本已收 {paid}"
    )
    _open_or_extend(session, loan, WAIVED_BUT_PAID, details, now)


def _backdated(loan: Loan, agreement: Agreement, began: date, late: Iterable[Mapping[str, Any]]) -> str:
    quote = agreement.quote
    assumed = sum((Decimal(row["due"]) for row in quote.rows if row["paid"]), Decimal(0))
    lines = [
        f"loan {loan.ref}, agreement {agreement.id}, in force since 生效于 {began}: "
        f"the quote assumed 报价时已还 {assumed} | on the tape since then 之后账本又有:"
    ]
    for payment in late:
        before = payment.get("before")
        was = f", was 原为 {before['paid_on']} {before['amount']}" if before else ""
        lines.append(f"{payment['paid_on']} {payment['amount']} {payment['external_ref']}{was}")
    return "\n".join(lines)


def _open_or_extend(session: Session, loan: Loan, reason: str, details: str, now: datetime) -> None:
    case = session.scalar(
        select(Case).where(
            Case.loan_id == loan.id,
            Case.kind == "reconciliation",
            Case.status == "open",
            Case.reason == reason,
        )
    )
    if case is None:
        session.add(_case(loan.borrower_id, loan.id, reason, details, now))
    elif details not in case.details:
        case.details, case.changed_at = f"{case.details}\n{details}", now
    session.flush()


def _case(borrower_id: int, loan_id: int, reason: str, details: str, now: datetime) -> Case:
    return Case(
        borrower_id=borrower_id,
        loan_id=loan_id,
        kind="reconciliation",
        reason=reason,
        details=details,
        opened_at=now,
    )


def _written(line: tuple[date, Decimal, Decimal, Decimal, Decimal] | None) -> str:
    return " ".join(str(part) for part in line) if line else "—"
