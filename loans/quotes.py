"""Quotes: a relief frozen as exactly what a borrower is shown, with its rules, its hash and its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from loans.circumstances import circumstances_of
from loans.effects import effects_of
from loans.models import Agreement, Loan, Quote, Schedule
from loans.money import by_day
from loans.options import Option, answers, offers
from loans.positions import fingerprint, position_of
from loans.relief import Wanted
from loans.relief.position import Components, Position
from loans.relief.proposal import ENGINE_VERSION, NewRow, annual_cost_pct, steps_json
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
    position = position_of(loan, schedule, now.date())
    known = _circumstances(session, loan, rulebook, now, reason)
    options = offers(position, rulebook, requested_months, known)
    allowed = [option for option in options if option.allowed]
    refused = [option for option in options if not option.allowed]
    return [freeze(session, loan, schedule, option, rulebook, now) for option in allowed], refused


def quote_wishes(
    session: Session,
    loan: Loan,
    rulebook: Rulebook,
    now: datetime,
    wishes: Iterable[Sequence[Wanted]],
    *,
    reason: str | None = None,
) -> tuple[list[Quote], list[Option]]:
    """Compute what a borrower asks for by name, in their order, and freeze each that is allowed as a quote.

    `now` is aware, in the borrower's time zone. Returns the quotes, with the nearest allowed in place of a refused
    wish, and all the wishes that were refused.
    """
    schedule = active_schedule(session, loan)
    position = position_of(loan, schedule, now.date())
    known = _circumstances(session, loan, rulebook, now, reason)
    allowed, refused = answers(position, rulebook, wishes, known)
    return [freeze(session, loan, schedule, option, rulebook, now) for option in allowed], refused


def _circumstances(
    session: Session, loan: Loan, rulebook: Rulebook, now: datetime, reason: str | None
) -> Circumstances:
    branch = rulebook.looks_at_branch
    return circumstances_of(session, loan, reason=reason, today=now.date(), branch=branch)


def freeze(
    session: Session, loan: Loan, schedule: Schedule, option: Option, rulebook: Rulebook, now: datetime
) -> Quote:
    """Write an option down as a quote. The same option on the same day and position is the same quote.

    A quote whose agreement was decided against is used up: the same option then becomes a new one.
    It ends `quote_valid_hours` after the end of the borrower's day on which it was made. Raises ValueError for a
    refused option.
    """
    proposal = option.proposal
    if proposal is None or not option.allowed:
        raise ValueError(
            f"option {option.kind} on loan {loan.ref} is refused; only an allowed one can be quoted"
        )
    shown = _shown(position_of(loan, schedule, now.date()), option)
    expires_at = end_of_day(now) + timedelta(hours=rulebook.quote_valid_hours)
    content: dict[str, Any] = {
        "loan": loan.ref,
        "position": fingerprint(loan, schedule),
        "as_of": now.date().isoformat(),
        "expires_at": expires_at.astimezone(UTC).isoformat(),
        "rulebook": rulebook.id,
        "engine": ENGINE_VERSION,
        **shown,
    }
    while (existing := session.scalar(select(Quote).where(Quote.hash == _digest(content)))) is not None:
        if not _is_used_up(session, existing):
            return existing
        content["after"] = existing.hash
    quote = Quote(
        **shown
        | {
            "apr_pct": None if shown["apr_pct"] is None else Decimal(shown["apr_pct"]),
            "capitalised_interest": proposal.capitalised_interest,
        },
        loan_id=loan.id,
        schedule_version=schedule.version,
        position_hash=content["position"],
        new_maturity_on=proposal.new_maturity,
        extension_months=proposal.extension_months,
        extra_cost=proposal.interest_difference,
        summary_zh=option.summary_zh,
        summary_en=option.summary_en,
        engine_version=ENGINE_VERSION,
        rulebook=rulebook.id,
        hash=_digest(content),
        created_at=now,
        expires_at=expires_at,
    )
    try:
        with session.begin_nested():
            session.add(quote)
    except IntegrityError:  # the same option was frozen by somebody else in this moment
        return session.scalars(select(Quote).where(Quote.hash == quote.hash)).one()
    return quote


def _shown(position: Position, option: Option) -> dict[str, Any]:
    """What a borrower is shown of an allowed option and the rules found, as JSON: all of it is hashed and kept."""
    proposal, decision = option.proposal, option.decision
    assert proposal is not None and decision is not None
    apr_pct = annual_cost_pct(position, proposal)
    return {
        "kind": proposal.kind,
        "params": dict(proposal.params),
        "steps": steps_json(proposal.steps),
        "rows": [as_row(row) for row in proposal.rows],
        "totals": {**_amounts(proposal.totals), "due": str(proposal.totals.total)},
        "terms": proposal.terms.as_json(),
        "waived": _amounts(proposal.waived),
        "waived_charges": [
            {"kind": waiver.kind, "due_on": waiver.due_on.isoformat(), "amount": str(waiver.amount)}
            for waiver in proposal.waived_charges
        ],
        "capitalised_interest": str(proposal.capitalised_interest),
        "apr_pct": None if apr_pct is None else str(apr_pct),
        "rules": [as_rule(result) for result in decision.results],
        "consents_needed": list(decision.consents_needed),
        "needs_approval": decision.needs_approval,
        "approval_level": decision.approval_level,
        "effects": effects_of(position, proposal, decision.effects),
    }


def _amounts(amounts: Components) -> dict[str, str]:
    return {name: str(amount) for name, amount in asdict(amounts).items()}


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
    """Return the quote's rows that are to be paid under it."""
    return [row for row in quote.rows if not row["paid"]]


def first_payment(quote: Quote) -> tuple[date, Decimal]:
    """Return the first day from the quote's own on which it asks for money, and all that falls due on it.

    When everything it asks for was overdue by then, it is the last of those days. Amounts are in the loan's currency.
    """
    due = _due(quote)
    first_on = min((day for day in due if day >= made_on(quote)), default=max(due))
    return first_on, due[first_on]


def still_overdue(quote: Quote) -> Decimal:
    """Return what was overdue on the quote's own day and stays so under it, in the loan's currency."""
    return sum((amount for day, amount in _due(quote).items() if day < made_on(quote)), Decimal(0))


def made_on(quote: Quote) -> date:
    """Return the day on which the quote was made, where the borrower is."""
    return quote.created_at.astimezone(ZoneInfo(quote.loan.borrower.timezone)).date()


def _due(quote: Quote) -> dict[date, Decimal]:
    return by_day((date.fromisoformat(row["due_on"]), Decimal(row["due"])) for row in rows_to_pay(quote))
