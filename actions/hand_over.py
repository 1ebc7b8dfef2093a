"""A person is wanted."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionHandOver(BorrowerAction):
    """Ask for a person; until one comes the bot goes on helping."""

    allowed_in_crisis = True

    def answer(self, turn: Turn) -> str | None:
        turn.hand_over()
        turn.open_case("handover", reason="asked")
        turn.say("hand_over")
        return None
