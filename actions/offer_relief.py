"""Options with exact figures."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from actions.ask_again import option_buttons
from actions.base import BorrowerAction
from actions.compare import option_lines
from actions.figures import months_in, options_described
from actions.loan_choice import next_loan, the_loan
from actions.wishes import Wish, asked_months, kept_wish, wish_of
from conversations.turn import Turn
from loans.models import WAITING, Agreement, Loan, Quote
from loans.options import Option
from loans.quotes import quote_options, quote_wishes
from policies.rulebook import rulebook
from policies.wording import currency_name

REASONS = {
    "unemployed": "lost_job",
    "illness": "illness",
    "disaster_epidemic": "disaster",
    "business_closed": "shop_closed",
    "cannot_pay": "lower_income",
}
NOTHING_OWED = "nothing_to_waive"


class ActionOfferRelief(BorrowerAction):
    """Compute what is asked for by name, or what the rulebook offers; freeze it as quotes and show at most three."""

    needs_identity = True

    def answer(self, turn: Turn) -> str | None:
        if options_described(turn):
            return "action_choose"
        loan = the_loan(turn, self.name())
        while loan is not None:
            asked = turn.pending
            self._offer(turn, loan)
            loan = None if turn.pending else next_loan(turn, asked)
        return None

    def _offer(self, turn: Turn, loan: Loan) -> None:
        if waiting := _waiting(turn, loan):
            turn.settle()
            turn.rule("agreement.one_at_a_time", False, agreement=waiting.id)
            turn.say(
                "agreement_waiting",
                loan=loan.ref,
                agreement=waiting.id[:8],
                buttons=[turn.button("button_human", "ask_human")],
            )
            return
        before = turn.pending if turn.pending.get("loan") == loan.ref else {}
        wish = wish_of(turn) or (kept_wish(turn) if before else None)
        reason = REASONS.get(turn.intent) or before.get("reason")
        if wish is None:
            self._offer_menu(turn, loan, asked_months(turn) or before.get("months"), reason)
        elif question := _question(turn, loan, wish):
            turn.ask("offer_relief", loan=loan.ref, reason=reason, each_time=True)
            turn.say(question, currency=currency_name(loan.currency, turn.language))
        else:
            self._answer(turn, loan, wish, reason)

    def _offer_menu(
        self, turn: Turn, loan: Loan, months: int | None, reason: str | None, wished: Sequence[Option] = ()
    ) -> None:
        """Offer what the rulebook has for this loan, in place of what was `wished` for and is refused."""
        quotes, refused = quote_options(
            turn.session, loan, rulebook(), turn.now, requested_months=months, reason=reason
        )
        if not quotes:
            self._refuse(turn, loan, [*wished, *refused])
            return
        lines = [turn.words("options_head", loan=loan.ref)]
        if wished:
            lines.insert(0, turn.words("wish_refused", reason=reasons(turn, wished)))
        elif months and any(granted < months for quote in quotes for granted in months_in(quote.params)):
            lines.append(turn.words("options_adjusted", months=str(months)))
        offered = [quote.id for quote in quotes]
        turn.ask("choose_option", quotes=offered, loan=loan.ref, months=months, reason=reason)
        self._show(turn, loan, quotes, lines)

    def _answer(self, turn: Turn, loan: Loan, wish: Wish, reason: str | None) -> None:
        """Offer what was asked for; where the rules refuse it, say why and offer the nearest, the menu or a person."""
        quotes, refused = quote_wishes(turn.session, loan, rulebook(), turn.now, wish.options, reason=reason)
        _note(turn, refused)
        if quotes:
            lines = [turn.words("options_head", loan=loan.ref)]
            if len(refused) == len(wish.options) and not wish.as_far_as_allowed:
                lines.insert(0, turn.words("wish_refused", reason=reasons(turn, refused)))
            offered = [quote.id for quote in quotes]
            turn.ask("choose_option", quotes=offered, loan=loan.ref, reason=reason, wish=wish.as_json())
            self._show(turn, loan, quotes, lines)
        elif refused and all(option.error_code == NOTHING_OWED for option in refused):
            self._say_needless(turn, loan, refused, reason)
        elif wish.for_a_person:
            self._refer(turn, loan, wish, refused)
            if months := asked_months(turn):
                self._offer_menu(turn, loan, months, reason)
        else:
            self._offer_menu(turn, loan, None, reason, refused)

    def _say_needless(self, turn: Turn, loan: Loan, refused: Sequence[Option], reason: str | None) -> None:
        """Nothing is owed of what should be waived; more time may have been asked for with it."""
        if months := asked_months(turn):
            self._offer_menu(turn, loan, months, reason, refused)
            return
        turn.settle()
        buttons = [turn.button("button_relief", "ask_extension"), turn.button("button_human", "ask_human")]
        turn.say("wish_needless", reason=reasons(turn, refused), buttons=buttons)

    def _refer(self, turn: Turn, loan: Loan, wish: Wish, refused: Sequence[Option]) -> None:
        """Pass on what only a colleague with the authority can decide, with the reason if there is one."""
        turn.settle()
        turn.open_case("handover", loan=loan, reason=wish.kind, details=turn.spoken.text[:500])
        turn.hand_over()
        if refused:
            turn.say("wish_for_a_person", reason=reasons(turn, refused))
        else:
            turn.say("settlement")

    def _show(self, turn: Turn, loan: Loan, quotes: Sequence[Quote], lines: Sequence[str]) -> None:
        for quote in quotes:
            for rule in quote.rules:
                turn.rule(rule["id"], rule["allowed"], quote=quote.id)
        offered = [quote.id for quote in quotes]
        turn.record("options_offered", {"loan": loan.ref, "quotes": offered})
        text = "\n".join([*lines, *option_lines(turn, quotes), turn.words("options_foot")])
        turn.say("lines", lines=text, buttons=option_buttons(turn, offered))

    def _refuse(self, turn: Turn, loan: Loan, refused: Sequence[Option]) -> None:
        turn.settle()
        _note(turn, refused)
        why = reasons(turn, refused)
        turn.open_case("hardship", loan=loan, reason="no_option", details=why[:2000])
        turn.hand_over()
        turn.say("no_option", reason=why)


def _question(turn: Turn, loan: Loan, wish: Wish) -> str:
    """Name the text that asks for what the wish leaves open; nothing when it is clear."""
    if wish.currency and wish.currency != loan.currency:
        return "each_time_currency"
    return wish.question


def _note(turn: Turn, refused: Sequence[Option]) -> None:
    for option in refused:
        for result in option.decision.results if option.decision else ():
            turn.rule(result.id, result.allowed, kind=option.kind)


def reasons(turn: Turn, refused: Sequence[Option]) -> str:
    """Say why, each reason once, as whole sentences."""
    zh = turn.language == "zh"
    said = dict.fromkeys(option.summary_zh if zh else option.summary_en for option in refused)
    return ("" if zh else " ").join(_sentence(reason, "。" if zh else ".") for reason in said)


def _sentence(words: str, stop: str) -> str:
    ended = words if words.endswith(("。", ".", "！", "!", "？", "?")) else words + stop
    return ended[0].upper() + ended[1:]


def _waiting(turn: Turn, loan: Loan) -> Agreement | None:
    """Return the loan's agreement that waits for a consent or an approval: another cannot be made beside it."""
    return turn.session.scalar(
        select(Agreement).where(Agreement.loan_id == loan.id, Agreement.status.in_(WAITING))
    )
