"""From the loan book's rows to the pure position a relief is computed from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date

from loans.models import Instalment, Loan, Schedule
from loans.money import Rounding
from loans.relief.position import Components, OpenCharge, OpenInstalment, Position
from loans.relief.terms import Terms


def position_of(loan: Loan, schedule: Schedule, as_of: date) -> Position:
    """Return where a loan stands on `as_of`, a day in the borrower's time zone, under the schedule in force."""
    terms = terms_of(loan, schedule)
    instalments: list[OpenInstalment] = []
    previous = loan.disbursed_on
    for row in schedule.instalments:
        instalments.append(_open(row, row.from_date or previous))
        previous = row.due_on
    return Position(
        loan_ref=loan.ref,
        currency=loan.currency,
        principal=loan.principal,
        annual_rate_pct=loan.annual_rate_pct,
        method=terms.method,
        disbursed_on=loan.disbursed_on,
        original_maturity_on=loan.original_maturity_on,
        term_months=loan.term_months,
        as_of=as_of,
        instalments=tuple(instalments),
        day_count=loan.day_count,
        rounding=Rounding(loan.product.rounding_mode, loan.product.rounding_unit),
        period=terms.period,
        rate_changes=terms.rate_changes,
        due_day=terms.due_day,
        charges=tuple(
            OpenCharge(charge.kind, charge.due_on, charge.component, charge.left)
            for charge in loan.charges
            if charge.left
        ),
        prior_extension_months=loan.prior_extension_months,
        restructure_count=loan.restructure_count,
        secured=loan.secured,
        guarantor=loan.guarantor,
        bears_penalty=loan.penalty_rate_pct > 0,
    )


def terms_of(loan: Loan, schedule: Schedule) -> Terms:
    """Return what interest counts by under a schedule version: its own terms, or else the contract's."""
    return Terms.from_json(schedule.terms) if schedule.terms else Terms(loan.method)


def fingerprint(loan: Loan, schedule: Schedule) -> str:
    """Return a hash of all a relief is computed and decided from, whatever the day.

    It covers the loan's status and terms, its history of relief, who secures it, its open charges, and the terms of the
    schedule in force and every row of it with what has been paid: it changes when a payment comes, and when a guarantor
    does.
    """
    position = asdict(position_of(loan, schedule, schedule.effective_on))
    del position["as_of"]
    text = json.dumps(
        [loan.status, schedule.version, position], sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _open(row: Instalment, from_date: date) -> OpenInstalment:
    return OpenInstalment(
        number=row.number,
        from_date=from_date,
        due_on=row.due_on,
        due=Components(row.principal, row.interest, row.fee, row.penalty),
        paid=Components(row.principal_paid, row.interest_paid, row.fee_paid, row.penalty_paid),
        interest_carried=row.interest_carried,
    )
