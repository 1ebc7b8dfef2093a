"""An offer that no longer holds is worked out anew, with what was asked for kept."""

from __future__ import annotations

from actions.figures import CHOOSING, months_in, still_holds
from conversations.turn import Turn
from loans.models import Quote


def outdated(turn: Turn) -> Quote | None:
    """Return a quote the pending question is about that has expired or whose loan has changed; None when all hold."""
    about = turn.pending
    if about.get("kind") not in CHOOSING or not turn.verified:
        return None
    ids = [about["quote"]] if about.get("quote") else about.get("quotes") or []
    quotes = [turn.session.get_one(Quote, each) for each in ids]
    return next((quote for quote in quotes if not still_holds(turn, quote)), None)


def offer_anew(turn: Turn, quote: Quote) -> None:
    """Set the question so that `action_offer_relief` offers today's options in place of this quote's."""
    same_loan = turn.pending.get("loan") == quote.loan.ref
    kept = {name: turn.pending.get(name) for name in ("months", "reason", "wish")} if same_loan else {}
    months = kept.pop("months", None) or next(iter(months_in(quote.params)), None)
    turn.ask("offer_relief", loan=quote.loan.ref, months=months, **kept)
