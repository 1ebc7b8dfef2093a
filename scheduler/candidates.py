"""The SELECT behind the plan: every unpaid instalment a stage meets on a day, and the rule that holds it back."""

from __future__ import annotations

import zlib
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from conversations.models import Conversation, OutboxMessage, Suppression
from loans.models import Agreement, Borrower, ContactPoint, Instalment, Loan, PromiseToPay, Schedule
from policies.contact import ContactPolicy, Stage
from scheduler.models import SendWindow
from scheduler.sql import seconds_after

OPEN_AGREEMENT = ("pending_consent", "pending_approval")
COUNTED = ("pending", "leased", "sending", "sent", "uncertain")
ALREADY_PLANNED = "already_planned"
TOO_LATE = "too_late"


def candidates(
    policy: ContactPolicy, stage: Stage, day: date, at: datetime, *, missed: bool
) -> Select[*tuple[Any, ...]]:
    """Return the SELECT of the reminders `stage` means for `day`, as outbox values plus `held_by`.

    `held_by` is None for what may go out and TOO_LATE for what is only kept to be counted as expired. A day that is
    `missed` is looked at in every time zone, another only where it has not ended by `at`.
    """
    due = _due(policy, stage, day, at, missed).cte("due", nesting=True)
    held = _held_by(due, day, at).label("held")
    judged = select(due, held).where(due.c.choice == 1).cte("judged", nesting=True)
    turn = func.row_number().over(
        partition_by=(judged.c.borrower_id, judged.c.held.is_(None)),
        order_by=(judged.c.loan_id, judged.c.number),
    )
    return select(
        judged,
        case(
            (judged.c.held.is_not(None), judged.c.held),
            (_already(judged, judged.c.day_starts_at) + turn > policy.cap_day, literal("cap_day")),
            (_already(judged, judged.c.week_starts_at) + turn > policy.cap_week, literal("cap_week")),
        ).label("held_by"),
    )


def _due(
    policy: ContactPolicy, stage: Stage, day: date, at: datetime, missed: bool
) -> Select[*tuple[Any, ...]]:
    """Every unpaid instalment with its borrower, window, and the addresses there are, the best as `choice` 1."""
    window, last = aliased(SendWindow), aliased(SendWindow)
    usable = and_(
        ContactPoint.id.is_not(None),
        or_(
            Conversation.id.is_(None),
            and_(
                Conversation.control == "bot",
                or_(Conversation.borrower_id.is_(None), Conversation.borrower_id == Borrower.id),
            ),
        ),
    )
    preference = case(
        {name: place for place, name in enumerate(stage.channels)}, value=ContactPoint.kind, else_=99
    )
    choice = func.row_number().over(
        partition_by=Instalment.id,
        order_by=(
            case((usable, 0), else_=1),
            case((Conversation.borrower_id == Borrower.id, 0), else_=1),
            preference,
            case((Conversation.verified_at.is_not(None), 0), else_=1),
            ContactPoint.id.desc(),
        ),
    )
    identity = cast(Loan.id, String) + ":" + cast(Instalment.number, String)
    key = identity + literal(f"|{stage.id}|{day - timedelta(days=stage.offset_days)}|") + ContactPoint.kind
    return (
        select(
            key.label("dedupe_key"),
            Loan.id.label("loan_id"),
            Loan.ref.label("loan_ref"),
            Borrower.id.label("borrower_id"),
            Borrower.ref.label("borrower_ref"),
            Borrower.consent,
            Borrower.opted_out,
            Borrower.timezone,
            Instalment.id.label("instalment_id"),
            Instalment.number,
            Instalment.due_on,
            case((usable, ContactPoint.kind)).label("channel"),
            case((usable, ContactPoint.value)).label("address"),
            case((usable, Conversation.id)).label("conversation_id"),
            seconds_after(window.opens_at, _spread(stage, policy.spread_minutes)).label("not_before"),
            last.closes_at.label("expires_at"),
            window.day_starts_at,
            window.day_ends_at,
            window.week_starts_at,
            choice.label("choice"),
        )
        .select_from(Instalment)
        .join(Schedule, and_(Schedule.id == Instalment.schedule_id, Schedule.status == "active"))
        .join(Loan, and_(Loan.id == Schedule.loan_id, Loan.status == "active"))
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .outerjoin(window, _is_window(window, policy, day))
        .outerjoin(last, _is_window(last, policy, day + timedelta(days=stage.late_days)))
        .outerjoin(
            ContactPoint, and_(ContactPoint.borrower_id == Borrower.id, ContactPoint.kind.in_(stage.channels))
        )
        .outerjoin(
            Conversation,
            and_(Conversation.channel == ContactPoint.kind, Conversation.address == ContactPoint.value),
        )
        .where(
            Instalment.due_on == day - timedelta(days=stage.offset_days),
            Instalment.settled_on.is_(None),
            literal(missed) | window.day_ends_at.is_(None) | (window.day_ends_at > at),
        )
    )


def _held_by(due: Any, day: date, at: datetime) -> ColumnElement[str | None]:
    """The first rule that holds a candidate back; the same rules, by the same names, as `ContactPolicy.evaluate`."""
    planned = exists().where(OutboxMessage.dedupe_key == due.c.dedupe_key)
    suppressed = exists().where(
        Suppression.borrower_id == due.c.borrower_id,
        Suppression.lifted_at.is_(None),
        or_(Suppression.until.is_(None), Suppression.until > at),
    )
    agreement = exists().where(Agreement.loan_id == due.c.loan_id, Agreement.status.in_(OPEN_AGREEMENT))
    promise = exists().where(
        PromiseToPay.loan_id == due.c.loan_id, PromiseToPay.status == "open", PromiseToPay.pay_on >= day
    )
    person = exists().where(
        Conversation.borrower_id == due.c.borrower_id,
        or_(Conversation.control == "human", Conversation.handover.is_not(None)),
    )
    return case(
        (planned, literal(ALREADY_PLANNED)),
        (~due.c.consent, literal("consent")),
        (due.c.opted_out, literal("opted_out")),
        (suppressed, literal("suppressed")),
        (agreement, literal("agreement_open")),
        (promise, literal("promise_open")),
        (person, literal("person_in_charge")),
        (due.c.address.is_(None), literal("contact_point")),
        (due.c.expires_at.is_(None), literal("unknown_timezone")),
        (due.c.expires_at <= at, literal(TOO_LATE)),
        else_=null(),
    )


def _already(judged: Any, since: ColumnElement[datetime]) -> ColumnElement[int]:
    """How many reminders the borrower has had or will have from `since` to the end of the day."""
    return (
        select(func.count())
        .where(
            OutboxMessage.borrower_id == judged.c.borrower_id,
            OutboxMessage.lane == "reminder",
            OutboxMessage.status.in_(COUNTED),
            OutboxMessage.not_before >= since,
            OutboxMessage.not_before < judged.c.day_ends_at,
        )
        .scalar_subquery()
    )


def _spread(stage: Stage, minutes: int) -> ColumnElement[int]:
    """Seconds after the opening, always the same for an instalment and stage (multiplicative hashing, Knuth 6.4)."""
    salt = zlib.crc32(stage.id.encode())
    hashed = (cast(Loan.id, BigInteger) * 2_654_435_761 + Instalment.number * 40_503 + salt) % 4_294_967_296
    return hashed * (minutes * 60) // 4_294_967_296


def _is_window(window: Any, policy: ContactPolicy, day: date) -> ColumnElement[bool]:
    return and_(
        window.profile == policy.profile, window.timezone == Borrower.timezone, window.local_date == day
    )
