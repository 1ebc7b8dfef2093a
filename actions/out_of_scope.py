"""Something that is not our subject."""

from __future__ import annotations

from actions.base import BorrowerAction
from actions.figures import answered_by_figures, is_mostly_figures
from actions.menu import menu_buttons
from conversations.turn import Turn


class ActionOutOfScope(BorrowerAction):
    """Say what we can help with. A pending question stays pending."""

    is_digression = True
    is_request = False

    def answer(self, turn: Turn) -> str | None:
        if is_mostly_figures(turn) and (answering := answered_by_figures(turn)):
            return answering
        turn.say("out_of_scope", buttons=menu_buttons(turn))
        return None
