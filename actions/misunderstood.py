"""A message that was not understood."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.figures import answered_by_figures
from actions.menu import menu_buttons
from conversations.turn import Turn

MISSES_BEFORE_A_PERSON = 2


class ActionMisunderstood(BorrowerAction):
    """Take the figures in it, if they answer the question. If not, ask again; a second miss brings a person."""

    is_digression = True
    is_request = False
    is_miss = True

    def answer(self, turn: Turn) -> str | None:
        if answering := answered_by_figures(turn):
            turn.conversation.misses = 0
            return answering
        turn.conversation.misses += 1
        if turn.conversation.misses < MISSES_BEFORE_A_PERSON:
            turn.say("misunderstood", buttons=menu_buttons(turn))
            return None
        turn.conversation.misses = 0
        turn.hand_over()
        turn.open_case("handover", reason="misunderstood")
        turn.say("misunderstood_again", buttons=menu_buttons(turn))
        return None
