"""An agreement ready for JSON: briefly as a chat tells it, and with all there is to know about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from loans.models import Agreement, Waiver


def agreement_view(agreement: Agreement, loan_ref: str) -> dict[str, Any]:
    """Return an agreement as `chat` prints it, with what it asks to be paid, as it was signed."""
    quote = agreement.quote
    names = ("number", "due_on", "principal", "interest", "fee", "due")
    return {
        "id": agreement.id,
        "loan": loan_ref,
        "kind": quote.kind,
        "status": agreement.status,
        "new_maturity": quote.new_maturity_on.isoformat(),
        "instalments": [{name: row[name] for name in names} for row in quote.rows if not row["paid"]],
    }


def agreement_details(agreement: Agreement, loan_ref: str) -> dict[str, Any]:
    """Return an agreement with what it changes, what it waits for and since when, who decided, and how it ended."""
    quote, waits_for = agreement.quote, missing(agreement)
    return agreement_view(agreement, loan_ref) | {
        "quote": quote.id,
        "hash": quote.hash,
        "steps": quote.steps,
        "terms": quote.terms,
        "capitalised_interest": str(quote.capitalised_interest),
        "effects": quote.effects,
        "waived": quote.waived,
        "waivers": [_waiver(row) for row in agreement.waivers],
        "waits_for": waits_for,
        "waiting_since": _instant(_waiting_since(agreement)) if waits_for else None,
        "approval_level": quote.approval_level,
        "confirmed_at": _instant(agreement.confirmed_at),
        "requested_by": agreement.requested_by,
        "decided_at": _instant(agreement.decided_at),
        "decided_by": agreement.decided_by,
        "replaces": agreement.replaces_id,
        "ended_at": _instant(agreement.ended_at),
        "ended_because": agreement.ended_because or None,
        "ended_by": agreement.ended_by,
    }


def missing(agreement: Agreement) -> list[str]:
    """Return what an agreement waits for: the parties whose consent is missing, or the approval."""
    if agreement.status == "pending_approval":
        return ["approval"]
    if agreement.status != "pending_consent":
        return []
    given = {consent.party for consent in agreement.consents}
    return [party for party in agreement.quote.consents_needed if party not in given]


def _waiting_since(agreement: Agreement) -> datetime:
    """Since the borrower confirmed; an approval after consents, since the last of them."""
    consents = [consent.recorded_at for consent in agreement.consents]
    return max([agreement.confirmed_at, *(consents if agreement.status == "pending_approval" else [])])


def _waiver(waiver: Waiver) -> dict[str, Any]:
    charge = waiver.charge
    return {
        "component": waiver.component,
        "instalment": waiver.instalment_number,
        "charge": {"kind": charge.kind, "due_on": charge.due_on.isoformat()} if charge else None,
        "amount": str(waiver.amount),
        "waived_at": _instant(waiver.waived_at),
        "reversed_at": _instant(waiver.reversed_at),
    }


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
