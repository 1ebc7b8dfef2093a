"""A "yes" or "ok" that answers no question."""

from __future__ import annotations

from actions.ask_again import ask_again
from actions.base import BorrowerAction
from actions.menu import menu_buttons
from conversations.turn import Turn


class ActionNothingPending(BorrowerAction):
    """Make sure nobody believes that something was agreed. An earlier read-back's button has it read back again."""

    is_request = False

    def answer(self, turn: Turn) -> str | None:
        if turn.arguments.get("quote"):
            return "action_choose"
        if not ask_again(turn):
            turn.say("nothing_pending", buttons=menu_buttons(turn))
        return None
