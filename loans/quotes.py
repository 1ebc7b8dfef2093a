"""Quotes: a relief frozen as exactly what a borrower is shown, with its rules, its hash and its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.models import Agreement, Loan, Quote, Schedule
from loans.options import Option, offers
from loans.positions import fingerprint, position_of
from loans.relief.proposal import ENGINE_VERSION, NewRow, annual_cost_pct
from loans.view import active_schedule
from policies.facts import Circumstances
from policies.relief import RuleResult
from policies.rulebook import Rulebook


def quote_options(
    session: Session,
    loan: Loan,
    rulebook: Rulebook,
    now: datetime,
    *,
    requested_months: int | None = None,
    reason: str | None = None,
) -> tuple[list[Quote], list[Option]]:
    """Compute what the rulebook offers on this loan, at most three, and freeze each as a quote.

    `now` is aware, in the borrower's time zone. Returns the quotes; or, when nothing is allowed, none and the refused
    options with their reasons.
    """
    schedule = active_schedule(session, loan)
    options = offers(
        position_of(loan, schedule, now.date()), rulebook, requested_months, Circumstances(reason=reason)
    )
    quotes = [freeze(session, loan, schedule, option, rulebook, now) for option in options if option.allowed]
    return quotes, [option for option in options if not option.allowed]


def freeze(
    session: Session, loan: Loan, schedule: Schedule, option: Option, rulebook: Rulebook, now: datetime
) -> Quote:
    """Write an option down as a quote. The same option on the same day and position is the same quote.

    A quote whose agreement was decided against is used up: the same option then becomes a new one.
    It ends `quote_valid_hours` after the end of the borrower's day on which it was made. Raises ValueError for a
    refused option.
    """
    proposal, decision = option.proposal, option.decision
    if proposal is None or decision is None or not decision.allowed:
        raise ValueError(
            f"option {option.kind} on loan {loan.ref} is refused; only an allowed one can be quoted"
        )
    position = position_of(loan, schedule, now.date())
    rows = [as_row(row) for row in proposal.rows]
    rules = [as_rule(result) for result in decision.results]
    content: dict[str, Any] = {
        "loan": loan.ref,
        "position": fingerprint(loan, schedule),
        "as_of": now.date().isoformat(),
        "kind": proposal.kind,
        "params": dict(proposal.params),
        "rows": rows,
        "rules": rules,
        "consents_needed": list(decision.consents_needed),
        "needs_approval": decision.needs_approval,
        "rulebook": rulebook.id,
        "engine": ENGINE_VERSION,
    }
    while (existing := session.scalar(select(Quote).where(Quote.hash == _digest(content)))) is not None:
        if not _is_used_up(session, existing):
            return existing
        content["after"] = existing.hash
    quote = Quote(
        loan_id=loan.id,
        schedule_version=schedule.version,
        position_hash=content["position"],
        kind=proposal.kind,
        params=dict(proposal.params),
        rows=rows,
        totals={
            "principal": str(proposal.totals.principal),
            "interest": str(proposal.totals.interest),
            "fee": str(proposal.totals.fee),
            "penalty": str(proposal.totals.penalty),
            "due": str(proposal.totals.total),
        },
        apr_pct=annual_cost_pct(position, proposal),
        new_maturity_on=proposal.new_maturity,
        extension_months=proposal.extension_months,
        extra_cost=proposal.interest_difference,
        summary_zh=option.summary_zh,
        summary_en=option.summary_en,
        rules=rules,
        consents_needed=list(decision.consents_needed),
        needs_approval=decision.needs_approval,
        engine_version=ENGINE_VERSION,
        rulebook=rulebook.id,
        hash=_digest(content),
        created_at=now,
        expires_at=end_of_day(now) + timedelta(hours=rulebook.quote_valid_hours),
    )
    session.add(quote)
    session.flush()
    return quote


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _is_used_up(session: Session, quote: Quote) -> bool:
    agreement = session.scalar(select(Agreement).where(Agreement.quote_id == quote.id))
    return agreement is not None and not agreement.stands


def end_of_day(now: datetime) -> datetime:
    """Return the midnight that ends the day of `now` in its time zone."""
    return datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)


def as_row(row: NewRow) -> dict[str, Any]:
    """Return a proposed row as JSON: money as decimal strings, dates in ISO 8601."""
    return {
        "number": row.number,
        "from_date": row.from_date.isoformat(),
        "due_on": row.due_on.isoformat(),
        "principal": str(row.principal),
        "interest": str(row.interest),
        "fee": str(row.fee),
        "penalty": str(row.penalty),
        "due": str(row.due),
        "balance": str(row.balance),
        "interest_carried": str(row.interest_carried),
        "paid": row.kept,
    }


def as_rule(result: RuleResult) -> dict[str, Any]:
    """Return a rule's result as JSON, reasons in both languages."""
    return {
        "id": result.id,
        "allowed": result.allowed,
        "needs": result.needs,
        "reason_zh": result.reason_zh,
        "reason_en": result.reason_en,
        "inputs": dict(result.inputs),
    }


def rows_to_pay(quote: Quote) -> Sequence[Mapping[str, Any]]:
    """Return the quote's rows that are still to be paid."""
    return [row for row in quote.rows if not row["paid"]]


def first_payment(quote: Quote) -> tuple[date, Decimal]:
    """Return the day of the first payment under the quote, and all that falls due on it, in the loan's currency."""
    rows = rows_to_pay(quote)
    first_on = min(row["due_on"] for row in rows)
    amount = sum((Decimal(row["due"]) for row in rows if row["due_on"] == first_on), Decimal(0))
    return date.fromisoformat(first_on), amount
