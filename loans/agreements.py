"""Agreements: a borrower's confirmed quote becomes, once and exactly, the next version of the schedule."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.allocation import allocate
from loans.models import WAITING, Agreement, Consent, Instalment, Loan, Quote, Schedule
from loans.positions import fingerprint
from loans.view import active_schedule

# How long after a quote's end staff may still decide on it, unless its first payment falls due before.
DECIDE_WITHIN = timedelta(days=30)
OVER = {
    "rejected": (
        "同事没有批准这份安排，您的还款计划没有变。",
        "a colleague did not approve this arrangement, so your plan stays as it is.",
    ),
    "expired": (
        "这份安排没能及时办妥，已经失效，您的还款计划没有变。",
        "this arrangement was not decided in time and has lapsed; your plan stays as it is.",
    ),
    "completed": ("这份安排已经履行完毕。", "this arrangement has been completed."),
    "broken": ("这份安排已经终止。", "this arrangement has been ended."),
    "reversed": ("这份安排已经撤销。", "this arrangement has been taken back."),
}


class AgreementError(Exception):
    """An agreement cannot be made or moved on. `code` says why for a program, `zh` and `en` for people."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


def agree(session: Session, quote: Quote, now: datetime, *, message_id: int | None = None) -> Agreement:
    """Make the agreement a borrower has confirmed; confirming it again gives the same one.

    It is `active` at once, and the schedule changed, unless the quote needs consent or approval first. `now` is aware,
    in the borrower's time zone. Raises AgreementError when the quote has expired, the loan has changed since, another
    agreement on the loan still waits, or the quote's own agreement is over (the code is its status).
    """
    loan = session.get_one(Loan, quote.loan_id, with_for_update=True)
    existing = session.scalar(select(Agreement).where(Agreement.quote_id == quote.id))
    if existing is not None:
        if not existing.stands:
            raise AgreementError(existing.status, *OVER[existing.status])
        return existing
    _check_quote(session, loan, quote, now)
    waiting = session.scalar(
        select(Agreement.id).where(Agreement.loan_id == loan.id, Agreement.status.in_(WAITING))
    )
    if waiting is not None:
        raise AgreementError(
            "already_waiting",
            "这笔贷款已有一份安排在等待确认，请先等它有结果。",
            "an arrangement on this loan is already waiting; please wait for its outcome first.",
        )
    status = _first_status(quote)
    agreement = Agreement(
        loan_id=loan.id, quote_id=quote.id, status=status, confirmed_at=now, confirmed_by_message=message_id
    )
    session.add(agreement)
    session.flush()
    if status == "active":
        _put_in_force(session, loan, quote, agreement, now)
    return agreement


def record_consent(
    session: Session, agreement: Agreement, *, party: str, evidence: str, by: str, now: datetime
) -> Agreement:
    """Record the written consent of a guarantor or provider of security; with the last one the agreement moves on.

    Raises AgreementError when the agreement does not wait for that consent, there is no evidence, or it is too late.
    """
    if agreement.status != "pending_consent" or party not in agreement.quote.consents_needed:
        raise AgreementError(
            "not_waiting",
            f"协议 {agreement.id} 并不在等待 {party} 的同意。",
            f"agreement {agreement.id} does not wait for the consent of {party}.",
        )
    if not evidence.strip():
        raise AgreementError("no_evidence", "请写明同意的书面依据。", "say what written evidence there is.")
    _check_in_time(agreement, now)
    if party not in {consent.party for consent in agreement.consents}:
        agreement.consents.append(Consent(party=party, evidence=evidence, recorded_by=by, recorded_at=now))
    if {consent.party for consent in agreement.consents} >= set(agreement.quote.consents_needed):
        if agreement.quote.needs_approval:
            agreement.status = "pending_approval"
        else:
            _decide(session, agreement, now, None)
    session.flush()
    return agreement


def approve(session: Session, agreement: Agreement, now: datetime, *, by: str) -> Agreement:
    """Approve an agreement that waits for approval, exactly as it was quoted.

    Raises AgreementError for any other, when the loan has changed, and when it is too late (see `is_outlived`).
    """
    if agreement.status == "active":
        return agreement
    if agreement.status != "pending_approval":
        raise AgreementError(
            "not_waiting",
            f"协议 {agreement.id} 现在是 {agreement.status}，不能批准。",
            f"agreement {agreement.id} is {agreement.status}; it cannot be approved.",
        )
    return _decide(session, agreement, now, by)


def reject(session: Session, agreement: Agreement, now: datetime, *, by: str) -> Agreement:
    """Reject an agreement that waits; the schedule stays as it is. Raises AgreementError for any other."""
    if agreement.status not in (*WAITING, "rejected"):
        raise AgreementError(
            "not_waiting",
            f"协议 {agreement.id} 现在是 {agreement.status}，不能拒绝。",
            f"agreement {agreement.id} is {agreement.status}; it cannot be rejected.",
        )
    agreement.status, agreement.decided_at, agreement.decided_by = "rejected", now, by
    return agreement


def is_outlived(agreement: Agreement, now: datetime) -> bool:
    """Tell whether an agreement has waited too long to be put in force on the day of `now`, local to the borrower.

    Staff have until the first day on which the new plan asks for a payment, that day included, and at most
    DECIDE_WITHIN after the quote's end: after that the figures the borrower agreed to are no longer true.
    """
    if agreement.status not in WAITING:
        return False
    quote = agreement.quote
    made_on = quote.created_at.astimezone(now.tzinfo).date()
    days = [date.fromisoformat(row["due_on"]) for row in quote.rows if not row["paid"]]
    first_new = min((day for day in days if day >= made_on), default=date.max)
    return first_new < now.date() or quote.expires_at + DECIDE_WITHIN < now


def expire(agreement: Agreement, now: datetime) -> bool:
    """Let an agreement that has waited too long lapse, and tell whether it has; the schedule stays as it is."""
    if not is_outlived(agreement, now):
        return False
    agreement.status, agreement.decided_at = "expired", now
    return True


def _check_in_time(agreement: Agreement, now: datetime) -> None:
    if expire(agreement, now):
        raise AgreementError(
            "expired",
            f"协议 {agreement.id} 等得太久，已经失效；请为借款人重新算一份。",
            f"agreement {agreement.id} has waited too long and has lapsed; work out a new offer with the borrower.",
        )


def _first_status(quote: Quote) -> str:
    if quote.consents_needed:
        return "pending_consent"
    return "pending_approval" if quote.needs_approval else "active"


def _decide(session: Session, agreement: Agreement, now: datetime, by: str | None) -> Agreement:
    loan = session.get_one(Loan, agreement.loan_id, with_for_update=True)
    _check_in_time(agreement, now)
    _check_unchanged(session, loan, agreement.quote)
    agreement.status, agreement.decided_at, agreement.decided_by = "active", now, by
    _put_in_force(session, loan, agreement.quote, agreement, now)
    return agreement


def _check_quote(session: Session, loan: Loan, quote: Quote, now: datetime) -> None:
    if now >= quote.expires_at:
        raise AgreementError(
            "expired",
            "这份方案已过有效期，我们重新为您算一份。",
            "this offer has expired; let us work out a new one.",
        )
    _check_unchanged(session, loan, quote)


def _check_unchanged(session: Session, loan: Loan, quote: Quote) -> None:
    if fingerprint(loan, active_schedule(session, loan)) != quote.position_hash:
        raise AgreementError(
            "changed",
            "报价之后这笔贷款有了变化（例如收到还款），我们需要重新计算。",
            "the loan has changed since this offer (a payment, for example); it must be worked out again.",
        )


def _put_in_force(session: Session, loan: Loan, quote: Quote, agreement: Agreement, now: datetime) -> None:
    old = active_schedule(session, loan)
    old.status = "superseded"
    session.flush()
    settled = {row.number: row.settled_on for row in old.instalments}
    new = Schedule(
        loan_id=loan.id,
        version=old.version + 1,
        status="active",
        effective_on=now.date(),
        created_at=now,
        agreement_id=agreement.id,
        instalments=[_instalment(row, settled, now.date()) for row in quote.rows],
    )
    session.add(new)
    loan.restructure_count += 1
    loan.prior_extension_months += quote.extension_months
    session.flush()
    allocate(session, [loan.id])


def _instalment(row: dict[str, str], settled: dict[int, date | None], today: date) -> Instalment:
    amounts = {name: Decimal(row[name]) for name in ("principal", "interest", "fee", "penalty")}
    kept = bool(row["paid"])
    number = int(row["number"])
    return Instalment(
        number=number,
        from_date=date.fromisoformat(row["from_date"]),
        due_on=date.fromisoformat(row["due_on"]),
        interest_carried=Decimal(row["interest_carried"]),
        settled_on=(settled.get(number) or today) if kept else None,
        **amounts,
        **{f"{name}_paid": amount if kept else Decimal(0) for name, amount in amounts.items()},
    )
