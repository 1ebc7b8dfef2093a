"""A cry for help, or a threat."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionCrisis(BorrowerAction):
    """Stop collecting, give the lines where people listen, and bring a person at once."""

    allowed_in_crisis = True

    def answer(self, turn: Turn) -> str | None:
        turn.settle()
        turn.hand_over("crisis")
        turn.open_case("crisis", reason=turn.intent)
        turn.suppress("crisis")
        turn.rule("conduct.crisis_stops_collection", False)
        turn.say("threat" if turn.intent == "threat_violence" else "crisis")
        return None
