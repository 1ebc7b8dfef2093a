"""A step that is asked about before it is taken."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn


class ActionConfirmStep(BorrowerAction):
    """Take the step on a yes; the button's yes is only ever a yes to this step."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        step = dict(turn.pending.get("step") or {})
        if turn.spoken.kind == "button" and turn.arguments.get("step") != step:
            return "action_nothing_pending"
        return str(step["then"])


def is_confirmed(turn: Turn, then: str, **values: str) -> bool:
    """Tell whether this turn is a yes to the step of the action `then`, asked about with these values."""
    if turn.pending.get("kind") != "confirm_step" or turn.intent != "affirm":
        return False
    step = turn.pending["step"]
    return bool(step["then"] == then and values.items() <= step["values"].items())
