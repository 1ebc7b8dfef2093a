"""The repayment plan, as a picture and in words, and on paper when it was agreed anew."""

from __future__ import annotations

from actions.agreement_papers import document_button, send_papers
from actions.base import BorrowerAction
from actions.loan_choice import the_loan
from actions.wishes import wish_of
from conversations.turn import Turn
from loans.view import active_schedule
from policies.wording import day, money

LINES = 6


class ActionSchedule(BorrowerAction):
    """Show what is left of the plan: the next instalments in words, the whole as a picture.

    The button under a plan that was agreed asks for its papers.
    """

    needs_identity = True
    is_digression = True

    def answer(self, turn: Turn) -> str | None:
        if turn.arguments.get("agreement"):
            send_papers(turn, turn.arguments["agreement"])
            return None
        if wish_of(turn):
            return "action_offer_relief"
        loan = the_loan(turn, self.name())
        if loan is None:
            return None
        schedule = active_schedule(turn.session, loan)
        left = [row for row in schedule.instalments if row.settled_on is None]
        lines = [turn.words("schedule_head", loan=loan.ref, count=str(len(left)))]
        for row in left[:LINES]:
            amount = money(row.unpaid, loan.currency, turn.language)
            lines.append(turn.words("schedule_line", due_on=day(row.due_on, turn.language), amount=amount))
        if len(left) > LINES:
            more, maturity = str(len(left) - LINES), day(left[-1].due_on, turn.language)
            lines.append(turn.words("schedule_more", count=more, maturity=maturity))
        papers = [document_button(turn, schedule.agreement_id)] if schedule.agreement_id else []
        picture = {"kind": "schedule", "loan": loan.ref}
        turn.say("lines", lines="\n".join(lines), attachment=picture, buttons=papers)
        return None
