"""Somebody wants money to be sent to a person."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionFraudAlert(BorrowerAction):
    """Warn, and alert staff: it may be one of their own."""

    allowed_in_crisis = True

    def answer(self, turn: Turn) -> str | None:
        turn.open_case("fraud_alert", reason=turn.intent, details=turn.spoken.text[:500])
        turn.hand_over()
        turn.say("fraud_alert")
        return None
