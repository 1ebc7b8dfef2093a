"""An agreement's papers in the chat: the document, and the calendar of its due dates."""

from __future__ import annotations

from conversations.attachments import PAPERS
from conversations.outbox import ButtonChoice
from conversations.turn import Turn
from loans.agreements import AgreementError
from loans.documents.make import make_file
from loans.models import Agreement


def document_button(turn: Turn, agreement_id: str) -> ButtonChoice:
    """Return a button for an agreement's papers. It means `ask_schedule`, since they are a plan on paper."""
    return turn.button("button_document", "ask_schedule", agreement=agreement_id)


def send_papers(turn: Turn, agreement_id: str) -> None:
    """Send an agreement's document, and its calendar if there is one; log the fingerprint of each.

    An agreement of somebody else is as unknown as one that does not exist.
    """
    agreement = turn.session.get(Agreement, agreement_id)
    if agreement is None or turn.borrower is None or agreement.loan.borrower_id != turn.borrower.id:
        turn.say("document_missing", buttons=[turn.button("button_human", "ask_human")])
        return
    loan = agreement.loan.ref
    for kind, suffix in PAPERS.items():
        try:
            file = make_file(agreement, suffix)
        except AgreementError:
            continue
        turn.record(
            "document",
            {"agreement": agreement.id, "kind": kind, "sha256": file.sha256},
            subject_id=agreement.id,
        )
        attachment = {"kind": kind, "loan": loan, "agreement": agreement.id}
        turn.say(f"{kind}_here", loan=loan, agreement=agreement.id[:8], attachment=attachment)
