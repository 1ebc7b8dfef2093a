"""A greeting."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.menu import menu_buttons
from conversations.turn import Turn


class ActionGreet(BorrowerAction):
    """Say who we are, that this is an AI, and what can be done. A pending question stays pending."""

    is_digression = True
    is_request = False

    def answer(self, turn: Turn) -> str | None:
        turn.say("greet", buttons=menu_buttons(turn))
        return None
