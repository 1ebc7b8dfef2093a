"""Thanks and goodbye."""

from __future__ import annotations

from actions.ask_again import ask_again
from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionPleasantry(BorrowerAction):
    """Answer politely and leave everything as it is. Who says goodbye is not asked anything more."""

    is_request = False

    def answer(self, turn: Turn) -> str | None:
        if turn.intent == "goodbye":
            turn.say("goodbye")
        else:
            turn.say("pleasantry")
            ask_again(turn, briefly=True)
        return None
