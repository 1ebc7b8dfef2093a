"""When the next payment is due."""

from __future__ import annotations

from actions.each_loan import EachLoanAction
from conversations.turn import Turn
from loans.models import Loan
from loans.view import active_schedule, next_due, overdue, unsettled
from policies.wording import day, money


class ActionDueDate(EachLoanAction):
    """Say the next due date of each open loan, and what has been due for longer."""

    def tell(self, turn: Turn, loan: Loan) -> None:
        today, language = turn.now.date(), turn.language
        schedule = active_schedule(turn.session, loan)
        upcoming, late = next_due(schedule, today), overdue(schedule, today)
        if late:
            owed = money(late, loan.currency, language)
            since = day(unsettled(schedule, today)[0].due_on, language)
            if upcoming is None:
                turn.say("due_date_overdue_last", loan=loan.ref, overdue=owed, since=since)
            else:
                then = day(upcoming[0], language)
                turn.say("due_date_overdue", loan=loan.ref, overdue=owed, since=since, next_due_on=then)
        elif upcoming is not None:
            amount = money(upcoming[1], loan.currency, language)
            turn.say("due_date", loan=loan.ref, next_due_on=day(upcoming[0], language), next_amount=amount)
