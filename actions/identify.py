"""The borrower gives the last characters of the ID."""

from __future__ import annotations

from actions.ask_again import ask_again
from actions.base import BorrowerAction, ask_identity
from actions.menu import menu_buttons
from conversations.identity import check, is_locked
from conversations.turn import Turn


class ActionIdentify(BorrowerAction):
    """Check the characters; if they are right, go on with what was wanted before."""

    allowed_in_crisis = True

    def answer(self, turn: Turn) -> str | None:
        claimed = next((e["value"] for e in turn.message.entities if e["type"] == "id_suffix"), None)
        if turn.verified:
            turn.say("already_verified", buttons=menu_buttons(turn))
            ask_again(turn)
            return None
        if turn.borrower is None or claimed is None or is_locked(turn.session, turn.borrower.id):
            ask_identity(turn)
            return None
        asked = turn.pending
        if check(turn.session, turn.conversation, claimed, turn.message.id, turn.message.clock):
            turn.rule("conduct.identity_first", True)
            turn.say("verified", name=turn.borrower.name)
            turn.conversation.pending = dict(asked.get("before") or {})
            turn.resume(asked.get("wanted"))
            return asked.get("then") or "action_menu"
        turn.rule("conduct.identity_first", False)
        if is_locked(turn.session, turn.borrower.id):
            turn.hand_over()
            turn.open_case("handover", reason="identity_locked")
            turn.say("identity_locked")
            turn.settle()
        else:
            turn.say("identity_wrong")
        return None
