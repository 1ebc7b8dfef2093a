"""A small invented loan book and a channel for the reminder tests."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations.models import Conversation, OutboxMessage
from conversations.sending import Delivery, Outcome
from loans.models import Borrower, ContactPoint, Instalment, Loan, Product, Schedule
from storage.engine import Database

SHANGHAI = "Asia/Shanghai"
DUE = date(2026, 12, 10)
MONTH = date(2026, 11, 10)


def at(day: int, hour: int = 1, minute: int = 0, *, month: int = 12) -> datetime:
    """An instant of December 2026 in UTC; 01:00 UTC is 09:00 in Shanghai, in the window and after the spread."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def add_borrower(
    session: Session,
    ref: str,
    *,
    timezone: str = SHANGHAI,
    language: str = "zh",
    chat: str | None = "",
    **fields: Any,
) -> Borrower:
    """Add a borrower with a linked, verified Telegram chat (`chat` None: none, "": one named after them)."""
    about = {"name": f"Invented {ref}", "id_last4": "123X", "language": language, "timezone": timezone}
    borrower = Borrower(ref=ref, **about, **fields)
    session.add(borrower)
    session.flush()
    if chat is not None:
        add_chat(session, borrower, chat or f"chat-{ref}")
    return borrower


def add_chat(
    session: Session, borrower: Borrower, address: str, *, channel: str = "telegram", verified: bool = True
) -> Conversation:
    """Link a chat to a borrower, with its contact point."""
    moment = at(1)
    conversation = Conversation(
        channel=channel,
        address=address,
        borrower_id=borrower.id,
        linked_at=moment,
        verified_at=moment if verified else None,
        language=borrower.language,
        created_at=moment,
    )
    session.add_all([conversation, ContactPoint(borrower_id=borrower.id, kind=channel, value=address)])
    session.flush()
    return conversation


def add_loan(
    session: Session, borrower: Borrower, ref: str, due: list[date], amount: str = "1030.00"
) -> Loan:
    """Add a loan whose first schedule version has an instalment of `amount` on each of the days."""
    product = session.query(Product).first() or Product(code="plain")
    principal = Decimal(amount) - Decimal("30.00")
    loan = Loan(
        ref=ref,
        borrower_id=borrower.id,
        product=product,
        principal=principal * len(due),
        annual_rate_pct=Decimal("12"),
        term_months=len(due),
        method="equal_principal",
        disbursed_on=MONTH,
        first_due_on=due[0],
        currency="CNY",
        secured=False,
        guarantor=False,
        original_maturity_on=due[-1],
    )
    session.add(loan)
    session.flush()
    add_schedule(session, loan, 1, due, principal)
    return loan


def add_schedule(
    session: Session, loan: Loan, version: int, due: list[date], principal: Decimal = Decimal("1000.00")
) -> Schedule:
    """Add an active schedule version, superseding the one before."""
    session.query(Schedule).filter_by(loan_id=loan.id).update({"status": "superseded"})
    schedule = Schedule(loan_id=loan.id, version=version, effective_on=MONTH, created_at=at(1))
    schedule.instalments = [
        Instalment(
            number=number,
            due_on=day,
            principal=principal,
            interest=Decimal("30.00"),
            fee=Decimal(0),
            penalty=Decimal(0),
        )
        for number, day in enumerate(due, start=1)
    ]
    session.add(schedule)
    session.flush()
    return schedule


def rows(database: Database) -> list[OutboxMessage]:
    """Every outbox row, in the order they were written."""
    with database.read() as session:
        found = list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
        session.expunge_all()
        return found


class Journal:
    """A channel in memory that writes down what it accepted, and answers as it is told.

    `answers` are taken one by one; when they have run out everything is accepted. An answer may be an `Outcome`, an
    exception to raise, or a function of the delivery that gives an outcome.
    """

    def __init__(
        self, *answers: Outcome | Exception | Callable[[Delivery], Outcome], delay: float = 0.0
    ) -> None:
        self.answers = list(answers)
        self.delay = delay
        self.tried: list[Delivery] = []
        self.accepted: list[Delivery] = []
        self.in_flight = self.most_in_flight = 0

    async def send(self, delivery: Delivery) -> Outcome:
        self.tried.append(delivery)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.delay)
            return self._answer(delivery)
        finally:
            self.in_flight -= 1

    def _answer(self, delivery: Delivery) -> Outcome:
        answer = (
            self.answers.pop(0) if self.answers else Outcome("sent", provider_message_id=str(len(self.tried)))
        )
        if isinstance(answer, Exception):
            raise answer
        outcome = answer if isinstance(answer, Outcome) else answer(delivery)
        if outcome.kind == "sent":
            self.accepted.append(delivery)
        return outcome

    def times_accepted(self) -> Counter[int]:
        """How often each outbox row was accepted."""
        return Counter(delivery.outbox_id for delivery in self.accepted)
