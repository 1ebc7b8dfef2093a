"""A "no", or a change of mind."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.figures import answered_by_figures
from actions.menu import menu_buttons
from conversations.turn import Turn


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
