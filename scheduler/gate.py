"""The last gate before a reminder leaves: is it still right, and if so, in which words?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from conversations.models import Conversation, OutboxMessage
from conversations.suppression import standing
from loans.models import Agreement, Borrower, Instalment, Loan, PromiseToPay, Schedule
from policies.contact import ContactPolicy, ContactPolicyError, Facts, Ruling
from policies.lender import lender
from policies.texts import TextError, texts
from policies.wording import day, money
from scheduler.candidates import OPEN_AGREEMENT
from scheduler.sql import insert_into
from scheduler.windows import next_opening, window_of, zone
from transcripts import log

NEUTRAL = "reminder_neutral"
GONE_OUT = ("sending", "sent", "uncertain")
BUSY = "somebody is at work in the chat"
MOMENT = timedelta(seconds=2)


def open_gate(session: Session, row: OutboxMessage, policy: ContactPolicy, now: datetime) -> bool:
    """Tell whether a reminder may leave at `now`; then it has its words, its conversation and its log entry.

    Otherwise the row says why not: cancelled, expired, or pending until the next contact hours, or for a moment while
    somebody is at work in one of the borrower's chats.
    """
    borrower = session.get_one(Borrower, row.borrower_id)
    timezone = zone(borrower.timezone)
    if row.expires_at is not None and row.expires_at <= now:
        return _close(row, "expired", "its time has passed")
    if timezone is None:
        return _close(row, "cancelled", "unknown_timezone")
    due = _unpaid(session, row)
    chats = _try_chats(session, row)
    if chats is None:
        return _defer(row, BUSY, now + MOMENT)
    chat = next((c for c in chats if (c.channel, c.address) == (row.channel, row.address)), None)
    rulings = policy.evaluate(_facts(session, row, borrower, chats, chat, timezone, due, policy, now))
    refusals = [ruling for ruling in rulings if not ruling.allowed]
    final = [ruling.id for ruling in refusals if ruling.remedy == "cancel"]
    if final:
        return _close(row, "cancelled", final[0])
    if refusals:
        return _defer(row, refusals[0].id, next_opening(timezone, now, policy.hours(borrower.timezone)))
    chat = chat or _open_chat(session, row, borrower, now)
    if chat is None:
        return _defer(row, BUSY, now + MOMENT)
    try:
        _write(session, row, policy, borrower, chat, due, rulings, now)
    except (TextError, ContactPolicyError) as fault:
        return _close(row, "dead", str(fault))
    return True


def _close(row: OutboxMessage, status: str, reason: str) -> bool:
    row.status, row.last_error = status, reason[:500]
    return False


def _defer(row: OutboxMessage, reason: str, until: datetime) -> bool:
    if row.expires_at is not None and row.expires_at <= until:
        return _close(row, "expired", reason)
    row.not_before, row.last_error = until, reason
    return False


def _unpaid(session: Session, row: OutboxMessage) -> list[tuple[Loan, Instalment]]:
    """What the borrower still owes for this due date, over all loans, by the schedules in force now."""
    found = session.execute(
        select(Loan, Instalment)
        .join(Schedule, Schedule.loan_id == Loan.id)
        .join(Instalment, Instalment.schedule_id == Schedule.id)
        .where(
            Loan.borrower_id == row.borrower_id,
            Loan.status == "active",
            Schedule.status == "active",
            Instalment.settled_on.is_(None),
        )
        .order_by(Loan.id, Instalment.number)
    )
    return [(loan, instalment) for loan, instalment in found if instalment.due_on == row.due_on]


def _try_chats(session: Session, row: OutboxMessage) -> Sequence[Conversation] | None:
    """Return the chats of the row's borrower and at its address, locked, so that none is taken over from now on.

    None when one of them is locked by somebody else: whoever has the row may not wait for its chat.
    """
    theirs = or_(
        Conversation.borrower_id == row.borrower_id,
        and_(Conversation.channel == row.channel, Conversation.address == row.address),
    )
    free = select(Conversation).where(theirs).order_by(Conversation.id)
    free = free.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
    locked = session.scalars(free).all()
    all_of_them = session.scalar(select(func.count(Conversation.id)).where(theirs))
    return locked if len(locked) == all_of_them else None


def _facts(
    session: Session,
    row: OutboxMessage,
    borrower: Borrower,
    chats: Sequence[Conversation],
    chat: Conversation | None,
    timezone: ZoneInfo,
    due: list[tuple[Loan, Instalment]],
    policy: ContactPolicy,
    now: datetime,
) -> Facts:
    local = now.astimezone(timezone)
    window = window_of(timezone, local.date(), policy.hours(borrower.timezone))
    suppressions = sorted(standing(session, borrower.id, now))
    promised_for = session.scalar(
        select(PromiseToPay.pay_on).where(PromiseToPay.loan_id == row.loan_id, PromiseToPay.status == "open")
    )
    agreement = exists().where(Agreement.loan_id == row.loan_id, Agreement.status.in_(OPEN_AGREEMENT))
    person_in_charge = any(
        c.borrower_id == borrower.id and (c.control == "human" or c.handover is not None) for c in chats
    )
    theirs = chat is None or (chat.control == "bot" and chat.borrower_id in (None, borrower.id))
    return Facts(
        local_now=local,
        unpaid=any(loan.id == row.loan_id for loan, _ in due),
        consent=borrower.consent,
        opted_out=borrower.opted_out,
        suppressions=suppressions,
        promised_for=promised_for,
        agreement_open=bool(session.scalar(select(agreement))),
        person_in_charge=person_in_charge,
        chat_is_theirs=theirs,
        sent_today=_sent(session, borrower, window.day_starts_at, window.day_ends_at),
        sent_this_week=_sent(session, borrower, window.week_starts_at, window.day_ends_at),
    )


def _sent(session: Session, borrower: Borrower, since: datetime, until: datetime) -> int:
    return session.scalars(
        select(func.count(OutboxMessage.id)).where(
            OutboxMessage.borrower_id == borrower.id,
            OutboxMessage.lane == "reminder",
            OutboxMessage.status.in_(GONE_OUT),
            OutboxMessage.sending_at >= since,
            OutboxMessage.sending_at < until,
        )
    ).one()


def _write(
    session: Session,
    row: OutboxMessage,
    policy: ContactPolicy,
    borrower: Borrower,
    chat: Conversation,
    due: list[tuple[Loan, Instalment]],
    rulings: list[Ruling],
    now: datetime,
) -> None:
    """Put the reminder into words and log it. A debt is mentioned only where the borrower has been verified."""
    known = chat.borrower_id == borrower.id and chat.verified_at is not None
    text = texts()[policy.stage(row.rule_id or "").text if known else NEUTRAL]
    assert row.due_on is not None
    language = chat.language
    values = {"amount": _amounts(due, language), "date": day(row.due_on, language)}
    words = text.render(language, {**lender().values(language), **values})
    if row.log_entry_id is not None and row.text == words:
        return
    entry = log.append(
        session,
        conversation_id=chat.id,
        kind="reminder",
        actor_role="bot",
        occurred_at=now,
        subject_id=str(borrower.id),
        fields={
            "text": words,
            "template": text.label,
            "language": language,
            "buttons": [],
            "attachment": {},
            "because": {
                "stage": row.rule_id,
                "policy": policy.label,
                "rules": [ruling.as_json() for ruling in rulings],
                "loan_id": row.loan_id,
                "due_on": row.due_on.isoformat(),
            },
        },
    )
    row.conversation_id, row.log_entry_id = chat.id, entry.id
    row.text, row.template = words, text.label


def _open_chat(
    session: Session, row: OutboxMessage, borrower: Borrower, now: datetime
) -> Conversation | None:
    """Open the chat at the row's address; None when the borrower's first message opens it at this very moment."""
    opened = (
        insert_into(session, Conversation)
        .values(
            channel=row.channel,
            address=row.address,
            borrower_id=borrower.id,
            linked_at=now,
            language=borrower.language,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Conversation.id)
    )
    chat_id = session.scalar(opened)
    return session.get_one(Conversation, chat_id) if chat_id else None


def _amounts(due: list[tuple[Loan, Instalment]], language: str) -> str:
    parts = [money(instalment.unpaid, loan.currency, language) for loan, instalment in due]
    return ("、" if language == "zh" else " and ").join(parts)
