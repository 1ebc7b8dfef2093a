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


class ActionEscalate(BorrowerAction):
    """Stay calm, record it, route it. A settlement or a reduction is first looked at by the rulebook."""

    def answer(self, turn: Turn) -> str | None:
        if turn.intent == "ask_settlement":
            return "action_offer_relief"
        matter = MATTERS[turn.intent]
        turn.hand_over()
        turn.open_case(matter.case, reason=turn.intent, details=turn.spoken.text[:500])
        buttons = [turn.button("button_relief", "ask_extension")] if matter.offer else []
        turn.say(matter.text, buttons=buttons)
        return None
