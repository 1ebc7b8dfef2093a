"""Reading an option back, to the cent, before anything is agreed."""

from __future__ import annotations

from decimal import Decimal

from actions.ask_again import confirm_buttons
from conversations.turn import Turn
from loans.models import Quote
from loans.quotes import first_payment
from loans.view import unpaid_charges
from policies.wording import day, money, rate


def read_back(turn: Turn, quote: Quote) -> None:
    """Say exactly what the quote means and ask for a yes. Only this question makes a yes an agreement."""
    language, currency = turn.language, quote.loan.currency
    first_on, first_amount = first_payment(quote)
    same_loan = turn.pending.get("loan") == quote.loan.ref
    kept = {name: turn.pending.get(name) for name in ("quotes", "months", "reason")} if same_loan else {}
    turn.ask("confirm_agreement", quote=quote.id, loan=quote.loan.ref, **kept)
    turn.say(
        "read_back",
        loan=quote.loan.ref,
        summary=quote.summary_zh if language == "zh" else quote.summary_en,
        first_amount=money(first_amount, currency, language),
        first_due_on=day(first_on, language),
        maturity=day(quote.new_maturity_on, language),
        total=money(Decimal(quote.totals["due"]), currency, language),
        difference=_difference(turn, quote),
        apr=rate(quote.apr_pct, language) if quote.apr_pct is not None else "-",
        conditions=charges_beside(turn, quote) + conditions(turn, quote),
        quote=quote.id[:8],
        expires=day(quote.expires_at.astimezone(turn.now.tzinfo).date(), language),
        buttons=confirm_buttons(turn, quote),
    )


def charges_beside(turn: Turn, quote: Quote) -> str:
    """Say what is owed beside the plan; nothing when nothing is."""
    charges = unpaid_charges(turn.session, quote.loan)
    if not charges:
        return ""
    amount = money(charges, quote.loan.currency, turn.language)
    return turn.words("read_back_charges", charges=amount) + "\n"


def parties(turn: Turn, quote: Quote) -> str:
    """Name whose consent is needed."""
    return turn.words("and").join(turn.words(f"party_{party}") for party in quote.consents_needed)


def conditions(turn: Turn, quote: Quote) -> str:
    """Say what stands between the borrower's yes and the new plan."""
    if quote.consents_needed:
        return turn.words("condition_consent", parties=parties(turn, quote))
    return turn.words("condition_approval" if quote.needs_approval else "condition_none")


def _difference(turn: Turn, quote: Quote) -> str:
    if not quote.extra_cost:
        return turn.words("difference_none")
    amount = money(abs(quote.extra_cost), quote.loan.currency, turn.language)
    return turn.words("difference_more" if quote.extra_cost > 0 else "difference_less", amount=amount)
