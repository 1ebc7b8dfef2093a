"""Putting the pending question again after something else was talked about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from conversations.outbox import ButtonChoice
from conversations.safety import in_crisis
from conversations.turn import Turn
from loans.models import Loan, Quote
from policies.wording import day, money


def ask_again(turn: Turn, *, briefly: bool = False) -> bool:
    """Put the pending question again, with its buttons; tells whether that was done.

    `briefly` leaves out what was read back a moment ago.
    Nothing is asked about a loan of somebody who has not shown who they are, or who is in crisis.
    """
    asked, about = turn.pending.get("kind"), turn.pending
    if in_crisis(turn) or not (turn.verified or asked == "identity"):
        return False
    loan = next((loan for loan in turn.loans() if loan.ref == about.get("loan")), None)
    if asked == "identity":
        turn.say("ask_identity")
    elif asked == "choose_loan":
        turn.say("choose_loan", count=str(len(about["loans"])), buttons=loan_buttons(turn, about["then"]))
    elif asked == "choose_option" and loan is not None:
        turn.say("still_choose", loan=loan.ref, buttons=option_buttons(turn, about["quotes"]))
    elif asked == "confirm_agreement":
        quote = turn.session.get_one(Quote, about["quote"])
        summary = quote.summary_zh if turn.language == "zh" else quote.summary_en
        text_id = "still_confirm_briefly" if briefly else "still_confirm"
        turn.say(text_id, loan=quote.loan.ref, summary=summary, buttons=confirm_buttons(turn, quote))
    elif asked == "promise_details":
        turn.say("promise_ask_amount" if about.get("date") else "promise_ask_date")
    elif asked == "confirm_promise" and loan is not None:
        ask_promise(turn, loan, date.fromisoformat(about["date"]), Decimal(about["amount"]))
    elif asked == "confirm_step":
        say_step(turn, about["step"])
    else:
        return False
    return True


def loan_buttons(turn: Turn, then: str) -> list[ButtonChoice]:
    """Return a button for each of the borrower's loans; `then` is the action to go on with."""
    return [
        ButtonChoice(
            turn.words(
                "loan_title", loan=loan.ref, principal=money(loan.principal, loan.currency, turn.language)
            ),
            "choose_option",
            {"loan": loan.ref, "then": then},
        )
        for loan in turn.loans()
    ]


def option_buttons(turn: Turn, quotes: list[str]) -> list[ButtonChoice]:
    """Return a numbered button for each quote on offer, and one for a person."""
    options = [
        ButtonChoice(turn.words("option_button", number=str(number)), "choose_option", {"quote": quote})
        for number, quote in enumerate(quotes, start=1)
    ]
    return [*options, turn.button("button_human", "ask_human")]


def confirm_buttons(turn: Turn, quote: Quote) -> list[ButtonChoice]:
    """Return the buttons under a read-back. Its yes is only ever a yes to this quote."""
    return [
        turn.button("button_confirm", "affirm", quote=quote.id),
        turn.button("button_other_option", "ask_extension", loan=quote.loan.ref, again=True),
        turn.button("button_no", "deny"),
    ]


def ask_step(turn: Turn, text_id: str, then: str, **values: str) -> None:
    """Ask, with an approved text and its values, whether the action `then` shall take its step."""
    step = {"then": then, "text": text_id, "values": values}
    turn.ask("confirm_step", step=step)
    say_step(turn, step)


def say_step(turn: Turn, step: dict[str, Any]) -> None:
    """Put the question of a step; its button's yes is only ever a yes to this step."""
    buttons = [turn.button("button_yes", "affirm", step=step), turn.button("button_no", "deny")]
    turn.say(step["text"], buttons=buttons, **step["values"])


def ask_promise(turn: Turn, loan: Loan, pay_on: date, amount: Decimal) -> None:
    """Read a promise back and ask for a yes; the button's yes is only ever a yes to this day and amount."""
    promise = {"loan": loan.ref, "date": pay_on.isoformat(), "amount": str(amount)}
    turn.say(
        "promise_read_back",
        date=day(pay_on, turn.language),
        amount=money(amount, loan.currency, turn.language),
        loan=loan.ref,
        buttons=[turn.button("button_yes", "affirm", promise=promise), turn.button("button_no", "deny")],
    )
