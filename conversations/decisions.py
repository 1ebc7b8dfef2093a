"""What becomes of an agreement that waits: consent, approval, rejection, or nobody decides. Logged, and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations import control
from conversations.models import Conversation, InboundMessage
from conversations.outbox import ButtonChoice, Message, enqueue
from conversations.outbox_state import cancel_reminders
from conversations.state import reminders_of
from loans import agreements
from loans.agreements import AgreementError
from loans.models import WAITING, Agreement, Loan
from loans.quotes import first_payment
from policies.lender import lender
from policies.texts import texts
from policies.wording import day, money
from storage.engine import Database
from transcripts import log

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


def find(session: Session, start: str) -> Agreement:
    """Return the agreement whose id begins with `start`. Raises AgreementError unless there is exactly one."""
    found = session.scalars(
        select(Agreement)
        .where(Agreement.id.startswith(start, autoescape=True))
        .order_by(Agreement.id)
        .limit(2)
    ).all()
    if not start or not found:
        raise AgreementError(
            "unknown",
            f"没有编号以 {start!r} 开头的协议；请用 tideover agreement list 查看。",
            f"there is no agreement {start!r}; see tideover agreement list.",
        )
    if len(found) > 1:
        raise AgreementError(
            "ambiguous",
            f"有多份协议的编号以 {start} 开头，请多写几位。",
            f"more than one agreement begins with {start}; write more of its id.",
        )
    return found[0]


def consent(
    session: Session, agreement: Agreement, *, party: str, evidence: str, by: str, now: datetime
) -> Decided:
    """Record the written consent of a party; the last one puts the agreement in force or on to approval.

    A consent that is there already changes nothing; one that comes too late lets the agreement lapse. Raises
    AgreementError.
    """
    if len(evidence) > LONGEST_EVIDENCE:
        raise AgreementError(
            "evidence_too_long",
            f"依据说明请控制在 {LONGEST_EVIDENCE} 字以内。",
            f"say what the evidence is in at most {LONGEST_EVIDENCE} characters.",
        )
    chat, now = _opened(session, agreement, now)
    if party in {given.party for given in agreement.consents}:
        return Decided(agreement, changed=False)
    if agreements.is_outlived(agreement, now):
        return _lapse(session, chat, agreement, by, now)
    before = agreement.status
    agreements.record_consent(session, agreement, party=party, evidence=evidence, by=by, now=now)
    _log(session, chat, agreement, "consent", by, now, party=party, evidence=evidence)
    return _settled(session, chat, agreement, before, now)


def approve(session: Session, agreement: Agreement, *, by: str, now: datetime) -> Decided:
    """Approve exactly what was quoted; approving it again changes nothing, too late lets it lapse.

    Raises AgreementError.
    """
    return _decide(
        session,
        agreement,
        "approval",
        by,
        now,
        lambda clock: agreements.approve(session, agreement, clock, by=by),
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


def expire_waiting(database: Database, now: datetime) -> int:
    """Let every agreement lapse that has waited too long, each in its own transaction; returns how many did.

    Reminders of the old plan go out again from then on. `now` is aware; the day is counted where the borrower lives.
    """
    with database.read() as session:
        waiting = session.scalars(select(Agreement.id).where(Agreement.status.in_(WAITING))).all()
    lapsed = 0
    for agreement_id in waiting:
        with database.write() as session:
            agreement = session.get_one(Agreement, agreement_id)
            local = now.astimezone(ZoneInfo(agreement.loan.borrower.timezone))
            if agreements.is_outlived(agreement, local):
                chat, local = _opened(session, agreement, now)
                lapsed += _lapse(session, chat, agreement, "", local).changed
    return lapsed


def _lapse(
    session: Session, chat: Conversation | None, agreement: Agreement, by: str, now: datetime
) -> Decided:
    before = agreement.status
    if not agreements.expire(agreement, now):
        return Decided(agreement, changed=False)
    _log(session, chat, agreement, "expiry", by, now)
    return _settled(session, chat, agreement, before, now)


def _decide(
    session: Session,
    agreement: Agreement,
    kind: str,
    by: str,
    now: datetime,
    act: Callable[[datetime], Agreement],
    **more: str,
) -> Decided:
    chat, now = _opened(session, agreement, now)
    if kind == "approval" and agreements.is_outlived(agreement, now):
        return _lapse(session, chat, agreement, by, now)
    before = agreement.status
    act(now)
    if agreement.status == before:
        return Decided(agreement, changed=False)
    _log(session, chat, agreement, kind, by, now, **more)
    return _settled(session, chat, agreement, before, now)


def _opened(session: Session, agreement: Agreement, now: datetime) -> tuple[Conversation | None, datetime]:
    """Lock the chat, then the loan (a turn does it in this order); return the chat and the borrower's local time."""
    message = session.get(InboundMessage, agreement.confirmed_by_message or 0)
    chat = control.find(session, message.conversation_id) if message else None
    loan = session.get_one(Loan, agreement.loan_id, with_for_update=True)
    session.refresh(agreement)
    return chat, now.astimezone(ZoneInfo(loan.borrower.timezone))


def _settled(
    session: Session, chat: Conversation | None, agreement: Agreement, before: str, now: datetime
) -> Decided:
    if agreement.status == before:
        return Decided(agreement, changed=True, not_told="another consent is still missing 还需其他同意")
    cancelled = 0
    if agreement.status == "active":
        cancelled = cancel_reminders(session, loan_id=agreement.loan_id, reason="a new schedule is in force")
    held_by = _held_by(session, chat, agreement, now)
    if chat is not None and not held_by:
        _tell(session, chat, agreement, now)
    return Decided(agreement, True, told=not held_by, not_told=held_by, reminders_cancelled=cancelled)


def _held_by(session: Session, chat: Conversation | None, agreement: Agreement, now: datetime) -> str:
    borrower = agreement.loan.borrower
    if chat is None:
        return "it was not agreed in a chat 协议不是在聊天中达成的"
    if chat.borrower_id != borrower.id or chat.verified_at is None:
        return "the chat is not the borrower's verified chat any more 聊天已不是本人已核实的聊天"
    if chat.control != "bot":
        return "a person is in charge of the chat and tells them there 聊天由人工负责，请在聊天中告知"
    if reminders_of(session, borrower, now) == "stopped":
        return "nothing may be sent to this borrower unasked 不得主动联系该借款人"
    return ""


def _tell(session: Session, chat: Conversation, agreement: Agreement, now: datetime) -> None:
    quote, loan, language = agreement.quote, agreement.loan, chat.language
    first_on, first_amount = first_payment(quote)
    values = {
        "loan": loan.ref,
        "agreement": agreement.id[:8],
        "first_amount": money(first_amount, loan.currency, language),
        "first_due_on": day(first_on, language),
        "maturity": day(quote.new_maturity_on, language),
    }
    spoken = lender().values(language)
    text = texts()[TELLING[agreement.status]]
    active = agreement.status == "active"
    menu, human = (texts()[name].render(language, spoken) for name in ("button_menu", "button_human"))
    picture: Mapping[str, Any] = {
        "kind": "schedule", "loan": loan.ref, "language": language, "as_of": now.date().isoformat()
    }  # fmt: skip
    enqueue(
        session,
        chat,
        Message(
            text.render(language, {**spoken, **values}),
            text.label,
            (ButtonChoice(menu, "show_menu"), ButtonChoice(human, "ask_human")),
            picture if active else {},
        ),
        dedupe_key=f"decision:{agreement.id}:{agreement.status}",
        lane="reply",
        at=now,
        because={"agreement": agreement.id, "status": agreement.status},
    )


def _log(
    session: Session,
    chat: Conversation | None,
    agreement: Agreement,
    kind: str,
    by: str,
    now: datetime,
    **more: str,
) -> None:
    """Log a decision in the chat it was agreed in; one agreed outside any chat is logged under its own id."""
    log.append(
        session,
        conversation_id=chat.id if chat else agreement.id,
        kind=kind,
        actor_role="staff" if by else "system",
        actor=by,
        occurred_at=now,
        subject_id=agreement.id,
        fields={
            "agreement": agreement.id,
            "quote": agreement.quote_id,
            "hash": agreement.quote.hash,
            "status": agreement.status,
            **more,
        },
    )
