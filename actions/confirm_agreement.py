"""A yes to the read-back."""

from __future__ import annotations

from datetime import date

from actions.agreement_papers import document_button
from actions.base import BorrowerAction
from actions.compare import parties
from actions.figures import answered_by_figures
from actions.loan_choice import next_loan
from conversations.outbox_state import cancel_reminders
from conversations.turn import Turn
from loans.agreements import AgreementError, agree
from loans.in_force import has_plan
from loans.models import Agreement, Quote
from loans.quotes import first_payment
from policies.wording import day, money


class ActionConfirmAgreement(BorrowerAction):
    """Make the agreement of exactly the quote that was read back.

    A yes with other figures in it ("yes, but two months") is not a yes to this one.
    """

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        asked = turn.pending
        quote = turn.session.get(Quote, asked.get("quote", ""))
        if quote is None or quote.loan.borrower_id != turn.conversation.borrower_id:
            return "action_offer_relief"
        if turn.spoken.kind != "button" and (other := answered_by_figures(turn)):
            return other
        if turn.spoken.kind == "button" and turn.arguments.get("quote") != quote.id:
            return "action_nothing_pending"
        try:
            agreement = agree(turn.session, quote, turn.now, message_id=turn.spoken.id)
        except AgreementError as error:
            turn.rule(f"agreement.{error.code}", False)
            offer_again = error.code in ("expired", "changed")
            person = [] if offer_again else [turn.button("button_human", "ask_human")]
            turn.say("not_agreed", reason=error.zh if turn.language == "zh" else error.en, buttons=person)
            if not offer_again:
                turn.settle()
                return None
            turn.ask(
                "offer_relief", **{name: asked.get(name) for name in ("loan", "months", "reason", "wish")}
            )
            return "action_offer_relief"
        turn.settle()
        self._tell(turn, quote, agreement)
        return "action_offer_relief" if next_loan(turn, asked) else None

    def _tell(self, turn: Turn, quote: Quote, agreement: Agreement) -> None:
        turn.record(
            "agreement",
            {"agreement": agreement.id, "quote": quote.id, "hash": quote.hash, "status": agreement.status},
            subject_id=agreement.id,
        )
        number = agreement.id[:8]
        if agreement.status == "pending_consent":
            both = "agreed_waiting_consent_and_approval"
            waiting = both if quote.needs_approval else "agreed_waiting_consent"
            turn.say(waiting, agreement=number, parties=parties(turn, quote))
        elif agreement.status == "pending_approval":
            turn.say("agreed_waiting_approval", agreement=number)
        elif not has_plan(quote):
            until = date.fromisoformat(quote.effects["credit_protected_until"])
            turn.say(
                "agreed_protection", loan=quote.loan.ref, until=day(until, turn.language), agreement=number
            )
        elif agreement.status == "active":
            cancel_reminders(turn.session, loan_id=quote.loan_id, reason="a new schedule is in force")
            first_on, first_amount = first_payment(quote)
            turn.say(
                "agreed",
                loan=quote.loan.ref,
                first_amount=money(first_amount, quote.loan.currency, turn.language),
                first_due_on=day(first_on, turn.language),
                maturity=day(quote.new_maturity_on, turn.language),
                agreement=number,
                attachment={"kind": "schedule", "loan": quote.loan.ref},
                buttons=[document_button(turn, agreement.id)],
            )
