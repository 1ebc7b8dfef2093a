"""A "no", or a change of mind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions.base import BorrowerAction
from actions.figures import CHOOSING, answered_by_figures
from actions.loan_choice import next_loan
from actions.menu import menu_buttons
from actions.signed import newest_signed
from conversations.turn import Turn

UNDO = re.compile(r"取消|撤销|撤回|作废|反悔|不办了|cancel|undo|revoke|reverse|call it off", re.IGNORECASE)

OF_ALL = re.compile(r"都|全|没(?:有)?一个|none|neither|nothing|any of", re.IGNORECASE)


class ActionDecline(BorrowerAction):
    """Drop what was pending, unless the "no" comes with what is wanted instead; nothing has been changed."""

    def answer(self, turn: Turn) -> str | None:
        asked = turn.pending.get("kind")
        wants_something_else = turn.intent == "change_mind" or asked in (*CHOOSING, "confirm_promise")
        if wants_something_else and (answering := answered_by_figures(turn)):
            return answering
        before = turn.pending
        turn.settle()
        said_of_all = asked == "confirm_agreement" and OF_ALL.search(turn.message.text)
        if turn.intent == "deny" and (asked == "choose_option" or said_of_all):
            self._refuse_all(turn, before)
            return "action_offer_relief" if next_loan(turn, before) else None
        if asked in (None, "none") and self._wants_undone(turn):
            return "action_withdraw"
        if asked in (None, "none", "identity"):
            turn.say("nothing_to_decline", buttons=menu_buttons(turn))
        else:
            turn.record("declined", {"question": asked})
            buttons = [
                turn.button("button_relief", "ask_extension"),
                turn.button("button_human", "ask_human"),
            ]
            turn.say("promise_dropped" if asked == "confirm_promise" else "declined", buttons=buttons)
            return "action_offer_relief" if next_loan(turn, before) else None
        return None

    def _refuse_all(self, turn: Turn, asked: Mapping[str, Any]) -> None:
        """None of the options suits: staff hear of it, and a person or another proposal is offered."""
        turn.record("declined", {"question": "choose_option"})
        loan = next((loan for loan in turn.loans() if loan.ref == asked.get("loan")), None)
        case = turn.open_case("hardship", loan=loan, reason="options_refused")
        turn.note(case, f"no option suits 所列方案都不合适 ({asked.get('loan')}): {turn.message.text[:300]}")
        buttons = [turn.button("button_human", "ask_human"), turn.button("button_relief", "ask_extension")]
        turn.say("options_refused", buttons=buttons)

    def _wants_undone(self, turn: Turn) -> bool:
        says_so = UNDO.search(turn.message.text) is not None
        return (says_so or (turn.intent == "change_mind" and turn.verified)) and newest_signed(
            turn
        ) is not None
