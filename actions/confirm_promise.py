"""A yes to the promise that was read back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from actions.base import BorrowerAction
from actions.figures import answered_by_figures
from conversations.turn import Turn
from loans.promises import promise
from policies.wording import day, money


class ActionConfirmPromise(BorrowerAction):
    """Record the promise; a new one takes the place of the old."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        asked = turn.pending
        named = {name: asked.get(name) for name in ("loan", "date", "amount")}
        if turn.spoken.kind != "button" and (other := answered_by_figures(turn)):
            return other
        if turn.spoken.kind == "button" and turn.arguments.get("promise") != named:
            return "action_nothing_pending"
        loan = next((loan for loan in turn.loans() if loan.ref == asked.get("loan")), None)
        if loan is None or not asked.get("date") or not asked.get("amount"):
            return "action_promise"
        amount, pay_on = Decimal(asked["amount"]), date.fromisoformat(asked["date"])
        made = promise(turn.session, loan, amount, pay_on, turn.message.clock, message_id=turn.spoken.id)
        turn.settle()
        turn.record(
            "promise", {"promise": made.id, "amount": str(amount), "date": asked["date"]}, subject_id=made.id
        )
        turn.say(
            "promise_recorded",
            date=day(pay_on, turn.language),
            amount=money(amount, loan.currency, turn.language),
            loan=loan.ref,
        )
        return None
