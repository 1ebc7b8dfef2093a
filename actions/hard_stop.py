"""What must stop reminders at once and go to the right person."""

from __future__ import annotations

from dataclasses import dataclass

from actions.base import BorrowerAction
from conversations.turn import Turn


@dataclass(frozen=True)
class Stop:
    """What a hard stop does: the reason nothing more is sent, the case that is opened, and what is said."""

    suppression: str
    case: str
    text: str
    unlink: bool = False


STOPS = {
    "stop_contact": Stop("stop_contact", "", "stop_contact"),
    "wrong_person": Stop("wrong_person", "wrong_person", "wrong_person", unlink=True),
    "third_party": Stop("third_party", "third_party", "third_party"),
    "minor": Stop("third_party", "third_party", "minor"),
    "dispute_debt": Stop("dispute", "dispute", "dispute"),
    "attorney_represented": Stop("attorney", "attorney", "attorney"),
    "bankruptcy": Stop("bankruptcy", "bankruptcy", "bankruptcy"),
    "deceased": Stop("deceased", "deceased", "deceased"),
}


class ActionHardStop(BorrowerAction):
    """Hold back everything proactive, open the case, and reveal nothing."""

    allowed_in_crisis = True

    def answer(self, turn: Turn) -> str | None:
        stop = STOPS[turn.intent]
        turn.settle()
        turn.suppress(stop.suppression)
        if stop.suppression == "stop_contact" and turn.borrower is not None:
            turn.borrower.opted_out = True
        turn.rule(f"conduct.{stop.suppression}_stops_reminders", False)
        if stop.case:
            turn.open_case(stop.case, reason=turn.intent, details=turn.spoken.text[:500])
            turn.hand_over()
        if stop.unlink:
            turn.conversation.verified_at = None
        turn.say(stop.text)
        return None
