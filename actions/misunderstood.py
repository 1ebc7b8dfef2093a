"""A message that was not understood."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.menu import menu_buttons
from conversations.turn import Turn

MISSES_BEFORE_A_PERSON = 2


class ActionMisunderstood(BorrowerAction):
    """Ask again once; after the second miss in a row a person is asked for."""

    def answer(self, turn: Turn) -> str | None:
        turn.conversation.misses += 1
        if turn.conversation.misses < MISSES_BEFORE_A_PERSON:
            turn.say("misunderstood", buttons=menu_buttons(turn))
            return None
        turn.conversation.misses = 0
        turn.hand_over()
        turn.open_case("handover", reason="misunderstood")
        turn.say("misunderstood_again", buttons=menu_buttons(turn))
        return None
