"""What must stop reminders at once and go to the right person."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.safety import answer_danger
from conversations.turn import Turn


class ActionHardStop(BorrowerAction):
    """Hold back everything proactive, and reveal nothing."""

    allowed_in_crisis = True
    takes_identity = False

    def answer(self, turn: Turn) -> str | None:
        answer_danger(turn)
        return None
