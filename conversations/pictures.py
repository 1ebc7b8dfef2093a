"""The pictures that go with messages, drawn from the loan book when they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.models import Loan, Schedule
from loans.picture import PictureRow, draw_schedule
from loans.view import active_schedule
from policies.texts import texts
from policies.wording import day, money

LABELS = "picture_"


def render(session: Session, spec: Mapping[str, Any], language: str, as_of: date) -> bytes:
    """Return a message's picture as PNG.

    `spec` is {"kind": "schedule", "loan": ref}, and "version" when it is not the active schedule; `as_of` is
    a date in the borrower's time zone. Raises LookupError when the picture or the loan is unknown.
    """
    loan, rows = _plan(session, spec)
    labels = {text.id: text.words[language] for text in texts() if text.id.startswith(LABELS)}
    title = texts()["picture_title"].render(language, {"loan": loan.ref})
    return draw_schedule(
        rows, title=title, labels=labels, language=language, currency=loan.currency, as_of=as_of
    )


def describe(session: Session, spec: Mapping[str, Any], language: str) -> str:
    """Return in one sentence what a message's picture shows, for those who cannot see it. Raises as `render` does."""
    loan, rows = _plan(session, spec)
    values = {
        "loan": loan.ref,
        "count": str(len(rows)),
        "left": money(sum((row.unpaid for row in rows), Decimal(0)), loan.currency, language),
        "date": day(max(row.due_on for row in rows), language),
    }
    return texts()["picture_alt"].render(language, values)


def loan_of(session: Session, spec: Mapping[str, Any]) -> Loan:
    """Return the loan that goes with a message. Raises LookupError when it is unknown."""
    loan = session.scalar(select(Loan).where(Loan.ref == str(spec.get("loan"))))
    if loan is None:
        raise LookupError(f"there is no loan {spec.get('loan')!r}")
    return loan


def _plan(session: Session, spec: Mapping[str, Any]) -> tuple[Loan, list[PictureRow]]:
    if spec.get("kind") != "schedule":
        raise LookupError(f"there is no picture of kind {spec.get('kind')!r}")
    loan = loan_of(session, spec)
    schedule = (
        _version(session, loan, spec["version"]) if spec.get("version") else active_schedule(session, loan)
    )
    return loan, [PictureRow(row.number, row.due_on, row.due, row.unpaid) for row in schedule.instalments]


def _version(session: Session, loan: Loan, version: int) -> Schedule:
    schedule = session.scalar(
        select(Schedule).where(Schedule.loan_id == loan.id, Schedule.version == version)
    )
    if schedule is None:
        raise LookupError(f"loan {loan.ref} has no schedule version {version}")
    return schedule
