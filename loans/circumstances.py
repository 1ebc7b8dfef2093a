"""What the relief rules look at beside the schedule, from the loan book."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from loans.classes import asset_class
from loans.models import WAITING, Agreement, Instalment, Loan, Schedule
from loans.view import active_schedule, days_past_due
from policies.facts import Circumstances
from storage.types import Money

ZERO = Decimal(0)
UNDER_AGREEMENT = exists().where(Agreement.loan_id == Loan.id, Agreement.status.in_((*WAITING, "active")))
LEFT = func.sum(Instalment.principal - Instalment.principal_paid, type_=Money())


def circumstances_of(
    session: Session, loan: Loan, *, reason: str | None = None, today: date, branch: bool = True
) -> Circumstances:
    """The circumstances of a loan on `today`, a date in the borrower's time zone.

    `reason` is why the borrower asks. The branch's sums are in the loan's currency; a loan that names no branch
    belongs with the others that name none. They read all open loans of the branch: with `branch` false they are
    left out, for a rulebook that does not ask for them (`Rulebook.looks_at_branch`).
    """
    late = days_past_due(active_schedule(session, loan), today)
    if not branch:
        return known_circumstances(loan, late, reason=reason)
    others = _branches().where(Loan.branch == loan.branch, Loan.currency == loan.currency, Loan.id != loan.id)
    sums = session.execute(others).one()
    own = session.scalar(_of_open_loans(select(LEFT)).where(Loan.id == loan.id))
    return known_circumstances(
        loan,
        late,
        relieved=sums.relieved or ZERO,
        outstanding=(sums.outstanding or ZERO) + (own or ZERO),
        reason=reason,
    )


def known_circumstances(
    loan: Loan,
    late_days: int,
    *,
    relieved: Decimal | None = None,
    outstanding: Decimal | None = None,
    reason: str | None = None,
) -> Circumstances:
    """The circumstances of a loan whose days past due and branch's sums are known.

    `relieved` is the principal left on the branch's other loans that are under an agreement, or wait for one;
    `outstanding` that of all its open loans, this one included.
    """
    return Circumstances(
        reason=reason,
        industry=loan.borrower.industry,
        region=loan.borrower.region,
        branch=loan.branch,
        tags=tuple(loan.borrower.tags),
        signals=tuple(loan.signals),
        class_floor=asset_class(loan.asset_class, late_days),
        product_max_term_months=loan.product.max_term_months,
        watch_until=loan.watch_until,
        branch_relieved_amount=relieved,
        branch_outstanding_amount=outstanding,
    )


def branch_sums(session: Session) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """For each branch and currency, the principal left on its loans under an agreement and on all its open loans."""
    query = _branches().add_columns(Loan.branch, Loan.currency).group_by(Loan.branch, Loan.currency)
    return {
        (row.branch, row.currency): (row.relieved or ZERO, row.outstanding or ZERO)
        for row in session.execute(query)
    }


def under_agreement(session: Session) -> set[int]:
    """The ids of the open loans that are under an agreement, or wait for one."""
    return set(session.scalars(select(Loan.id).where(Loan.status == "active", UNDER_AGREEMENT)))


def _branches() -> Select[Any]:
    return _of_open_loans(select(LEFT.filter(UNDER_AGREEMENT).label("relieved"), LEFT.label("outstanding")))


def _of_open_loans(query: Any) -> Select[Any]:
    joined: Select[Any] = (
        query.select_from(Loan)
        .join(Schedule, Schedule.loan_id == Loan.id)
        .join(Instalment, Instalment.schedule_id == Schedule.id)
        .where(Loan.status == "active", Schedule.status == "active")
    )
    return joined
