"""Planning reminders: one INSERT ... SELECT per stage and day, its watermark in the same transaction.

Planning a day again plans only what is new, because every reminder has one key: loan, instalment number, stage, due
date, channel. A moved due date is a new key; a new schedule version with the same due date is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, literal, or_, select, text
from sqlalchemy.orm import Session

from conversations.models import OutboxMessage
from policies.contact import ContactPolicy, Stage
from scheduler.candidates import TOO_LATE, candidates
from scheduler.models import PlanRun
from scheduler.rates import UNLIMITED, Rate
from scheduler.sql import insert_into, is_postgres
from scheduler.windows import local_dates, write_windows
from storage.engine import Database

ONE_PLANNER = 7_305_001


@dataclass(frozen=True)
class Looked:
    """One reminder the plan has looked at. `held_by` is the rule that holds it back, None when it is planned."""

    rule: str
    day: date
    loan: str
    borrower: str
    number: int
    due_on: date
    timezone: str
    channel: str | None
    not_before: datetime | None
    expires_at: datetime | None
    held_by: str | None


@dataclass
class Plan:
    """What a planning run did, or in a dry run would do. `planned` counts new rows by stage and day."""

    at: datetime
    profile: str
    dry_run: bool
    planned: Counter[tuple[str, date]] = field(default_factory=Counter)
    looked: list[Looked] = field(default_factory=list)


@dataclass(frozen=True)
class Fit:
    """Whether a day's reminders fit into a channel's rate and the shortest window. Counts are messages."""

    day: date
    channel: str
    planned: int
    capacity: int


@dataclass(frozen=True)
class _Task:
    stage: Stage
    day: date
    missed: bool


def plan(
    database: Database, policy: ContactPolicy, at: datetime, *, dry_run: bool = False, listed: bool = False
) -> Plan:
    """Plan every stage for the days it is somewhere at `at`, and for the days missed since the last run.

    At most the profile's `catch_up_days` are gone through again; a reminder whose time has passed is kept as expired.
    `listed` also gives every reminder that was looked at. A dry run does the same and takes everything back.
    """
    outcome = Plan(at, policy.profile, dry_run)
    if dry_run:
        with _taken_back(database) as session:
            for task in _prepare(session, policy, at):
                _plan_one(session, policy, task, outcome, listed)
        return outcome
    with database.write() as session:
        tasks = _prepare(session, policy, at)
    for task in tasks:
        with database.write() as session:
            _plan_one(session, policy, task, outcome, listed)
    return outcome


def forecast(outcome: Plan, policy: ContactPolicy, rates: dict[str, Rate]) -> list[Fit]:
    """Return for each day and channel of a listed plan how many reminders there are and how many can go."""
    shortest = min(hours.minutes for hours in (policy.default_hours, *policy.hours_by_timezone.values()))
    counts = Counter(
        (item.day, item.channel) for item in outcome.looked if item.held_by is None and item.channel
    )
    return [
        Fit(day, channel, count, int(rates.get(channel, UNLIMITED).per_second * shortest * 60))
        for (day, channel), count in sorted(counts.items())
        if channel
    ]


@contextmanager
def _taken_back(database: Database) -> Iterator[Session]:
    with Session(database.engine) as session:
        yield session
        session.rollback()


def _prepare(session: Session, policy: ContactPolicy, at: datetime) -> list[_Task]:
    """Write the windows the plan will need, and return what is to be planned, in the order it takes daily shares."""
    dates = local_dates(session, at)
    if not dates:
        return []
    first, last = min(dates.values()), max(dates.values())
    tasks = [task for stage in policy.stages for task in _tasks(session, stage, policy, first, last)]
    tasks.sort(key=lambda task: (task.day, task.stage.priority))
    late = max(stage.late_days for stage in policy.stages)
    days = (last - tasks[0].day).days + late + 1
    write_windows(session, policy, dates, [tasks[0].day + timedelta(days=n) for n in range(days)])
    return tasks


def _tasks(session: Session, stage: Stage, policy: ContactPolicy, first: date, last: date) -> list[_Task]:
    done = session.scalar(select(func.max(PlanRun.local_date)).where(PlanRun.rule_id == stage.id))
    begin = first
    if done is not None:
        begin = max(min(done + timedelta(days=1), first), first - timedelta(days=policy.catch_up_days))
    days = (begin + timedelta(days=n) for n in range((last - begin).days + 1))
    return [_Task(stage, day, missed=done is not None and day > done) for day in days]


def _plan_one(session: Session, policy: ContactPolicy, task: _Task, outcome: Plan, listed: bool) -> None:
    if is_postgres(session):  # planners take turns, so that caps count what the other has planned
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_PLANNER})
    if listed:
        outcome.looked += _look(session, policy, task, outcome.at)
    count = _insert(session, policy, task, outcome.at)
    outcome.planned[task.stage.id, task.day] += count
    _mark(session, task, count, outcome.at)


def _look(session: Session, policy: ContactPolicy, task: _Task, at: datetime) -> list[Looked]:
    found = candidates(policy, task.stage, task.day, at, missed=task.missed)
    return [
        Looked(
            rule=task.stage.id,
            day=task.day,
            loan=row.loan_ref,
            borrower=row.borrower_ref,
            number=row.number,
            due_on=row.due_on,
            timezone=row.timezone,
            channel=row.channel,
            not_before=row.not_before,
            expires_at=row.expires_at,
            held_by=row.held_by,
        )
        for row in session.execute(found)
    ]


def _insert(session: Session, policy: ContactPolicy, task: _Task, at: datetime) -> int:
    found = candidates(policy, task.stage, task.day, at, missed=task.missed).subquery()
    chosen = select(
        found.c.dedupe_key,
        literal("reminder"),
        literal(task.stage.priority),
        found.c.channel,
        found.c.address,
        found.c.conversation_id,
        found.c.borrower_id,
        found.c.loan_id,
        found.c.instalment_id,
        found.c.due_on,
        literal(task.stage.id),
        literal(task.stage.text),
        found.c.not_before,
        found.c.expires_at,
        case((found.c.held_by == TOO_LATE, literal("expired")), else_=literal("pending")),
        literal(at, OutboxMessage.created_at.type),
    ).where(or_(found.c.held_by.is_(None), found.c.held_by == TOO_LATE))
    names = (
        "dedupe_key lane priority channel address conversation_id borrower_id loan_id instalment_id due_on rule_id "
        "template not_before expires_at status created_at"
    ).split()
    inserted = session.execute(
        insert_into(session, OutboxMessage)
        .from_select(names, chosen)
        .on_conflict_do_nothing(index_elements=["dedupe_key"]),
        execution_options={"preserve_rowcount": True},
    )
    return int(getattr(inserted, "rowcount", 0))


def _mark(session: Session, task: _Task, count: int, at: datetime) -> None:
    statement = insert_into(session, PlanRun).values(
        rule_id=task.stage.id, local_date=task.day, planned=count, planned_at=at
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["rule_id", "local_date"],
            set_={"planned": PlanRun.planned + count, "planned_at": at},
        )
    )
