"""The borrower picks: a loan, or one of the options."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.read_back import read_back
from conversations.turn import Turn
from loans.models import Quote


class ActionChoose(BorrowerAction):
    """Take the option by its button or number; a single option may also be taken by a yes."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        if turn.arguments.get("loan") or turn.pending.get("kind") == "choose_loan":
            return self._loan(turn)
        quotes = turn.pending.get("quotes", [])
        chosen = turn.arguments.get("quote") or self._numbered(turn, quotes)
        quote = turn.session.get(Quote, chosen) if chosen else None
        if quote is not None and quote.loan.borrower_id == turn.conversation.borrower_id:
            read_back(turn, quote)
        elif quotes:
            turn.say("choose_which")
        else:
            return "action_offer_relief"
        return None

    def _loan(self, turn: Turn) -> str:
        offered = turn.pending.get("loans", [])
        ref = turn.arguments.get("loan") or self._numbered(turn, offered)
        then = turn.pending.get("then") or "action_offer_relief"
        turn.ask("none", loan=ref, resumed=turn.pending.get("resumed"))
        return str(then)

    def _numbered(self, turn: Turn, offered: list[str]) -> str | None:
        number = next((e["value"] for e in turn.message.entities if e["type"] == "option"), None)
        if number is None and len(offered) == 1:
            number = 1
        if number is None or not offered or number > len(offered):
            return None
        return offered[number - 1 if number > 0 else number]
