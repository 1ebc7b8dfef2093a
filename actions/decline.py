"""A "no", or a change of mind."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.menu import menu_buttons
from conversations.turn import Turn


class ActionDecline(BorrowerAction):
    """Drop what was pending; nothing has been changed."""

    def answer(self, turn: Turn) -> str | None:
        asked = turn.pending.get("kind")
        turn.settle()
        if asked in (None, "none", "identity"):
            turn.say("nothing_to_decline", buttons=menu_buttons(turn))
        else:
            turn.record("declined", {"question": asked})
            turn.say("declined", buttons=[turn.button("button_relief", "ask_extension"), turn.button("button_human", "ask_human")])
        return None
