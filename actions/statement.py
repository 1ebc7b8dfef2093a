"""The payments received."""

from __future__ import annotations

from sqlalchemy import select

from actions.base import BorrowerAction
from conversations.turn import Turn
from loans.models import Payment
from policies.wording import day, money

LINES = 10


class ActionStatement(BorrowerAction):
    """List the latest payments on each open loan."""

    needs_identity = True
    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        if not turn.loans():
            turn.say("no_loan")
        for loan in turn.loans():
            latest = turn.session.scalars(
                select(Payment)
                .where(Payment.loan_id == loan.id, Payment.paid_on <= turn.now.date())
                .order_by(Payment.paid_on.desc(), Payment.id.desc())
                .limit(LINES)
            ).all()
            if not latest:
                turn.say("statement_empty", loan=loan.ref)
                continue
            lines = [turn.words("statement_head", loan=loan.ref)]
            for payment in latest:
                amount = money(payment.amount, loan.currency, turn.language)
                lines.append(
                    turn.words("statement_line", paid_on=day(payment.paid_on, turn.language), amount=amount)
                )
            turn.say("lines", lines="\n".join(lines))
        return None
