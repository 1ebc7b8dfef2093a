"""The borrower picks: a loan, or one of the options."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.ask_again import ask_again, option_buttons
from actions.base import BorrowerAction
from actions.figures import answered_by_figures, months_in, named_loan, numbered, option_named
from actions.read_back import read_back
from conversations.turn import Turn
from loans.models import Agreement, Quote
from loans.positions import fingerprint
from loans.view import active_schedule

BARE_NUMBER = re.compile(r"\W*\d+\W*")
TO_CONFIRM = ("confirm_agreement", "confirm_promise")


class ActionChoose(BorrowerAction):
    """Take the option by its button or number; a single option may also be taken by a yes.

    A bare number in answer to a read-back may mean its first button or another option: it is asked again.
    """

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        if turn.arguments.get("loan") or turn.pending.get("kind") == "choose_loan":
            return self._loan(turn)
        if not turn.arguments and _is_unclear(turn) and ask_again(turn):
            return None
        chosen = turn.arguments.get("quote") or option_named(turn)
        quote = turn.session.get(Quote, chosen) if chosen else None
        if quote is not None and quote.loan.borrower_id == turn.conversation.borrower_id:
            return self._option(turn, quote)
        if other := answered_by_figures(turn):
            return other if other != self.name() else "action_offer_relief"
        quotes = turn.pending.get("quotes")
        if not quotes:
            return "action_offer_relief"
        turn.say("choose_which", buttons=option_buttons(turn, quotes))
        return None

    def _option(self, turn: Turn, quote: Quote) -> str | None:
        agreement = turn.session.scalar(select(Agreement).where(Agreement.quote_id == quote.id))
        if agreement is not None and agreement.stands:
            turn.say("agreed_already", loan=quote.loan.ref, agreement=agreement.id[:8])
        elif agreement or turn.now >= quote.expires_at or _position(turn, quote) != quote.position_hash:
            turn.rule("agreement.quote_current", False, quote=quote.id)
            turn.say("option_outdated")
            self._offer_again(turn, quote)
            return "action_offer_relief"
        else:
            read_back(turn, quote)
        return None

    def _offer_again(self, turn: Turn, quote: Quote) -> None:
        same_loan = turn.pending.get("loan") == quote.loan.ref
        kept = {name: turn.pending.get(name) for name in ("months", "reason", "wish")} if same_loan else {}
        months = kept.pop("months", None) or next(iter(months_in(quote.params)), None)
        turn.ask("offer_relief", loan=quote.loan.ref, months=months, **kept)

    def _loan(self, turn: Turn) -> str:
        said = named_loan(turn)
        named = said.ref if said else numbered(turn, [loan.ref for loan in turn.loans()])
        ref = turn.arguments.get("loan") or named
        then = turn.arguments.get("then") or turn.pending.get("then") or "action_offer_relief"
        wanted = turn.pending.get("wanted")
        turn.settle()
        turn.resume(wanted, loan=ref)
        return str(then)


def _is_unclear(turn: Turn) -> bool:
    """Whether a read-back is answered by nothing but a number."""
    return turn.pending.get("kind") in TO_CONFIRM and BARE_NUMBER.fullmatch(turn.message.text) is not None


def _position(turn: Turn, quote: Quote) -> str:
    return fingerprint(quote.loan, active_schedule(turn.session, quote.loan))
