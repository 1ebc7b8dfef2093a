"""A promise to pay: a day and an amount, read back before it is recorded."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from actions.ask_again import ask_promise
from actions.base import BorrowerAction
from actions.loan_choice import the_loan
from actions.wishes import wish_of
from conversations.turn import Turn
from loans.calendar import months_between
from loans.models import Loan
from loans.view import active_schedule, next_due, outstanding, overdue, unpaid_charges
from policies.wording import currency_name, day, money

LONGEST_DAYS = 30


class ActionPromise(BorrowerAction):
    """Gather day and amount over as many turns as it takes; what was said before is kept until it is corrected.

    So much a month is no promise but a wish for another plan.
    """

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        loan = the_loan(turn, self.name())
        if loan is None:
            return None
        if wish_of(turn):
            return "action_offer_relief"
        pay_on, amount = self._day(turn), self._amount(turn, loan)
        doubt = self._doubt(turn, loan, amount)
        amount = None if doubt else amount
        known: dict[str, Any] = {
            "loan": loan.ref,
            "date": pay_on.isoformat() if pay_on else None,
            "amount": str(amount) if amount else None,
            "partial": self._partial(turn) or doubt is not None,
        }
        today = turn.now.date()
        if self._says_no_figure(turn):
            turn.ask("promise_details", **known)
            turn.say("promise_change_what")
        elif pay_on is None:
            turn.ask("promise_details", **known)
            turn.say("promise_date_unclear" if turn.unclear("date") else "promise_ask_date")
        elif pay_on < today:
            turn.ask("promise_details", **{**known, "date": None})
            turn.say("promise_date_past", date=day(pay_on, turn.language))
        elif pay_on > today + timedelta(days=LONGEST_DAYS):
            turn.rule("promise.longest_days", False, limit=LONGEST_DAYS)
            turn.ask("offer_relief", loan=loan.ref, months=months_between(turn.now.date(), pay_on))
            turn.say(
                "promise_date_far",
                date=day(pay_on, turn.language),
                days=str(LONGEST_DAYS),
                buttons=[
                    turn.button("button_relief", "ask_extension", loan=loan.ref),
                    turn.button("button_human", "ask_human"),
                ],
            )
        elif doubt is not None:
            turn.ask("promise_details", **known)
            turn.say(
                doubt,
                currency=currency_name(loan.currency, turn.language),
                outstanding=money(owed(turn, loan), loan.currency, turn.language),
            )
        elif amount is None:
            turn.ask("promise_details", **known)
            turn.say("promise_ask_amount")
        else:
            self._read_back(turn, loan, pay_on, amount, known)
        return None

    def _day(self, turn: Turn) -> date | None:
        said = turn.entity("date")
        if said is None and turn.unclear("date"):
            return None
        kept = said or turn.pending.get("date")
        return date.fromisoformat(kept) if kept else None

    def _amount(self, turn: Turn, loan: Loan) -> Decimal | None:
        """The amount said or kept; paying "it" without an amount, by a day, means all that is due by then."""
        said = turn.entity("amount")
        if said is not None and Decimal(said["amount"]) > 0:
            return Decimal(said["amount"])
        if turn.pending.get("amount"):
            return Decimal(turn.pending["amount"])
        if self._partial(turn):
            return None
        return due_now(turn, loan) or None

    def _doubt(self, turn: Turn, loan: Loan, amount: Decimal | None) -> str | None:
        """Name the question to ask about an amount that is unclear, in other money, or more than is owed."""
        said = turn.entity("amount")
        if turn.unclear("amount") or (said is not None and Decimal(said["amount"]) <= 0):
            return "promise_amount_unclear"
        if said is not None and said["currency"] != loan.currency:
            return "promise_currency"
        return "promise_amount_above" if amount is not None and amount > owed(turn, loan) else None

    def _partial(self, turn: Turn) -> bool:
        return turn.intent == "partial_payment" or bool(turn.pending.get("partial"))

    def _says_no_figure(self, turn: Turn) -> bool:
        """Tell whether what was read back is to be changed, but not into what."""
        is_correction = turn.intent == "correct_value" and turn.pending.get("kind") == "confirm_promise"
        return is_correction and not any(e["type"] in ("date", "amount") for e in turn.spoken.entities)

    def _read_back(
        self, turn: Turn, loan: Loan, pay_on: date, amount: Decimal, known: dict[str, Any]
    ) -> None:
        due = due_now(turn, loan)
        turn.ask("confirm_promise", **known)
        if 0 < amount < due:
            turn.say("promise_partial_note", due=money(due, loan.currency, turn.language))
        ask_promise(turn, loan, pay_on, amount)


def due_now(turn: Turn, loan: Loan) -> Decimal:
    """Return what is past due, or else the next instalment, in the loan's currency."""
    schedule = active_schedule(turn.session, loan)
    late = overdue(schedule, turn.now.date())
    upcoming = next_due(schedule, turn.now.date())
    return late or (upcoming[1] if upcoming else Decimal(0))


def owed(turn: Turn, loan: Loan) -> Decimal:
    """Return all that is left to pay on the loan, charges included, in its currency."""
    return outstanding(active_schedule(turn.session, loan))["total"] + unpaid_charges(turn.session, loan)
