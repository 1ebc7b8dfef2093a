"""Agreements: a borrower's confirmed quote becomes, once and exactly, what counts on the loan."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from loans.errors import LoanError
from loans.holding import hold
from loans.in_force import put_in_force
from loans.models import WAITING, Agreement, Consent, Loan, Quote
from loans.positions import fingerprint
from loans.quotes import rows_to_pay
from loans.view import active_schedule
from policies.rulebook import rulebook
from policies.staff import level_of, may_approve, staff_file

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
    "replaced": ("这份安排已由新的安排取代。", "a newer arrangement has taken this one's place."),
}


WITHDRAWN = "withdrawn by the borrower 借款人撤回"


class AgreementError(LoanError):
    """An agreement cannot be made or moved on."""


def agree(
    session: Session,
    quote: Quote,
    now: datetime,
    *,
    message_id: int | None = None,
    requested_by: str | None = None,
) -> Agreement:
    """Make the agreement a borrower has confirmed; confirming it again gives the same one.

    It is `active` at once, and the schedule changed, unless the quote needs consent or approval first. One that staff
    took down (`requested_by`) always needs the approval of somebody else. `now` is aware, in the borrower's time zone.
    Raises AgreementError when the quote has expired, the loan has changed since, another agreement on the loan still
    waits, or the quote's own agreement is over (the code is its status).
    """
    loan = hold(session, quote.loan_id)
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
    agreement = Agreement(
        loan_id=loan.id,
        quote_id=quote.id,
        status=_first_status(quote, requested_by),
        confirmed_at=now,
        confirmed_by_message=message_id,
        requested_by=requested_by,
    )
    session.add(agreement)
    session.flush()
    if agreement.status == "active":
        put_in_force(session, agreement, now)
    return agreement


def record_consent(
    session: Session, agreement: Agreement, *, party: str, evidence: str, by: str, now: datetime
) -> Agreement:
    """Record the written consent of a guarantor or provider of security; with the last one the agreement moves on.

    Raises AgreementError when the agreement does not wait for that consent, there is no evidence, or it is too late.
    """
    hold(session, agreement.loan_id)
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
        if needs_approval(agreement):
            agreement.status = "pending_approval"
        else:
            _decide(session, agreement, now)
    session.flush()
    return agreement


def approve(
    session: Session, agreement: Agreement, now: datetime, *, by: str, seen_hash: str | None = None
) -> Agreement:
    """Approve an agreement that waits for approval, exactly as it was quoted; approving it again changes nothing.

    `by` has neither asked for it nor recorded a consent to it, and is of the level the quote demands. `seen_hash` is
    the beginning of the hash of the quote they looked at. Raises AgreementError otherwise, for an agreement that does
    not wait for approval, when the loan has changed, and when it is too late (see `is_outlived`).
    """
    hold(session, agreement.loan_id)
    if agreement.status == "active":
        return agreement
    if agreement.status != "pending_approval":
        raise AgreementError(
            "not_waiting",
            f"协议 {agreement.id} 现在是 {agreement.status}，不能批准。",
            f"agreement {agreement.id} is {agreement.status}; it cannot be approved.",
        )
    if seen_hash is not None and not (seen_hash and agreement.quote.hash.startswith(seen_hash)):
        raise AgreementError(
            "other_quote",
            f"您看到的报价与协议 {agreement.id} 的不同；请重新查看后再批准。",
            f"the quote you saw is not the one of agreement {agreement.id}; look at it again before you approve.",
        )
    _check_may_approve(agreement, by)
    return _decide(session, agreement, now, by)


def reject(session: Session, agreement: Agreement, now: datetime, *, by: str) -> Agreement:
    """Reject an agreement that waits; the schedule stays as it is.

    Raises AgreementError for any other, and when `by` asked for it themselves.
    """
    hold(session, agreement.loan_id)
    if agreement.status not in (*WAITING, "rejected"):
        raise AgreementError(
            "not_waiting",
            f"协议 {agreement.id} 现在是 {agreement.status}，不能拒绝。",
            f"agreement {agreement.id} is {agreement.status}; it cannot be rejected.",
        )
    if agreement.status != "rejected":
        _check_somebody_else(agreement, by, {agreement.requested_by})
        agreement.status, agreement.decided_at, agreement.decided_by = "rejected", now, by
    return agreement


def needs_approval(agreement: Agreement) -> bool:
    """Tell whether somebody must approve: the rules say so, or it was staff who took the request down."""
    return agreement.quote.needs_approval or agreement.requested_by is not None


def is_outlived(agreement: Agreement, now: datetime) -> bool:
    """Tell whether an agreement has waited too long to be put in force on the day of `now`, local to the borrower.

    Staff have until the first day on which the new plan asks for a payment, that day included, and at most
    DECIDE_WITHIN after the quote's end: after that the figures the borrower agreed to are no longer true.
    """
    if agreement.status not in WAITING:
        return False
    return (
        _first_new(agreement.quote, now.tzinfo) < now.date()
        or agreement.quote.expires_at + DECIDE_WITHIN < now
    )


def last_day(agreement: Agreement) -> date:
    """Return the last day on which a waiting agreement can be decided on (see `is_outlived`), where the borrower is."""
    zone = ZoneInfo(agreement.loan.borrower.timezone)
    latest = (agreement.quote.expires_at + DECIDE_WITHIN).astimezone(zone).date()
    return min(latest, _first_new(agreement.quote, zone))


def _first_new(quote: Quote, zone: tzinfo | None) -> date:
    """The first day from the quote's own on which it asks for a payment."""
    made_on = quote.created_at.astimezone(zone).date()
    days = (date.fromisoformat(row["due_on"]) for row in rows_to_pay(quote))
    return min((day for day in days if day >= made_on), default=date.max)


def expire(session: Session, agreement: Agreement, now: datetime) -> bool:
    """Let an agreement that has waited too long lapse, and tell whether it has; the schedule stays as it is."""
    hold(session, agreement.loan_id)
    if not is_outlived(agreement, now):
        return False
    agreement.status, agreement.decided_at = "expired", now
    return True


def withdraw(session: Session, agreement: Agreement, now: datetime) -> Agreement:
    """Let a waiting agreement lapse because the borrower withdraws it; the schedule stays as it is.

    `now` is aware. Raises AgreementError when it does not wait any more.
    """
    hold(session, agreement.loan_id)
    session.refresh(agreement)
    if agreement.status not in WAITING:
        raise AgreementError(
            "not_waiting",
            "这份安排已经不在等待中，不能撤回。",
            "this arrangement is not waiting any more, so it cannot be withdrawn.",
        )
    agreement.status, agreement.decided_at = "expired", now
    agreement.ended_at, agreement.ended_because = now, WITHDRAWN
    session.flush()
    return agreement


def _check_in_time(agreement: Agreement, now: datetime) -> None:
    if is_outlived(agreement, now):
        raise AgreementError(
            "expired",
            f"协议 {agreement.id} 等得太久，已经失效；请为借款人重新算一份。",
            f"agreement {agreement.id} has waited too long and has lapsed; work out a new offer with the borrower.",
        )


def _first_status(quote: Quote, requested_by: str | None) -> str:
    if quote.consents_needed:
        return "pending_consent"
    return "pending_approval" if quote.needs_approval or requested_by is not None else "active"


def _check_may_approve(agreement: Agreement, by: str) -> None:
    _check_somebody_else(
        agreement, by, {agreement.requested_by, *(consent.recorded_by for consent in agreement.consents)}
    )
    check_level(agreement, by, "批准", "approved")


def check_level(agreement: Agreement, by: str, done_zh: str, done_en: str) -> None:
    """Raise AgreementError unless somebody is of the level the quote needs; one that needs none is open to anyone.

    A level the rulebook no longer has counts as its highest. `done_zh` and `done_en` say what they want to do.
    """
    names = {level.id: level.name for level in rulebook().levels}
    needed = agreement.quote.approval_level
    if needed is not None and needed not in names:
        needed = list(names)[-1]
    if not may_approve(by, needed, list(names)):
        own, wanted = names[level_of(by, list(names))], names[str(needed)]
        raise AgreementError(
            "level_too_low",
            f"协议 {agreement.id} 须由{wanted.zh}{done_zh}，{by} 的级别是{own.zh}。"
            f"请交给有权限的同事；级别登记在 {staff_file().name}。",
            f"agreement {agreement.id} must be {done_en} at the level of {wanted.en}, and {by} is {own.en}. Pass it on "
            f"to a colleague who may; levels are kept in {staff_file().name}.",
        )


def _check_somebody_else(agreement: Agreement, by: str, involved: set[str | None]) -> None:
    if by.lower() in {name.lower() for name in involved if name}:
        raise AgreementError(
            "two_people",
            f"{by} 已经为协议 {agreement.id} 提出申请或登记同意，须由另一位同事决定。",
            f"{by} took down the request or a consent for agreement {agreement.id}; another colleague must decide.",
        )


def _decide(session: Session, agreement: Agreement, now: datetime, by: str | None = None) -> Agreement:
    """Put a waiting agreement in force, still for the same quote. The caller holds the loan."""
    _check_in_time(agreement, now)
    _check_unchanged(
        session,
        agreement.loan,
        agreement.quote,
        f"协议 {agreement.id} 之后这笔贷款有了变化（例如收到还款），不能再按它办理：请拒绝它，并为借款人重新计算。",
        f"the loan has changed since agreement {agreement.id} was quoted (a payment, for example), so it cannot be put "
        "in force: reject it and work out a new offer with the borrower.",
    )
    session.flush()
    same_quote = exists().where(Quote.id == Agreement.quote_id, Quote.hash == agreement.quote.hash)
    moved = session.execute(
        update(Agreement)
        .where(Agreement.id == agreement.id, Agreement.status == agreement.status, same_quote)
        .values(status="active", decided_at=now, decided_by=by),
        execution_options={"synchronize_session": False},
    )
    session.refresh(agreement)
    if getattr(moved, "rowcount", 0) != 1:
        raise AgreementError(
            "changed_meanwhile",
            f"协议 {agreement.id} 刚刚被别人处理过，请重新查看。",
            f"somebody else has just decided on agreement {agreement.id}; look at it again.",
        )
    put_in_force(session, agreement, now)
    return agreement


def _check_quote(session: Session, loan: Loan, quote: Quote, now: datetime) -> None:
    if now >= quote.expires_at:
        raise AgreementError(
            "expired",
            "这份方案已过有效期，我们重新为您算一份。",
            "this offer has expired; let us work out a new one.",
        )
    _check_unchanged(
        session,
        loan,
        quote,
        "报价之后这笔贷款有了变化（例如收到还款），我们需要重新计算。",
        "the loan has changed since this offer (a payment, for example); it must be worked out again.",
    )


def _check_unchanged(session: Session, loan: Loan, quote: Quote, zh: str, en: str) -> None:
    if fingerprint(loan, active_schedule(session, loan)) != quote.position_hash:
        raise AgreementError("changed", zh, en)
