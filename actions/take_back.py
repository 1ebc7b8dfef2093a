"""A stop that rests on a misunderstanding is taken back."""

from __future__ import annotations

from actions.ask_again import ask_step
from actions.base import BorrowerAction
from actions.confirm_step import is_confirmed
from actions.steering import stops_in_error
from conversations.suppression import lift
from conversations.turn import Turn


class ActionTakeBack(BorrowerAction):
    """Once the borrower has shown who they are and said yes, lift what this chat had set, and tell staff.

    Only a dispute and a wrong or other person can be misheard in this way; a crisis, a death, a lawyer and the wish
    not to be written to have ways of their own. What staff or another chat opened stays with staff.
    """

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        if turn.borrower is None:
            return None
        reasons = sorted(stops_in_error(turn))
        cases = [case for case in map(turn.case_of_this_chat, reasons) if case is not None]
        if not cases or len(cases) < len(reasons):
            turn.settle()
            turn.hand_over()
            turn.open_case("handover", reason="stop_taken_back", details=turn.spoken.text[:500])
            turn.say("stop_for_a_person")
            return None
        if not is_confirmed(turn, self.name()):
            ask_step(turn, "take_back_dispute" if reasons == ["dispute"] else "take_back_person", self.name())
            return None
        turn.settle()
        for reason, case in zip(reasons, cases, strict=True):
            lift(turn.session, turn.borrower.id, reason, turn.message.clock)
            turn.record("suppression_lifted", {"reason": reason}, subject_id=str(turn.borrower.id))
            turn.note(case, f"taken back by the borrower in the chat 借款人在聊天中表示是误会: {reason}")
        turn.say("taken_back", buttons=[turn.button("button_relief", "ask_extension")])
        return None
