"""Is this real?"""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionLegitimacy(BorrowerAction):
    """Give the official ways to check, which do not pass through this chat. A pending question stays pending."""

    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        turn.say("legitimacy", buttons=[turn.button("button_human", "ask_human")])
        return None
