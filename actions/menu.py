"""The self-service menu, by words or buttons, at any time."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.outbox import ButtonChoice
from conversations.turn import Turn

ENTRIES = (
    ("button_amount", "ask_amount_due"),
    ("button_due_date", "ask_due_date"),
    ("button_schedule", "ask_schedule"),
    ("button_how_to_pay", "ask_how_to_pay"),
    ("button_statement", "ask_statement"),
    ("button_relief", "ask_extension"),
    ("button_human", "ask_human"),
)


def menu_buttons(turn: Turn) -> list[ButtonChoice]:
    """Return the menu's buttons."""
    return [turn.button(text_id, intent) for text_id, intent in ENTRIES]


class ActionMenu(BorrowerAction):
    """Show what can be done here. A pending question stays pending."""

    is_digression = True
    is_request = False

    def answer(self, turn: Turn) -> str | None:
        turn.say("menu", buttons=menu_buttons(turn))
        return None
