"""The payments received."""

from __future__ import annotations

from sqlalchemy import select

from actions.each_loan import EachLoanAction
from conversations.turn import Turn
from loans.models import Loan, Payment
from policies.wording import day, money

LINES = 10


class ActionStatement(EachLoanAction):
    """List the latest payments on each open loan."""

    def tell(self, turn: Turn, loan: Loan) -> None:
        latest = turn.session.scalars(
            select(Payment)
            .where(Payment.loan_id == loan.id, Payment.paid_on <= turn.now.date())
            .order_by(Payment.paid_on.desc(), Payment.id.desc())
            .limit(LINES)
        ).all()
        if not latest:
            turn.say("statement_empty", loan=loan.ref)
            return
        lines = [turn.words("statement_head", loan=loan.ref)]
        for payment in latest:
            amount = money(payment.amount, loan.currency, turn.language)
            lines.append(
                turn.words("statement_line", paid_on=day(payment.paid_on, turn.language), amount=amount)
            )
        turn.say("lines", lines="\n".join(lines))
