"""What another rulebook would offer on the whole book: before and after, without changing anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from loans.circumstances import branch_sums, known_circumstances, under_agreement
from loans.models import Loan, Schedule
from loans.options import Option, offers
from loans.positions import position_of
from loans.relief.position import Position
from policies.facts import Circumstances
from policies.rulebook import Rulebook

LOANS_AT_ONCE = 500
Tell = Callable[[int, int], None]
"""Told how many loans are done, and of how many."""


@dataclass(frozen=True)
class Offered:
    """One option a rulebook offers on a loan. Amounts are in the loan's currency."""

    kind: str
    params: Mapping[str, Any]
    approval_level: str | None
    consents_needed: tuple[str, ...]
    extra_interest: Decimal
    waived: Decimal


@dataclass(frozen=True)
class Answer:
    """What a rulebook offers on one loan, in its order; or, when nothing, the rules that refuse."""

    options: tuple[Offered, ...]
    refused_by: tuple[str, ...]

    def is_like(self, other: Answer) -> bool:
        """Tell whether it is the same to the borrower: the same options in order, or refused by the same rules."""
        return self.options == other.options and set(self.refused_by) == set(other.refused_by)


@dataclass(frozen=True)
class Change:
    """A loan on which the two rulebooks do not offer the same."""

    loan_ref: str
    currency: str
    before: Answer
    after: Answer


@dataclass
class Tally:
    """What one rulebook offers on all open loans.

    `offers` counts every option by its kind, `refusals` once a loan the rules (or states of the loan) that leave it
    without an option. `needs_approval` and `needs_consent` count loans by their first option; `extra_interest` and
    `waived` add up the first options, by currency.
    """

    rulebook: str
    loans: int = 0
    with_offer: int = 0
    needs_approval: int = 0
    needs_consent: int = 0
    offers: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    extra_interest: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    waived: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def count(self, answer: Answer, currency: str) -> None:
        """Add one loan."""
        self.loans += 1
        self.offers.update(option.kind for option in answer.options)
        self.refusals.update(answer.refused_by)
        if not answer.options:
            return
        first = answer.options[0]
        self.with_offer += 1
        self.needs_approval += first.approval_level is not None
        self.needs_consent += bool(first.consents_needed)
        self.extra_interest[currency] += first.extra_interest
        self.waived[currency] += first.waived


@dataclass(frozen=True)
class Simulation:
    """The same book under two rulebooks, and the loans for which they differ, by reference."""

    before: Tally
    after: Tally
    changes: tuple[Change, ...]


def simulate(
    session: Session, before: Rulebook, after: Rulebook, now: datetime, tell: Tell = lambda done, total: None
) -> Simulation:
    """What two rulebooks offer on every open loan of the book to a borrower who asks for relief and says no more.

    `now` is an aware instant; each loan is seen on its borrower's day. Only reads.
    """
    tallies = (Tally(before.id), Tally(after.id))
    changes = []
    for position, circumstances in _open_loans(session, now, before, after, tell):
        old, new = (answer(position, rulebook, circumstances) for rulebook in (before, after))
        for tally, given in zip(tallies, (old, new), strict=True):
            tally.count(given, position.currency)
        if not old.is_like(new):
            changes.append(Change(position.loan_ref, position.currency, old, new))
    return Simulation(*tallies, tuple(changes))


def answer(position: Position, rulebook: Rulebook, circumstances: Circumstances) -> Answer:
    """What a rulebook offers on one loan."""
    options = offers(position, rulebook, circumstances=circumstances)
    offered = tuple(_offered(option) for option in options if option.allowed)
    refused_by = {} if offered else dict.fromkeys(rule for option in options for rule in _refusers(option))
    return Answer(offered, tuple(refused_by))


def _offered(option: Option) -> Offered:
    proposal, decision = option.proposal, option.decision
    assert proposal is not None and decision is not None
    return Offered(
        kind=option.kind,
        params=option.params,
        approval_level=decision.approval_level,
        consents_needed=decision.consents_needed,
        extra_interest=proposal.interest_difference,
        waived=proposal.waived.total,
    )


def _refusers(option: Option) -> Sequence[str]:
    if option.decision is None:
        return [str(option.error_code)]
    return [result.id for result in option.decision.refusals]


def _open_loans(
    session: Session, now: datetime, before: Rulebook, after: Rulebook, tell: Tell
) -> Iterator[tuple[Position, Circumstances]]:
    """Every open loan in the order of references, some hundred at a time."""
    total = session.scalar(select(func.count(Loan.id)).where(Loan.status == "active")) or 0
    with_branch = before.looks_at_branch or after.looks_at_branch
    sums = branch_sums(session) if with_branch else {}
    relieved = under_agreement(session) if with_branch else set()
    last, done = "", 0
    tell(done, total)
    while schedules := _some_schedules(session, last):
        for loan, schedule in schedules:
            today = now.astimezone(ZoneInfo(loan.borrower.timezone)).date()
            position = position_of(loan, schedule, today)
            others, everything = sums.get((loan.branch, loan.currency), (None, None))
            if others is not None and loan.id in relieved:
                others -= position.outstanding.principal
            yield (
                position,
                known_circumstances(loan, position.days_past_due, relieved=others, outstanding=everything),
            )
        last, done = schedules[-1][0].ref, done + len(schedules)
        session.expunge_all()
        tell(done, total)


def _some_schedules(session: Session, after_ref: str) -> list[tuple[Loan, Schedule]]:
    """The next open loans by reference, each with its schedule in force."""
    found = session.execute(
        select(Loan, Schedule)
        .join(Schedule, Schedule.loan_id == Loan.id)
        .where(Loan.status == "active", Schedule.status == "active", Loan.ref > after_ref)
        .order_by(Loan.ref)
        .limit(LOANS_AT_ONCE)
        .options(
            joinedload(Loan.borrower),
            joinedload(Loan.product),
            selectinload(Loan.charges),
            selectinload(Schedule.instalments),
        )
    )
    return [(loan, schedule) for loan, schedule in found]
