"""The borrower needs a moment."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn
from loans.models import Quote
from policies.wording import day


class ActionWait(BorrowerAction):
    """Leave everything as it is and say so, with the day until which an offer holds. Nothing is asked again."""

    def answer(self, turn: Turn) -> str | None:
        about = turn.pending
        offered = [about["quote"]] if about.get("quote") else about.get("quotes") or []
        quote = turn.session.get(Quote, offered[0]) if offered else None
        if quote is None or not turn.verified:
            turn.say("no_hurry")
            return None
        expires = quote.expires_at.astimezone(turn.now.tzinfo).date()
        turn.say("no_hurry_offer", expires=day(expires, turn.language))
        return None
