"""What a loan's interest is."""

from __future__ import annotations

from actions.base import BorrowerAction
from conversations.turn import Turn
from loans.models import Loan
from loans.positions import position_of
from loans.view import active_schedule, next_instalment
from policies.wording import day, money, rate


class ActionRate(BorrowerAction):
    """Say each open loan's yearly rate today, and the interest in its next instalment."""

    needs_identity = True
    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        if not turn.loans():
            turn.say("no_loan")
        for loan in turn.loans():
            self._tell(turn, loan)
        return None

    def _tell(self, turn: Turn, loan: Loan) -> None:
        today = turn.now.date()
        schedule = active_schedule(turn.session, loan)
        yearly = rate(position_of(loan, schedule, today).contract.rate_on(today), turn.language)
        upcoming = next_instalment(schedule, today)
        if upcoming is None:
            turn.say("rate_only", loan=loan.ref, rate=yearly)
            return
        turn.say(
            "rate",
            loan=loan.ref,
            rate=yearly,
            due_on=day(upcoming.due_on, turn.language),
            interest=money(upcoming.interest, loan.currency, turn.language),
            principal=money(upcoming.principal, loan.currency, turn.language),
        )
