"""Agreements that end by the rules, without anybody deciding: too late, broken, or kept to the end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from conversations.announcing import opened, record
from conversations.decisions import announce, lapse
from conversations.models import Conversation
from loans import agreement_ends, agreements
from loans.in_force import has_plan
from loans.models import WAITING, Agreement, Borrower, Case, Instalment, Loan, Quote, Schedule
from policies.contact import contact_policy
from policies.rulebook import AgreementRules, rulebook
from storage.engine import Database
from transcripts import log

logger = logging.getLogger(__name__)
CASE_REASON = "agreement_broken"
AHEAD = timedelta(hours=14)
"""How far ahead of UTC the earliest clocks are: by then a day has begun everywhere it can have begun."""


def expire_waiting(database: Database, now: datetime) -> int:
    """Let every agreement lapse that has waited too long, each in its own transaction; returns how many did.

    Reminders of the old plan go out again from then on. `now` is aware; the day is counted where the borrower lives,
    and nobody is written to outside contact hours: it is done when they open.
    """
    return sum(_each(database, Agreement.status.in_(WAITING), now, _lapse_if_outlived))


def end_by_rule(database: Database, now: datetime) -> int:
    """Complete the agreements that are kept to the end and break those that are not kept; returns how many ended.

    The relief rulebook says when one is broken and what follows. Each is one transaction, in the borrower's contact
    hours, and doing it again changes nothing. `now` is aware.
    """
    rules = rulebook().agreements

    def end(session: Session, chat: Conversation | None, agreement: Agreement, local: datetime) -> bool:
        return _complete(session, chat, agreement, local) or _break(session, chat, agreement, rules, local)

    return sum(_each(database, _may_end(rules, (now + AHEAD).date()), now, end))


def _each(
    database: Database,
    which: ColumnElement[bool],
    now: datetime,
    act: Callable[[Session, Conversation | None, Agreement, datetime], bool],
) -> list[bool]:
    """Act on each agreement in a transaction of its own, if it is the borrower's contact hours."""
    with database.read() as session:
        found = session.execute(
            select(Agreement.id, Borrower.timezone)
            .join(Loan, Loan.id == Agreement.loan_id)
            .join(Loan.borrower)
            .join(Agreement.quote)
            .where(which)
            .order_by(Agreement.confirmed_at, Agreement.id)
        ).all()
    policy, done = contact_policy(), []
    for agreement_id, timezone in found:
        if not policy.hours(timezone).contain(now.astimezone(ZoneInfo(timezone))):
            continue
        try:
            with database.write() as session:
                agreement = session.get_one(Agreement, agreement_id)
                chat, local = opened(session, agreement, now)
                done.append(act(session, chat, agreement, local))
        except Exception:
            logger.exception("agreement %s could not be ended; the others go on", agreement_id)
    return done


def _may_end(rules: AgreementRules, latest_day: date) -> ColumnElement[bool]:
    """Active agreements that may be due to end on `latest_day` or before; each is looked at again by itself.

    To be used with the agreement's loan and quote.
    """
    own = (
        select(func.count(Instalment.id))
        .join(Schedule, Schedule.id == Instalment.schedule_id)
        .where(Schedule.agreement_id == Agreement.id, Schedule.status == "active")
        .where(Instalment.settled_on.is_(None))
    )
    late = own.where(Instalment.due_on < latest_day - timedelta(days=rules.grace_days))
    unpaid, missed = (count.correlate(Agreement).scalar_subquery() for count in (own, late))
    plan = exists().where(Schedule.agreement_id == Agreement.id, Schedule.status == "active")
    protected_until = Quote.effects["credit_protected_until"].as_string()
    return (Agreement.status == "active") & or_(
        ~plan & or_(protected_until < latest_day.isoformat(), Loan.status == "closed"),
        plan & or_(missed == unpaid, missed >= rules.missed_instalments),
    )


def _lapse_if_outlived(
    session: Session, chat: Conversation | None, agreement: Agreement, local: datetime
) -> bool:
    return agreements.is_outlived(agreement, local) and lapse(session, chat, agreement, "", local).changed


def _complete(session: Session, chat: Conversation | None, agreement: Agreement, local: datetime) -> bool:
    if not agreement_ends.complete_if_kept(session, agreement, local):
        return False
    record(session, chat, agreement, "completion", "", local)
    text_id = "decision_completed" if has_plan(agreement.quote) else "decision_protection_over"
    announce(session, chat, agreement, text_id, local)
    return True


def _break(
    session: Session, chat: Conversation | None, agreement: Agreement, rules: AgreementRules, local: datetime
) -> bool:
    numbers = [row.number for row in agreement_ends.break_if_missed(session, agreement, rules, local)]
    if not numbers:
        return False
    restored = rules.after_broken == "restore_old"
    record(
        session,
        chat,
        agreement,
        "breach",
        "",
        local,
        missed=numbers,
        grace_days=rules.grace_days,
        after=rules.after_broken,
        rulebook=rulebook().id,
    )
    if rules.case is not None:
        _open_case(session, chat, agreement, rules.case, numbers, local)
    text_id = "decision_broken_restored" if restored else "decision_broken_kept"
    announce(session, chat, agreement, text_id, local, new_plan=restored)
    return True


def _open_case(
    session: Session,
    chat: Conversation | None,
    agreement: Agreement,
    kind: str,
    numbers: list[int],
    now: datetime,
) -> None:
    """Open a case for staff; a case of the kind that is open already gets the agreement in its details."""
    listed = ", ".join(str(number) for number in numbers)
    said = (
        f"agreement {agreement.id} is broken, instalments unpaid: {listed} 协议未按约履行，未还期次：{listed}"
    )
    borrower_id = agreement.loan.borrower_id
    case = session.scalar(
        select(Case).where(Case.borrower_id == borrower_id, Case.kind == kind, Case.status == "open")
    )
    if case is not None:
        case.details = "\n".join(part for part in (case.details, said) if part)
        case.changed_at = now
        return
    case = Case(
        borrower_id=borrower_id,
        conversation_id=chat.id if chat else None,
        loan_id=agreement.loan_id,
        kind=kind,
        reason=CASE_REASON,
        details=said,
        opened_at=now,
    )
    session.add(case)
    session.flush()
    log.append(
        session,
        conversation_id=chat.id if chat else agreement.id,
        kind="case_opened",
        actor_role="system",
        occurred_at=now,
        subject_id=case.id,
        fields={"case": case.id, "kind": kind, "reason": CASE_REASON, "agreement": agreement.id},
    )
