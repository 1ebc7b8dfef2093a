"""The borrower picks: a loan, or one of the options."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select

from actions.anew import offer_anew
from actions.ask_again import ask_again, option_buttons
from actions.base import BorrowerAction
from actions.figures import (
    answered_by_figures,
    named_loan,
    numbered,
    option_named,
    options_described,
    still_holds,
)
from actions.loan_choice import ALL
from actions.read_back import read_back
from actions.request_words import means_both
from actions.wishes import wish_of
from conversations.turn import Turn
from loans.models import Agreement, Quote

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
        alike = options_described(turn)
        if len(alike) > 1:
            self._ask_between(turn, alike)
            return None
        quote = alike[0] if alike else self._named(turn)
        if quote is not None and quote.loan.borrower_id == turn.conversation.borrower_id:
            return self._option(turn, quote)
        if other := answered_by_figures(turn):
            return other if other != self.name() else "action_offer_relief"
        quotes = turn.pending.get("quotes")
        if not quotes:
            return "action_offer_relief"
        turn.say("choose_which", buttons=option_buttons(turn, quotes))
        return None

    def _named(self, turn: Turn) -> Quote | None:
        chosen = turn.arguments.get("quote")
        if chosen is None and not wish_of(turn):
            chosen = option_named(turn)
        return turn.session.get(Quote, chosen) if chosen else None

    def _ask_between(self, turn: Turn, alike: Sequence[Quote]) -> None:
        """More than one option is as they say: only these are asked about, by the numbers they were shown with."""
        ids = [quote.id for quote in alike]
        buttons = [
            button
            for button in option_buttons(turn, turn.pending["quotes"])
            if button.intent == "ask_human" or button.arguments["quote"] in ids
        ]
        turn.say(
            "choose_between",
            numbers=("、" if turn.language == "zh" else ", ").join(each.title for each in buttons[:-1]),
            buttons=buttons,
        )

    def _option(self, turn: Turn, quote: Quote) -> str | None:
        agreement = turn.session.scalar(select(Agreement).where(Agreement.quote_id == quote.id))
        if agreement is not None and agreement.stands:
            turn.say("agreed_already", loan=quote.loan.ref, agreement=agreement.id[:8])
        elif agreement or not still_holds(turn, quote):
            turn.rule("agreement.quote_current", False, quote=quote.id)
            turn.say("option_outdated")
            offer_anew(turn, quote)
            return "action_offer_relief"
        else:
            read_back(turn, quote)
        return None

    def _loan(self, turn: Turn) -> str:
        said = named_loan(turn)
        named = said.ref if said else numbered(turn, [loan.ref for loan in turn.loans()])
        ref = turn.arguments.get("loan") or named
        if ref is None and means_both(str(turn.message.details.get("redacted") or "")):
            ref = ALL
        then = turn.arguments.get("then") or turn.pending.get("then") or "action_offer_relief"
        wanted = turn.pending.get("wanted")
        turn.settle()
        turn.resume(wanted, loan=ref)
        return str(then)


def _is_unclear(turn: Turn) -> bool:
    """Whether a read-back is answered by nothing but a number."""
    return turn.pending.get("kind") in TO_CONFIRM and BARE_NUMBER.fullmatch(turn.message.text) is not None
