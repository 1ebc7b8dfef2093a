"""Who is there: asking, and checking the characters that were given."""

from __future__ import annotations

from typing import Any

from conversations.identity import check, is_locked
from conversations.turn import Turn


def ask_identity(turn: Turn, then: str | None = None) -> None:
    """Ask who is there before anything about a debt is said; `then` is the action to go on with afterwards."""
    turn.rule("conduct.identity_first", False)
    if turn.borrower is None:
        turn.say("not_linked", buttons=[turn.button("button_human", "ask_human")])
    elif is_locked(turn.session, turn.borrower.id):
        turn.hand_over()
        turn.say("identity_locked")
    else:
        _await_identity(turn, then)
        turn.say("ask_identity")


def characters_given(turn: Turn) -> str | None:
    """Return the last characters of an ID that stand in this message, if they can be checked now."""
    if turn.verified or turn.borrower is None or is_locked(turn.session, turn.borrower.id):
        return None
    return next((e["value"] for e in turn.message.entities if e["type"] == "id_suffix"), None)


def check_identity(turn: Turn, claimed: str, then: str | None = None) -> bool:
    """Check the characters and say what came of it. When they are right, the question from before counts again.

    When they are wrong, `then` is the action to go on with once they are right; None leaves that as it was.
    """
    asked = turn.pending
    if check(turn.session, turn.conversation, claimed, turn.message.id, turn.message.clock):
        turn.rule("conduct.identity_first", True)
        turn.say("verified", name=turn.borrower.name if turn.borrower else "")
        if asked.get("kind") == "identity":
            turn.conversation.pending = dict(asked.get("before") or {})
        return True
    turn.rule("conduct.identity_first", False)
    if turn.borrower is not None and is_locked(turn.session, turn.borrower.id):
        turn.hand_over()
        turn.open_case("handover", reason="identity_locked")
        turn.say("identity_locked")
        turn.settle()
    else:
        if then is not None:
            _await_identity(turn, then)
        turn.say("identity_wrong")
    return False


def _await_identity(turn: Turn, then: str | None) -> None:
    turn.ask("identity", then=then, wanted=turn.spoken.id, before=_interrupted(turn))


def _interrupted(turn: Turn) -> dict[str, Any]:
    """Return the question that the identity check interrupts; it is put back afterwards."""
    if turn.pending.get("kind") == "identity":
        return dict(turn.pending.get("before") or {})
    return dict(turn.pending)
