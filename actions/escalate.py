"""What only a person may decide, and what a person should hear about."""

from __future__ import annotations

from dataclasses import dataclass

from actions.base import BorrowerAction
from conversations.turn import Turn


@dataclass(frozen=True)
class Matter:
    """The case a matter opens and what is said; `offer` shows the way to our own options."""

    case: str
    text: str
    offer: bool = False


MATTERS = {
    "complain_regulator": Matter("complaint", "complaint"),
    "abusive_language": Matter("complaint", "abuse"),
    "debt_agent_script": Matter("debt_agent", "debt_agent", offer=True),
}


REQUESTS = {
    "ask_extension": "action_offer_relief",
    "ask_amount_due": "action_amount_due",
    "ask_due_date": "action_due_date",
    "ask_schedule": "action_schedule",
    "ask_how_to_pay": "action_how_to_pay",
}
LIKELY = 0.15


class ActionEscalate(BorrowerAction):
    """Stay calm, record it, route it. A settlement or a reduction is first looked at by the rulebook.

    Who asks for something in anger is answered that, calmly.
    """

    def answer(self, turn: Turn) -> str | None:
        if turn.intent == "ask_settlement":
            return "action_offer_relief"
        matter = MATTERS[turn.intent]
        if turn.intent == "abusive_language" and (request := _request_beside(turn)):
            turn.open_case(matter.case, reason=turn.intent, details=turn.spoken.text[:500])
            turn.say("abuse_with_request")
            return request
        turn.hand_over()
        turn.open_case(matter.case, reason=turn.intent, details=turn.spoken.text[:500])
        buttons = [turn.button("button_relief", "ask_extension")] if matter.offer else []
        turn.say(matter.text, buttons=buttons)
        return None


def _request_beside(turn: Turn) -> str | None:
    """Return the action for what is asked for beside the anger: some months, or the likeliest other meaning."""
    if turn.entity("duration"):
        return "action_offer_relief"
    others = [each for each in turn.reading.ranking if each["name"] != turn.intent]
    if others and others[0]["confidence"] >= LIKELY:
        return REQUESTS.get(str(others[0]["name"]))
    return None
