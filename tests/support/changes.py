"""What conversations have changed in the whole loan book, so that a test can say: this, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from conversations.models import OutboxMessage
from loans.allocation import allocate
from loans.models import Agreement, Case, Loan, Payment, PromiseToPay, Schedule
from storage.engine import Database
from tests.support.talk import Talk


@dataclass(frozen=True)
class Changes:
    """Everything that is not as the tape brought it, over all borrowers.

    Agreements are (loan, kind, status), promises (loan, day, amount) of the open ones, schedules the loans that have a
    new plan, cases the kinds of the open ones.
    """

    agreements: tuple[tuple[str, str, str], ...] = ()
    promises: tuple[tuple[str, str, str], ...] = ()
    schedules: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


def changes(database: Database) -> Changes:
    """Look through the whole book."""
    with database.read() as session:
        agreed = session.scalars(select(Agreement).order_by(Agreement.confirmed_at))
        promised = session.execute(
            select(Loan.ref, PromiseToPay).join(Loan).where(PromiseToPay.status == "open").order_by(Loan.ref)
        )
        replanned = select(Loan.ref).join(Schedule).where(Schedule.version > 1, Schedule.status == "active")
        return Changes(
            agreements=tuple((made.loan.ref, made.quote.kind, made.status) for made in agreed),
            promises=tuple((ref, word.pay_on.isoformat(), str(word.amount)) for ref, word in promised),
            schedules=tuple(session.scalars(replanned.order_by(Loan.ref))),
            cases=tuple(session.scalars(select(Case.kind).where(Case.status == "open").order_by(Case.kind))),
        )


COLUMNS = ("number", "due_on", "principal", "interest", "fee", "penalty", "due")


def plan(database: Database, loan_ref: str) -> list[tuple[str, ...]]:
    """The rows of the loan's schedule in force, as written."""
    with database.read() as session:
        in_force = select(Schedule).join(Loan).where(Loan.ref == loan_ref, Schedule.status == "active")
        rows = session.scalars(in_force).one().instalments
        return [tuple(str(getattr(row, column)) for column in COLUMNS) for row in rows]


def quoted_plan(database: Database, loan_ref: str) -> list[tuple[str, ...]]:
    """The rows of the quote that the loan's latest agreement confirmed, as the borrower was shown them."""
    with database.read() as session:
        latest = (
            select(Agreement).join(Loan).where(Loan.ref == loan_ref).order_by(Agreement.confirmed_at.desc())
        )
        rows: list[dict[str, Any]] = session.scalars(latest.limit(1)).one().quote.rows
        return [tuple(str(row[column]) for column in COLUMNS) for row in rows]


def pay(database: Database, loan_ref: str, amount: str, paid_on: date) -> None:
    """Have a payment come in, as the next tape would bring it."""
    with database.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == loan_ref)).one()
        session.add(
            Payment(loan_id=loan.id, paid_on=paid_on, amount=Decimal(amount), external_ref=f"late-{paid_on}")
        )
        session.flush()
        allocate(session, [loan.id])


def pictures(chat: Talk) -> Sequence[dict[str, Any]]:
    """What is drawn with the replies of the chat."""
    with chat.database.read() as session:
        mine = OutboxMessage.conversation_id == chat.conversation(session).id
        sent = [row.attachment for row in session.scalars(select(OutboxMessage).where(mine))]
        return [spec for spec in sent if spec.get("kind") == "schedule"]


def question(chat: Talk) -> str:
    """The kind of the question the bot waits on."""
    with chat.database.read() as session:
        return str(chat.conversation(session).pending.get("kind") or "none")


async def press_earlier(chat: Talk, turn: int, title: str) -> None:
    """Press a button of an earlier answer, which is still to be seen further up in the chat."""
    buttons = [button for reply in chat.turns[turn].replies for button in reply["buttons"]]
    [payload] = [button["payload"] for button in buttons if button["title"] == title]
    await chat.says(f"!button {payload}")
