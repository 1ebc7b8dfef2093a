"""Late charges."""

from __future__ import annotations

from decimal import Decimal

from actions.base import BorrowerAction
from conversations.turn import Turn
from loans.view import active_schedule, outstanding, unpaid_charges
from policies.wording import money


class ActionPenalty(BorrowerAction):
    """Say what penalties and fees are recorded and unpaid on each open loan."""

    needs_identity = True
    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        if not turn.loans():
            turn.say("no_loan")
        for loan in turn.loans():
            left = outstanding(active_schedule(turn.session, loan))
            charges: Decimal = left["penalty"] + left["fee"] + unpaid_charges(turn.session, loan)
            turn.say(
                "penalty",
                loan=loan.ref,
                penalty=money(charges, loan.currency, turn.language),
                buttons=[turn.button("button_human", "ask_human")],
            )
        return None
