"""The borrower wants an arrangement undone."""

from __future__ import annotations

from actions.ask_again import ask_step
from actions.base import BorrowerAction
from actions.confirm_step import is_confirmed
from actions.signed import newest_signed
from conversations.turn import Turn
from loans.agreements import AgreementError, withdraw
from loans.models import Agreement


class ActionWithdraw(BorrowerAction):
    """Ask once, then let a waiting arrangement lapse; the plan stays as it is.

    What is in force goes to a person; nobody may believe that it is undone already.
    """

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        waiting = newest_signed(turn)
        if waiting is not None and waiting.status == "active":
            self._pass_on(turn, waiting)
            return None
        if waiting is None:
            turn.settle()
            turn.say("nothing_to_withdraw", buttons=[turn.button("button_human", "ask_human")])
            return None
        number = waiting.id[:8]
        if not is_confirmed(turn, self.name(), agreement=number):
            ask_step(turn, "withdraw_confirm", self.name(), loan=waiting.loan.ref, agreement=number)
            return None
        turn.settle()
        try:
            withdraw(turn.session, waiting, turn.now)
        except AgreementError as error:
            turn.say("not_agreed", reason=error.zh if turn.language == "zh" else error.en)
            return None
        turn.record(
            "withdrawal",
            {
                "agreement": waiting.id,
                "quote": waiting.quote_id,
                "hash": waiting.quote.hash,
                "status": waiting.status,
            },
            subject_id=waiting.id,
        )
        turn.say(
            "withdrawn",
            loan=waiting.loan.ref,
            agreement=number,
            buttons=[turn.button("button_relief", "ask_extension", loan=waiting.loan.ref)],
        )
        return None

    def _pass_on(self, turn: Turn, signed: Agreement) -> None:
        turn.settle()
        turn.hand_over()
        turn.open_case("handover", loan=signed.loan, reason="undo_agreement", details=turn.spoken.text[:500])
        turn.say("agreement_stands", loan=signed.loan.ref, agreement=signed.id[:8])
