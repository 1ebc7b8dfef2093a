"""How much is owed."""

from __future__ import annotations

from actions.each_loan import EachLoanAction
from conversations.turn import Turn
from loans.models import Loan
from loans.view import active_schedule, days_past_due, next_due, outstanding, overdue, unpaid_charges
from policies.wording import day, money


class ActionAmountDue(EachLoanAction):
    """Say, for each open loan, what is past due or comes next, and what is left in all."""

    def tell(self, turn: Turn, loan: Loan) -> None:
        today = turn.now.date()
        schedule = active_schedule(turn.session, loan)
        charges = unpaid_charges(turn.session, loan)
        late, upcoming = overdue(schedule, today), next_due(schedule, today)
        left = money(outstanding(schedule)["total"] + charges, loan.currency, turn.language)
        if late:
            turn.say(
                "amount_overdue",
                loan=loan.ref,
                overdue=money(late, loan.currency, turn.language),
                days=str(days_past_due(schedule, today)),
                outstanding=left,
                buttons=[turn.button("button_relief", "ask_extension", loan=loan.ref)],
            )
        elif upcoming is not None:
            turn.say(
                "amount_due",
                loan=loan.ref,
                next_amount=money(upcoming[1], loan.currency, turn.language),
                next_due_on=day(upcoming[0], turn.language),
                outstanding=left,
            )
