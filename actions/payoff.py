"""What settles a loan today, or on a day that is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from actions.base import BorrowerAction
from conversations.turn import Turn
from loans.late_charges import payoff_terms_of
from loans.models import Loan
from loans.payoff import Payoff, payoff
from loans.positions import position_of
from loans.view import active_schedule
from policies.wording import day, money

PARTS = ("principal", "interest", "fee", "penalty", "charges", "prepayment_fee")


class ActionPayoff(BorrowerAction):
    """Say, for each open loan, what settles it in full if nothing is paid before, part by part."""

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
        named = turn.entity("date")
        on = max(date.fromisoformat(named), today) if named else today
        found = payoff(
            position_of(loan, active_schedule(turn.session, loan), today), on, payoff_terms_of(loan)
        )
        turn.say(
            "payoff",
            loan=loan.ref,
            on=day(on, turn.language),
            total=money(found.total, loan.currency, turn.language),
            parts=("、" if turn.language == "zh" else ", ").join(self._parts(turn, loan, found)),
            buttons=[turn.button("button_how_to_pay", "ask_how_to_pay")],
        )
        if found.accrued_penalty:
            accrued = money(found.accrued_penalty, loan.currency, turn.language)
            turn.say("payoff_accrued", accrued=accrued)

    def _parts(self, turn: Turn, loan: Loan, found: Payoff) -> list[str]:
        amounts: dict[str, Decimal] = {name: getattr(found, name) for name in (*PARTS, "rebate")}
        return [
            turn.words(f"payoff_{name}", amount=money(amount, loan.currency, turn.language))
            for name, amount in amounts.items()
            if amount
        ]
