"""A "yes" or "ok" when nothing was asked."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.menu import menu_buttons
from conversations.turn import Turn


class ActionNothingPending(BorrowerAction):
    """Make sure nobody believes that something was agreed."""

    def answer(self, turn: Turn) -> str | None:
        if turn.pending.get("kind") == "identity":
            turn.say("ask_identity")
        else:
            turn.say("nothing_pending", buttons=menu_buttons(turn))
        return None
