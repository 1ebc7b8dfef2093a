"""Something that is not our subject."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.menu import menu_buttons
from conversations.turn import Turn


class ActionOutOfScope(BorrowerAction):
    """Say what we can help with. A pending question stays pending."""

    def answer(self, turn: Turn) -> str | None:
        turn.say("out_of_scope", buttons=menu_buttons(turn))
        return None
