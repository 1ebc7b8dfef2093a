"""What the figures in a message answer, whatever the rest of its words seemed to mean."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from actions.option_words import described
from actions.wishes import wish_of
from conversations.turn import Turn
from loans.models import Loan, Quote
from loans.positions import fingerprint
from loans.view import active_schedule

PROMISING = ("promise_details", "confirm_promise")
CHOOSING = ("choose_option", "confirm_agreement")
FIGURES = ("amount", "date", "duration", "option", "loan", "id_suffix")


def answered_by_figures(turn: Turn) -> str | None:
    """Return the action that understands the message's wish, loan, months, number, day or amount, or None."""
    asked = turn.pending.get("kind")
    meant = options_described(turn)
    if meant and turn.pending.get("quote") not in {quote.id for quote in meant}:
        return "action_choose"
    if wish_of(turn):
        return "action_offer_relief"
    if asked == "choose_loan" and (named_loan(turn) or turn.entity("option")):
        return "action_choose"
    if asked in PROMISING and _says_other_promise(turn):
        return "action_promise"
    if asked in CHOOSING:
        loan = named_loan(turn)
        if _says_other_months(turn) or (loan is not None and loan.ref != turn.pending.get("loan")):
            return "action_offer_relief"
        if turn.entity("option") and option_named(turn) != turn.pending.get("quote"):
            return "action_choose"
    return None


def _says_other_promise(turn: Turn) -> bool:
    """Tell whether a day or an amount is named, or hinted at, that is not the one known already."""
    said_on, said_amount = turn.entity("date"), turn.entity("amount")
    if said_amount and Decimal(said_amount["amount"]) != Decimal(turn.pending.get("amount") or 0):
        return True
    if said_amount and any(
        loan.ref == turn.pending.get("loan") and loan.currency != said_amount["currency"]
        for loan in turn.loans()
    ):
        return True
    if turn.unclear("amount") or turn.unclear("date"):
        return True
    return bool(said_on) and said_on != turn.pending.get("date")


def _says_other_months(turn: Turn) -> bool:
    """Tell whether a time is named that is not the one read back."""
    said = turn.entity("duration")
    quote = turn.session.get(Quote, turn.pending.get("quote", ""))
    if said is None or quote is None:
        return said is not None
    return said["unit"] != "month" or int(said["n"]) not in months_in(quote.params)


def months_in(params: Mapping[str, object]) -> list[int]:
    """Return every number of months among a quote's parameters, which may stand after a kind, as in deferral.months."""
    return [int(str(value)) for name, value in params.items() if name.rpartition(".")[2] == "months"]


def is_mostly_figures(turn: Turn) -> bool:
    """Tell whether a message says little else than its figures, like "2000 yuan"."""
    figures = sum(len(entity["text"]) for entity in turn.message.entities if entity["type"] in FIGURES)
    return 2 * figures >= len(turn.message.text.strip())


def named_loan(turn: Turn) -> Loan | None:
    """Return the loan whose number stands in the text, if there is exactly one."""
    said = turn.spoken.text.casefold()
    named = [loan for loan in turn.loans() if loan.ref.casefold() in said]
    return named[0] if len(named) == 1 else None


def option_named(turn: Turn) -> str | None:
    """Return which of the quotes on offer is meant by its number, or the only one when none is named."""
    return numbered(turn, turn.pending.get("quotes") or [])


def options_described(turn: Turn) -> list[Quote]:
    """Return the quotes on offer that the words describe by kind or beside the others, unless months are named."""
    offered = turn.pending.get("quotes") or []
    if turn.pending.get("kind") not in CHOOSING or turn.spoken.kind == "button" or turn.entity("duration"):
        return []
    quotes = [turn.session.get_one(Quote, quote) for quote in offered]
    if not all(still_holds(turn, quote) for quote in quotes):
        return []
    return described(str(turn.spoken.details.get("redacted") or ""), quotes)


def still_holds(turn: Turn, quote: Quote) -> bool:
    """Tell whether a quote can still be agreed: it has not expired, and the loan is as it was."""
    if turn.now >= quote.expires_at:
        return False
    return fingerprint(quote.loan, active_schedule(turn.session, quote.loan)) == quote.position_hash


def numbered(turn: Turn, offered: list[str]) -> str | None:
    """Return what is meant of a numbered list: by its number (-1 is the last), or the only one when none is named."""
    number = turn.entity("option")
    if number is None and len(offered) == 1:
        number = 1
    if number is None or not offered or number > len(offered):
        return None
    return offered[number - 1 if number > 0 else number]
