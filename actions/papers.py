"""The papers are asked for in words."""

from __future__ import annotations

from sqlalchemy import select

from actions.agreement_papers import send_papers
from actions.base import BorrowerAction
from conversations.turn import Turn
from loans.models import Agreement

ON_PAPER = ("active", "pending_consent", "pending_approval", "completed")


class ActionPapers(BorrowerAction):
    """Send the papers of the newest agreement; the contract itself is with a colleague."""

    needs_identity = True
    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        mine = [loan.id for loan in turn.borrower.loans] if turn.borrower else []
        newest = turn.session.scalar(
            select(Agreement)
            .where(Agreement.loan_id.in_(mine), Agreement.status.in_(ON_PAPER))
            .order_by(Agreement.confirmed_at.desc())
            .limit(1)
        )
        if newest is not None:
            send_papers(turn, newest.id)
        turn.say(
            "contract_elsewhere" if newest is not None else "no_papers",
            buttons=[turn.button("button_human", "ask_human")],
        )
        return None
