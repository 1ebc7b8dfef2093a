"""Late charges."""

from __future__ import annotations

from decimal import Decimal

from actions.each_loan import EachLoanAction
from conversations.turn import Turn
from loans.models import Loan
from loans.view import active_schedule, outstanding, unpaid_charges
from policies.wording import money


class ActionPenalty(EachLoanAction):
    """Say what penalties and fees are recorded and unpaid on each open loan."""

    def tell(self, turn: Turn, loan: Loan) -> None:
        left = outstanding(active_schedule(turn.session, loan))
        charges: Decimal = left["penalty"] + left["fee"] + unpaid_charges(turn.session, loan)
        turn.say(
            "penalty",
            loan=loan.ref,
            penalty=money(charges, loan.currency, turn.language),
            buttons=[turn.button("button_human", "ask_human")],
        )
