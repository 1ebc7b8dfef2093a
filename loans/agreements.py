"""Agreements: a borrower's confirmed quote becomes, once and exactly, the next version of the schedule."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.allocation import allocate
from loans.models import Agreement, Consent, Instalment, Loan, Quote, Schedule
from loans.positions import fingerprint
from loans.view import active_schedule

WAITING = ("pending_consent", "pending_approval")


class AgreementError(Exception):
    """An agreement cannot be made or moved on. `code` says why for a program, `zh` and `en` for people."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


def agree(session: Session, quote: Quote, now: datetime, *, message_id: int | None = None) -> Agreement:
    """Make the agreement a borrower has confirmed; confirming it again gives the same one.

    It is `active` at once, and the schedule changed, unless the quote needs consent or approval first. `now` is aware,
    in the borrower's time zone. Raises AgreementError when the quote has expired, the loan has changed since, or
    another agreement on the loan still waits.
    """
    loan = session.get_one(Loan, quote.loan_id, with_for_update=True)
    existing = session.scalar(select(Agreement).where(Agreement.quote_id == quote.id))
    if existing is not None:
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

    Raises AgreementError when the agreement does not wait for that consent, or there is no evidence.
    """
    if agreement.status != "pending_consent" or party not in agreement.quote.consents_needed:
        raise AgreementError(
            "not_waiting",
            f"协议 {agreement.id} 并不在等待 {party} 的同意。",
            f"agreement {agreement.id} does not wait for the consent of {party}.",
        )
    if not evidence.strip():
        raise AgreementError("no_evidence", "请写明同意的书面依据。", "say what written evidence there is.")
    if party not in {consent.party for consent in agreement.consents}:
        agreement.consents.append(Consent(party=party, evidence=evidence, recorded_by=by, recorded_at=now))
    if {consent.party for consent in agreement.consents} >= set(agreement.quote.consents_needed):
        if agreement.quote.needs_approval:
            agreement.status = "pending_approval"
        else:
            _decide(session, agreement, now)
    session.flush()
    return agreement


def approve(session: Session, agreement: Agreement, now: datetime) -> Agreement:
    """Approve an agreement that waits for approval, exactly as it was quoted. Raises AgreementError for any other."""
    if agreement.status == "active":
        return agreement
    if agreement.status != "pending_approval":
        raise AgreementError(
            "not_waiting",
            f"协议 {agreement.id} 现在是 {agreement.status}，不能批准。",
            f"agreement {agreement.id} is {agreement.status}; it cannot be approved.",
        )
    return _decide(session, agreement, now)


def reject(session: Session, agreement: Agreement, now: datetime) -> Agreement:
    """Reject an agreement that waits; the schedule stays as it is. Raises AgreementError for any other."""
    if agreement.status not in (*WAITING, "rejected"):
        raise AgreementError(
            "not_waiting",
            f"协议 {agreement.id} 现在是 {agreement.status}，不能拒绝。",
            f"agreement {agreement.id} is {agreement.status}; it cannot be rejected.",
        )
    agreement.status, agreement.decided_at = "rejected", now
    return agreement


def _first_status(quote: Quote) -> str:
    if quote.consents_needed:
        return "pending_consent"
    return "pending_approval" if quote.needs_approval else "active"


def _decide(session: Session, agreement: Agreement, now: datetime) -> Agreement:
    loan = session.get_one(Loan, agreement.loan_id, with_for_update=True)
    _check_unchanged(session, loan, agreement.quote)
    agreement.status, agreement.decided_at = "active", now
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
    if fingerprint(active_schedule(session, loan)) != quote.position_hash:
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
