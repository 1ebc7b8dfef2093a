"""Reading an option back, to the cent, before anything is agreed."""

from __future__ import annotations

from decimal import Decimal

from actions.ask_again import confirm_buttons
from actions.compare import extra_interest, follow_up_words, parties
from conversations.turn import Turn
from loans.models import Quote
from loans.quotes import first_payment, made_on, still_overdue
from loans.view import unpaid_charges
from policies.wording import day, money, rate


def read_back(turn: Turn, quote: Quote) -> None:
    """Say exactly what the quote means and ask for a yes. Only this question makes a yes an agreement."""
    language, currency = turn.language, quote.loan.currency
    same_loan = turn.pending.get("loan") == quote.loan.ref
    kept = (
        {name: turn.pending.get(name) for name in ("quotes", "months", "reason", "wish")} if same_loan else {}
    )
    turn.ask("confirm_agreement", quote=quote.id, loan=quote.loan.ref, **kept)
    turn.say(
        "read_back",
        loan=quote.loan.ref,
        summary=quote.summary_zh if language == "zh" else quote.summary_en,
        first=_first(turn, quote),
        maturity=day(quote.new_maturity_on, language),
        total=money(Decimal(quote.totals["due"]), currency, language),
        difference=extra_interest(turn, quote),
        apr=rate(quote.apr_pct, language) if quote.apr_pct is not None else "-",
        conditions="\n".join(conditions(turn, quote)),
        quote=quote.id[:8],
        expires=day(quote.expires_at.astimezone(turn.now.tzinfo).date(), language),
        buttons=confirm_buttons(turn, quote),
    )


def conditions(turn: Turn, quote: Quote) -> list[str]:
    """Say what comes beside the plan, what follows from it, and what stands between a yes and the new plan."""
    lines = [charges_beside(turn, quote), follow_up_words(turn, quote)]
    if quote.consents_needed:
        condition = "condition_consent_and_approval" if quote.needs_approval else "condition_consent"
        lines.append(turn.words(condition, parties=parties(turn, quote)))
    else:
        lines.append(turn.words("condition_approval" if quote.needs_approval else "condition_none"))
    return [line for line in lines if line]


def charges_beside(turn: Turn, quote: Quote) -> str:
    """Say what is owed beside the plan and not waived by it; nothing when nothing is."""
    waived = sum((Decimal(charge["amount"]) for charge in quote.waived_charges), Decimal(0))
    charges = unpaid_charges(turn.session, quote.loan) - waived
    if not charges:
        return ""
    return turn.words("read_back_charges", charges=money(charges, quote.loan.currency, turn.language))


def _first(turn: Turn, quote: Quote) -> str:
    """Say what stays overdue, and the first payment to come."""
    currency, language = quote.loan.currency, turn.language
    first_on, amount = first_payment(quote)
    lines = []
    if late := still_overdue(quote):
        lines.append(turn.words("read_back_overdue", amount=money(late, currency, language)))
    if first_on >= made_on(quote):
        first = {"amount": money(amount, currency, language), "due_on": day(first_on, language)}
        lines.append(turn.words("read_back_first", **first))
    return "\n".join(lines)
