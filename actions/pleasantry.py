"""Thanks and goodbye."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionPleasantry(BorrowerAction):
    """Answer politely and leave everything as it is."""

    def answer(self, turn: Turn) -> str | None:
        turn.say("goodbye" if turn.intent == "goodbye" else "pleasantry")
        return None
