"""A cry for help, or a threat."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.safety import answer_danger
from conversations.turn import Turn


class ActionCrisis(BorrowerAction):
    """Stop collecting, and bring a person at once."""

    allowed_in_crisis = True
    takes_identity = False

    def answer(self, turn: Turn) -> str | None:
        answer_danger(turn)
        return None
