"""What the options on offer, or the one read back, cost."""

from __future__ import annotations

from decimal import Decimal

from actions.base import BorrowerAction
from actions.compare import difference_from_today, extra_interest
from conversations.turn import Turn
from loans.models import Quote
from policies.wording import money, rate


class ActionCost(BorrowerAction):
    """Say what each costs in all beside today's plan, from the quote itself; the question stays pending."""

    needs_identity = True
    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        about = turn.pending
        read_back = about.get("kind") == "confirm_agreement"
        ids = [about["quote"]] if read_back else about.get("quotes") or []
        quotes = [turn.session.get_one(Quote, each) for each in ids]
        turn.say("lines", lines="\n".join(self._line(turn, n, quote) for n, quote in enumerate(quotes, 1)))
        return None

    def _line(self, turn: Turn, number: int, quote: Quote) -> str:
        values = {
            "total": money(Decimal(quote.totals["due"]), quote.loan.currency, turn.language),
            "extra": difference_from_today(turn, quote),
            "interest": extra_interest(turn, quote),
            "apr": rate(quote.apr_pct, turn.language) if quote.apr_pct is not None else "-",
        }
        if turn.pending.get("kind") == "confirm_agreement":
            return turn.words("cost_of_this", **values)
        return turn.words("cost_of_option", number=str(number), **values)
