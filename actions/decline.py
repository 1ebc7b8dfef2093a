"""A "no", or a change of mind."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.base import BorrowerAction
from actions.figures import answered_by_figures
from actions.menu import menu_buttons
from conversations.turn import Turn
from loans.models import Agreement

UNDO = re.compile(r"取消|撤销|撤回|作废|反悔|不办了|cancel|undo|revoke|reverse|call it off", re.IGNORECASE)


class ActionDecline(BorrowerAction):
    """Drop what was pending, unless the "no" comes with what is wanted instead; nothing has been changed."""

    def answer(self, turn: Turn) -> str | None:
        asked = turn.pending.get("kind")
        wants_something_else = turn.intent == "change_mind" or asked in (
            "confirm_agreement",
            "confirm_promise",
        )
        if wants_something_else and (answering := answered_by_figures(turn)):
            return answering
        turn.settle()
        if asked in (None, "none") and self._agreement_stands(turn):
            return None
        if asked in (None, "none", "identity"):
            turn.say("nothing_to_decline", buttons=menu_buttons(turn))
        else:
            turn.record("declined", {"question": asked})
            buttons = [
                turn.button("button_relief", "ask_extension"),
                turn.button("button_human", "ask_human"),
            ]
            turn.say("promise_dropped" if asked == "confirm_promise" else "declined", buttons=buttons)
        return None

    def _agreement_stands(self, turn: Turn) -> bool:
        """A wish to undo what was signed goes to a person; nobody may believe that it is undone already."""
        signed = newest_signed(turn) if turn.verified else None
        if signed is None or not (turn.intent == "change_mind" or UNDO.search(turn.message.text)):
            return False
        turn.hand_over()
        turn.open_case("handover", loan=signed.loan, reason="undo_agreement", details=turn.message.text[:500])
        words = "agreement_stands" if signed.status == "active" else "agreement_waits"
        turn.say(words, loan=signed.loan.ref, agreement=signed.id[:8])
        return True


def newest_signed(turn: Turn) -> Agreement | None:
    """Return the borrower's newest agreement if it is in force or waits, else None."""
    mine = [loan.id for loan in turn.loans()]
    newest = turn.session.scalar(
        select(Agreement).where(Agreement.loan_id.in_(mine)).order_by(Agreement.confirmed_at.desc()).limit(1)
    )
    in_force = ("active", "pending_consent", "pending_approval")
    return newest if newest is not None and newest.status in in_force else None
