"""Options with exact figures."""

from __future__ import annotations

from datetime import date

from actions.base import BorrowerAction
from actions.loan_choice import the_loan
from conversations.outbox import ButtonChoice
from conversations.turn import Turn
from loans.models import Loan, Quote
from loans.options import Option
from loans.quotes import quote_options
from policies.rulebook import rulebook

REASONS = {
    "unemployed": "lost_job",
    "illness": "illness",
    "disaster_epidemic": "disaster",
    "business_closed": "shop_closed",
    "cannot_pay": "lower_income",
}


class ActionOfferRelief(BorrowerAction):
    """Compute what the rulebook allows on the loan, freeze it as quotes, and show at most three."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        loan = the_loan(turn, self.name())
        if loan is None:
            return None
        months = asked_months(turn)
        reason = REASONS.get(turn.intent)
        quotes, refused = quote_options(
            turn.session, loan, rulebook(), turn.now, requested_months=months, reason=reason
        )
        if not quotes:
            self._refuse(turn, loan, refused)
            return None
        for quote in quotes:
            for rule in quote.rules:
                turn.rule(rule["id"], rule["allowed"], quote=quote.id)
        self._offer(turn, loan, quotes)
        return None

    def _offer(self, turn: Turn, loan: Loan, quotes: list[Quote]) -> None:
        lines = [turn.words("options_head", loan=loan.ref)]
        for number, quote in enumerate(quotes, start=1):
            summary = quote.summary_zh if turn.language == "zh" else quote.summary_en
            lines.append(turn.words("option_line", number=str(number), summary=summary))
        lines.append(turn.words("options_foot"))
        buttons = [
            ButtonChoice(turn.words("option_button", number=str(number)), "choose_option", {"quote": quote.id})
            for number, quote in enumerate(quotes, start=1)
        ]
        turn.ask("choose_option", quotes=[quote.id for quote in quotes], loan=loan.ref)
        turn.record("options_offered", {"loan": loan.ref, "quotes": [quote.id for quote in quotes]})
        turn.say("lines", lines="\n".join(lines), buttons=[*buttons, turn.button("button_human", "ask_human")])

    def _refuse(self, turn: Turn, loan: Loan, refused: list[Option]) -> None:
        turn.settle()
        for option in refused:
            for result in option.decision.results if option.decision else ():
                turn.rule(result.id, result.allowed, kind=option.kind)
        zh = turn.language == "zh"
        reasons = list(dict.fromkeys(option.summary_zh if zh else option.summary_en for option in refused))
        turn.open_case("hardship", loan=loan, reason="no_option", details=" ".join(reasons)[:2000])
        turn.hand_over()
        turn.say("no_option", reason=("" if zh else " ").join(reasons))


def asked_months(turn: Turn) -> int | None:
    """Return the whole months asked for; days, weeks and a day in the future count as the months they touch.

    None when nothing was said.
    """
    duration, until = turn.entity("duration"), turn.entity("date")
    if not duration and until:
        days_away = (date.fromisoformat(until) - turn.now.date()).days
        return max(1, -(-days_away // 31)) if days_away > 0 else None
    if not duration:
        return None
    n, unit = int(duration["n"]), duration["unit"]
    days = {"day": 1, "week": 7}
    return {"month": n, "year": n * 12}.get(unit) or max(1, -(-n * days[unit] // 31))
