"""The borrower gives the last characters of the ID."""

from __future__ import annotations

from actions.ask_again import ask_again
from actions.base import BorrowerAction
from actions.identity import ask_identity, characters_given, check_identity
from actions.menu import menu_buttons
from conversations.turn import Turn


class ActionIdentify(BorrowerAction):
    """Check the characters; if they are right, go on with what was wanted before."""

    allowed_in_crisis = True
    takes_identity = False

    def answer(self, turn: Turn) -> str | None:
        if turn.verified:
            turn.say("already_verified", buttons=menu_buttons(turn))
            ask_again(turn)
            return None
        claimed = characters_given(turn)
        if claimed is None:
            ask_identity(turn)
            return None
        asked = turn.pending
        if not check_identity(turn, claimed):
            return None
        turn.resume(asked.get("wanted"))
        return asked.get("then") or "action_menu"
