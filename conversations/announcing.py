"""What every change of an agreement has in common: the locks, the log, and whether and how the borrower is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from conversations import control
from conversations.models import Conversation, InboundMessage
from conversations.outbox import ButtonChoice, Message, enqueue
from conversations.state import reminders_of
from loans.holding import hold
from loans.models import Agreement, Loan
from loans.quotes import first_payment
from policies.lender import lender
from policies.texts import texts
from policies.wording import day, money
from transcripts import log

NOT_IN_A_CHAT = "it was not agreed in a chat 协议不是在聊天中达成的"


def opened(session: Session, agreement: Agreement, now: datetime) -> tuple[Conversation | None, datetime]:
    """Lock the chat, then the loan (a turn does it in this order); return the chat and the borrower's local time."""
    message = session.get(InboundMessage, agreement.confirmed_by_message or 0)
    chat = control.find(session, message.conversation_id) if message else None
    return chat, local_time(hold(session, agreement.loan_id), now)


def local_time(loan: Loan, now: datetime) -> datetime:
    """Return an aware time as the loan's borrower's clock shows it."""
    return now.astimezone(ZoneInfo(loan.borrower.timezone))


def tell(
    session: Session,
    chat: Conversation | None,
    agreement: Agreement,
    text_id: str,
    now: datetime,
    *,
    with_plan: bool = False,
) -> str:
    """Tell the borrower in the chat they agreed in; `with_plan` shows the schedule in force as a picture.

    The same status of an agreement is told once. Returns why they are not written to; empty when they are.
    """
    because = held_by(session, chat, agreement, now)
    if chat is None or because:
        return because
    quote, loan, language = agreement.quote, agreement.loan, chat.language
    first_on, first_amount = first_payment(quote)
    values = {
        "loan": loan.ref,
        "agreement": agreement.id[:8],
        "first_amount": money(first_amount, loan.currency, language),
        "first_due_on": day(first_on, language),
        "maturity": day(quote.new_maturity_on, language),
    }
    spoken = lender().values(language)
    text = texts()[text_id]
    papers, menu, human = (
        texts()[name].render(language, spoken) for name in ("button_document", "button_menu", "button_human")
    )
    buttons = [ButtonChoice(menu, "show_menu"), ButtonChoice(human, "ask_human")]
    if agreement.status == "active":
        buttons.insert(0, ButtonChoice(papers, "ask_schedule", {"agreement": agreement.id}))
    picture: Mapping[str, Any] = {
        "kind": "schedule", "loan": loan.ref, "language": language, "as_of": now.date().isoformat()
    }  # fmt: skip
    enqueue(
        session,
        chat,
        Message(
            text.render(language, {**spoken, **values}),
            text.label,
            buttons,
            picture if with_plan else {},
        ),
        dedupe_key=f"decision:{agreement.id}:{agreement.status}",
        lane="reply",
        at=now,
        because={"agreement": agreement.id, "status": agreement.status},
    )
    return ""


def held_by(session: Session, chat: Conversation | None, agreement: Agreement, now: datetime) -> str:
    borrower = agreement.loan.borrower
    if chat is None:
        return NOT_IN_A_CHAT
    if chat.borrower_id != borrower.id or chat.verified_at is None:
        return "the chat is not the borrower's verified chat any more 聊天已不是本人已核实的聊天"
    if chat.control != "bot":
        return "a person is in charge of the chat and tells them there 聊天由人工负责，请在聊天中告知"
    if reminders_of(session, borrower, now) == "stopped":
        return "nothing may be sent to this borrower unasked 不得主动联系该借款人"
    return ""


def record(
    session: Session,
    chat: Conversation | None,
    agreement: Agreement,
    kind: str,
    by: str,
    now: datetime,
    **more: Any,
) -> None:
    """Log a change in the chat it was agreed in; one agreed outside any chat is logged under its own id."""
    log.append(
        session,
        conversation_id=chat.id if chat else agreement.id,
        kind=kind,
        actor_role="staff" if by else "system",
        actor=by,
        occurred_at=now,
        subject_id=agreement.id,
        fields={
            "agreement": agreement.id,
            "quote": agreement.quote_id,
            "hash": agreement.quote.hash,
            "status": agreement.status,
            **more,
        },
    )
