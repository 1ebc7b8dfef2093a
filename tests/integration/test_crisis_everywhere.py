"""After a cry for help in one chat, no chat of the borrower does business until staff close the case."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from actions.amount_due import ActionAmountDue
from actions.confirm_agreement import ActionConfirmAgreement
from actions.crisis import ActionCrisis
from actions.identify import ActionIdentify
from loans.models import Agreement, Case, Loan
from loans.quotes import quote_options
from policies.rulebook import rulebook
from storage.engine import Database
from tests.support.acting import open_chat, pending, says
from tests.support.book import NOW, load_book


def test_a_crisis_in_one_chat_stops_business_in_the_others(database: Database, tmp_path: Path) -> None:
    load_book(database, tmp_path / "tape")
    web, telegram, other = (
        open_chat(database, "EN-DUE"),
        open_chat(database, "EN-DUE", "telegram"),
        open_chat(database, "EN-LATE"),
    )
    with database.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L-EN-DUE")).one()
        quote_id = quote_options(session, loan, rulebook(), NOW, requested_months=2)[0][0].id
    pending(database, telegram, kind="confirm_agreement", quote=quote_id, loan="L-EN-DUE")

    _, [answer] = says(database, web, "I want to die", ActionCrisis(), "self_harm")
    assert answer.startswith("crisis@")
    for words, action in (("yes", ActionConfirmAgreement()), ("how much do I owe", ActionAmountDue())):
        _, [answer] = says(database, telegram, words, action)
        assert answer.startswith("crisis_")
    _, [answer] = says(database, telegram, "my last four are 204X", ActionIdentify(), "provide_identity")
    assert answer.startswith("already_verified@")
    with database.read() as session:
        assert session.scalars(select(Agreement)).all() == []
    _, [answer] = says(database, other, "how much do I owe", ActionAmountDue(), "ask_amount_due")
    assert not answer.startswith("crisis")

    with database.write() as session:
        session.scalars(select(Case).where(Case.kind == "crisis")).one().status = "closed"
    _, [answer] = says(database, telegram, "yes", ActionConfirmAgreement())
    assert answer.startswith("agreed@")
