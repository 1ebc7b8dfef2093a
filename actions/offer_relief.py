"""Options with exact figures."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from actions.ask_again import option_buttons
from actions.base import BorrowerAction
from actions.loan_choice import the_loan
from conversations.turn import Turn
from loans.calendar import months_between
from loans.models import WAITING, Agreement, Loan, Quote
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
        if waiting := _waiting(turn, loan):
            turn.settle()
            turn.rule("agreement.one_at_a_time", False, agreement=waiting.id)
            turn.say(
                "agreement_waiting",
                loan=loan.ref,
                agreement=waiting.id[:8],
                buttons=[turn.button("button_human", "ask_human")],
            )
            return None
        before = turn.pending if turn.pending.get("loan") == loan.ref else {}
        months = asked_months(turn) or before.get("months")
        reason = REASONS.get(turn.intent) or before.get("reason")
        quotes, refused = quote_options(
            turn.session, loan, rulebook(), turn.now, requested_months=months, reason=reason
        )
        if not quotes:
            self._refuse(turn, loan, refused)
            return None
        for quote in quotes:
            for rule in quote.rules:
                turn.rule(rule["id"], rule["allowed"], quote=quote.id)
        turn.ask(
            "choose_option",
            quotes=[quote.id for quote in quotes],
            loan=loan.ref,
            months=months,
            reason=reason,
        )
        self._offer(turn, loan, quotes, months)
        return None

    def _offer(self, turn: Turn, loan: Loan, quotes: list[Quote], months: int | None) -> None:
        lines = [turn.words("options_head", loan=loan.ref)]
        if months and any(quote.params.get("months", months) < months for quote in quotes):
            lines.append(turn.words("options_adjusted", months=str(months)))
        for number, quote in enumerate(quotes, start=1):
            summary = quote.summary_zh if turn.language == "zh" else quote.summary_en
            lines.append(turn.words("option_line", number=str(number), summary=summary))
        lines.append(turn.words("options_foot"))
        offered = [quote.id for quote in quotes]
        turn.record("options_offered", {"loan": loan.ref, "quotes": offered})
        turn.say("lines", lines="\n".join(lines), buttons=option_buttons(turn, offered))

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


def _waiting(turn: Turn, loan: Loan) -> Agreement | None:
    """Return the loan's agreement that waits for a consent or an approval: another cannot be made beside it."""
    return turn.session.scalar(
        select(Agreement).where(Agreement.loan_id == loan.id, Agreement.status.in_(WAITING))
    )


def asked_months(turn: Turn) -> int | None:
    """Return the whole months asked for; days, weeks and a day in the future count as the months they touch.

    None when nothing was said.
    """
    duration, until = turn.entity("duration"), turn.entity("date")
    if not duration and until:
        return months_between(turn.now.date(), date.fromisoformat(until)) or None
    if not duration:
        return None
    n, unit = int(duration["n"]), duration["unit"]
    days = {"day": 1, "week": 7}
    return {"month": n, "year": n * 12}.get(unit) or max(1, -(-n * days[unit] // 31))
