"""What staff decide about an agreement: consent, approval, rejection, taking it back. Logged, and told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations.announcing import NOT_IN_A_CHAT, local_time, opened, record, tell
from conversations.models import Conversation
from conversations.outbox_state import cancel_reminders
from loans import agreement_ends, agreements
from loans.agreements import AgreementError
from loans.in_force import has_plan
from loans.models import Agreement, Quote

PARTIES = ("guarantor", "security")
LONGEST_EVIDENCE = 500

TELLING = {
    "active": "decision_active",
    "pending_approval": "decision_needs_approval",
    "rejected": "decision_rejected",
    "expired": "decision_expired",
}


@dataclass(frozen=True)
class Decided:
    """What a decision did. `not_told` says why the borrower was not written to; empty when they were."""

    agreement: Agreement
    changed: bool
    told: bool = False
    not_told: str = ""
    reminders_cancelled: int = 0


def request(session: Session, quote: Quote, *, evidence: str, by: str, now: datetime) -> Decided:
    """Take down that a borrower agreed to a quote outside any chat; somebody else must approve it.

    `evidence` says how the borrower agreed. Taking it down again changes nothing. Raises AgreementError.
    """
    _check_evidence(evidence)
    now = local_time(quote.loan, now)
    before = session.scalar(select(Agreement.id).where(Agreement.quote_id == quote.id))
    agreement = agreements.agree(session, quote, now, requested_by=by)
    if before is not None:
        return Decided(agreement, changed=False)
    record(session, None, agreement, "agreement", by, now, evidence=evidence)
    return Decided(agreement, changed=True, not_told=NOT_IN_A_CHAT)


def find(session: Session, start: str) -> Agreement:
    """Return the agreement whose id begins with `start`. Raises AgreementError unless there is exactly one."""
    found: Agreement = _find(session, Agreement, start, "协议", "agreement", "tideover agreement list")
    return found


def find_quote(session: Session, start: str) -> Quote:
    """Return the quote whose id begins with `start`. Raises AgreementError unless there is exactly one."""
    found: Quote = _find(session, Quote, start, "报价", "quote", "tideover quote")
    return found


def _find(session: Session, table: Any, start: str, zh: str, en: str, where: str) -> Any:
    found = session.scalars(
        select(table).where(table.id.startswith(start, autoescape=True)).order_by(table.id).limit(2)
    ).all()
    if not start or not found:
        raise AgreementError(
            "unknown",
            f"没有编号以 {start!r} 开头的{zh}；请用 {where} 查看。",
            f"there is no {en} {start!r}; see {where}.",
        )
    if len(found) > 1:
        raise AgreementError(
            "ambiguous",
            f"有多份{zh}的编号以 {start} 开头，请多写几位。",
            f"more than one {en} begins with {start}; write more of its id.",
        )
    return found[0]


def consent(
    session: Session, agreement: Agreement, *, party: str, evidence: str, by: str, now: datetime
) -> Decided:
    """Record the written consent of a party; the last one puts the agreement in force or on to approval.

    A consent that is there already changes nothing; one that comes too late lets the agreement lapse. Raises
    AgreementError.
    """
    _check_evidence(evidence)
    chat, now = opened(session, agreement, now)
    if party in {given.party for given in agreement.consents}:
        return Decided(agreement, changed=False)
    if agreements.is_outlived(agreement, now):
        return lapse(session, chat, agreement, by, now)
    before = agreement.status
    agreements.record_consent(session, agreement, party=party, evidence=evidence, by=by, now=now)
    record(session, chat, agreement, "consent", by, now, party=party, evidence=evidence)
    return _settled(session, chat, agreement, before, now)


def approve(
    session: Session, agreement: Agreement, *, by: str, now: datetime, seen_hash: str | None = None
) -> Decided:
    """Approve exactly what was quoted; approving it again changes nothing, too late lets it lapse.

    Raises AgreementError.
    """
    return _decide(
        session,
        agreement,
        "approval",
        by,
        now,
        lambda clock: agreements.approve(session, agreement, clock, by=by, seen_hash=seen_hash),
    )


def reject(session: Session, agreement: Agreement, *, by: str, now: datetime, reason: str = "") -> Decided:
    """Reject an agreement that waits; the loan stays as it is. `reason` is for the log. Raises AgreementError."""
    return _decide(
        session,
        agreement,
        "rejection",
        by,
        now,
        lambda clock: agreements.reject(session, agreement, clock, by=by),
        reason=reason,
    )


def reverse(session: Session, agreement: Agreement, *, by: str, now: datetime, reason: str) -> Decided:
    """Take back an agreement in force: the plan from before counts again. `reason` is for the log.

    `by` is another person than who took it down or approved it, and of the level the approval needed. Taking it back
    again changes nothing. Raises AgreementError.
    """
    chat, now = opened(session, agreement, now)
    if agreement.status == "reversed":
        return Decided(agreement, changed=False)
    agreement_ends.reverse(session, agreement, now, by=by, reason=reason)
    record(session, chat, agreement, "reversal", by, now, reason=reason)
    with_plan = has_plan(agreement.quote)
    text_id = "decision_reversed" if with_plan else "decision_protection_reversed"
    return announce(session, chat, agreement, text_id, now, new_plan=with_plan)


def lapse(
    session: Session, chat: Conversation | None, agreement: Agreement, by: str, now: datetime
) -> Decided:
    """Let an agreement that has waited too long lapse; `by` is empty when nobody but the clock did it."""
    before = agreement.status
    if not agreements.expire(session, agreement, now):
        return Decided(agreement, changed=False)
    record(session, chat, agreement, "expiry", by, now)
    return _settled(session, chat, agreement, before, now)


def announce(
    session: Session,
    chat: Conversation | None,
    agreement: Agreement,
    text_id: str,
    now: datetime,
    *,
    new_plan: bool = False,
) -> Decided:
    """Tell the borrower, and where there is a new plan, cancel the reminders of the old one."""
    cancelled = 0
    if new_plan:
        cancelled = cancel_reminders(
            session, loan_id=agreement.loan_id, reason="another schedule is in force"
        )
    not_told = tell(session, chat, agreement, text_id, now, with_plan=new_plan)
    return Decided(agreement, True, not not_told, not_told, cancelled)


def _decide(
    session: Session,
    agreement: Agreement,
    kind: str,
    by: str,
    now: datetime,
    act: Callable[[datetime], Agreement],
    **more: str,
) -> Decided:
    chat, now = opened(session, agreement, now)
    if kind == "approval" and agreements.is_outlived(agreement, now):
        return lapse(session, chat, agreement, by, now)
    before = agreement.status
    act(now)
    if agreement.status == before:
        return Decided(agreement, changed=False)
    record(session, chat, agreement, kind, by, now, **more)
    return _settled(session, chat, agreement, before, now)


def _settled(
    session: Session, chat: Conversation | None, agreement: Agreement, before: str, now: datetime
) -> Decided:
    if agreement.status == before:
        return Decided(agreement, changed=True, not_told="another consent is still missing 还需其他同意")
    in_force, with_plan = agreement.status == "active", has_plan(agreement.quote)
    text_id = TELLING[agreement.status] if with_plan or not in_force else "decision_protection_active"
    return announce(session, chat, agreement, text_id, now, new_plan=in_force and with_plan)


def _check_evidence(evidence: str) -> None:
    if not evidence.strip():
        raise AgreementError("no_evidence", "请写明书面依据。", "say what evidence there is.")
    if len(evidence) > LONGEST_EVIDENCE:
        raise AgreementError(
            "evidence_too_long",
            f"依据说明请控制在 {LONGEST_EVIDENCE} 字以内。",
            f"say what the evidence is in at most {LONGEST_EVIDENCE} characters.",
        )
