"""An arrangement that was decided against, whose terms have changed, or that waited too long is never announced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.choose import ActionChoose
from actions.confirm_agreement import ActionConfirmAgreement
from conversations.agreement_ends import expire_waiting
from conversations.models import OutboxMessage
from loans.agreements import AgreementError, agree, approve, record_consent, reject
from loans.models import Agreement, Loan, Quote
from loans.options import option_for
from loans.positions import position_of
from loans.quotes import first_payment, freeze, quote_options
from loans.view import active_schedule
from policies.rulebook import rulebook
from storage.engine import Database
from tests.support.acting import asked, open_chat, pending, says
from tests.support.book import NOW, load_book
from tests.support.desk import call, confirmed
from transcripts import log


@pytest.fixture
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    return database


def loan(session: Session, ref: str) -> Loan:
    return session.scalars(select(Loan).where(Loan.ref == ref)).one()


def quoted(session: Session, ref: str, months: int = 4) -> Quote:
    """The first option: four months of it need an approval, two none."""
    quotes, refused = quote_options(session, loan(session, ref), rulebook(), NOW, requested_months=months)
    assert quotes, refused
    return quotes[0]


def test_a_rejected_arrangement_is_not_announced_by_a_yes_in_another_chat(book: Database) -> None:
    web, telegram = open_chat(book, "EN-DUE"), open_chat(book, "EN-DUE", "telegram")
    with book.write() as session:
        quote_id = quoted(session, "L-EN-DUE").id
    for chat in (web, telegram):
        pending(book, chat, kind="confirm_agreement", quote=quote_id, loan="L-EN-DUE")
    _, [answer] = says(book, web, "yes", ActionConfirmAgreement())
    assert answer.startswith("agreed_waiting_approval@")
    with book.write() as session:
        reject(session, session.scalars(select(Agreement)).one(), NOW, by="u18")

    _, [answer] = says(book, telegram, "yes", ActionConfirmAgreement())
    assert answer.startswith("not_agreed@") and "did not approve" in answer
    assert asked(book, telegram) == {}
    with book.read() as session:
        assert active_schedule(session, loan(session, "L-EN-DUE")).version == 1


def over(agreement: Agreement, status: str) -> None:
    agreement.status, agreement.ended_by = status, "u19" if status == "reversed" else None


@pytest.mark.parametrize("status", ["rejected", "expired", "completed", "broken", "reversed"])
def test_an_agreement_that_is_over_is_not_given_back_as_if_it_stood(book: Database, status: str) -> None:
    with book.write() as session:
        quote = quoted(session, "L-EN-DUE")
        over(agree(session, quote, NOW), status)
        with pytest.raises(AgreementError) as refused:
            agree(session, quote, NOW)
        assert refused.value.code == status and refused.value.zh and refused.value.en


@pytest.mark.parametrize("status", ["rejected", "expired", "broken", "reversed"])
def test_the_same_option_asked_for_again_is_a_new_quote_once_the_first_was_decided_against(
    book: Database, status: str
) -> None:
    chat = open_chat(book, "EN-DUE")
    with book.write() as session:
        first = quoted(session, "L-EN-DUE")
        assert quoted(session, "L-EN-DUE").id == first.id
        over(agree(session, first, NOW), status)
        session.flush()
        second = quoted(session, "L-EN-DUE")
        assert second.id != first.id and quoted(session, "L-EN-DUE").id == second.id
        assert second.rows == first.rows
        used_up, fresh = first.id, second.id
    pending(book, chat, kind="choose_option", quotes=[used_up], loan="L-EN-DUE")
    follow_up, [answer] = says(book, chat, "1", ActionChoose(), "choose_option")
    assert follow_up == "action_offer_relief" and answer.startswith("option_outdated@")
    with book.write() as session:
        assert agree(session, session.get_one(Quote, fresh), NOW).status == "pending_approval"


TERMS: list[Callable[[Loan], None]] = [
    lambda loan: setattr(loan, "guarantor", True),
    lambda loan: setattr(loan, "secured", True),
    lambda loan: setattr(loan, "annual_rate_pct", Decimal("10")),
    lambda loan: setattr(loan, "method", "equal_principal"),
    lambda loan: setattr(loan, "day_count", "ACT/365"),
    lambda loan: setattr(loan, "restructure_count", 1),
    lambda loan: setattr(loan, "prior_extension_months", 1),
    lambda loan: setattr(loan, "status", "closed"),
    lambda loan: setattr(loan, "currency", "USD"),
]


@pytest.mark.parametrize("change", TERMS)
def test_a_quote_ends_when_the_loans_terms_change(book: Database, change: Callable[[Loan], None]) -> None:
    with book.write() as session:
        quote_id = quoted(session, "L-EN-DUE", months=2).id
    with book.write() as session:
        change(loan(session, "L-EN-DUE"))
    with book.write() as session, pytest.raises(AgreementError) as refused:
        agree(session, session.get_one(Quote, quote_id), NOW)
    assert refused.value.code == "changed"


@pytest.mark.parametrize(("field", "value"), [("from_date", NOW.date()), ("interest_carried", Decimal("5"))])
def test_a_quote_ends_when_how_interest_counts_changes(book: Database, field: str, value: object) -> None:
    with book.write() as session:
        quote = quoted(session, "L-EN-DUE", months=2)
        setattr(active_schedule(session, loan(session, "L-EN-DUE")).instalments[-1], field, value)
        session.flush()
        with pytest.raises(AgreementError) as refused:
            agree(session, quote, NOW)
    assert refused.value.code == "changed"


def test_a_guarantor_who_joins_after_the_quote_must_consent(book: Database) -> None:
    with book.write() as session:
        before = quoted(session, "L-EN-DUE", months=2)
        assert not before.consents_needed
        loan(session, "L-EN-DUE").guarantor = True
        session.flush()
        after = quoted(session, "L-EN-DUE", months=2)
        assert after.id != before.id and after.consents_needed == ["guarantor"]
        assert agree(session, after, NOW).status == "pending_consent"


def test_other_rule_results_make_another_quote(book: Database) -> None:
    with book.write() as session:
        of = loan(session, "L-EN-DUE")
        schedule = active_schedule(session, of)
        option = option_for(position_of(of, schedule, NOW.date()), rulebook(), [("extension", {"months": 2})])
        assert option.decision is not None
        stricter = replace(option, decision=replace(option.decision, approval_level="manager"))
        first, second = (freeze(session, of, schedule, each, rulebook(), NOW) for each in (option, stricter))
        assert (first.needs_approval, second.needs_approval) == (False, True)


def test_staff_have_until_the_first_new_due_date(book: Database) -> None:
    with book.write() as session:
        quote = quoted(session, "L-EN-BULLET")
        agreement = agree(session, quote, NOW)
        assert agreement.status == "pending_approval"
        first_on, _ = first_payment(quote)
        that_day = NOW.replace(year=first_on.year, month=first_on.month, day=first_on.day)
        with pytest.raises(AgreementError) as refused:
            approve(session, agreement, that_day + timedelta(days=1), by="u18")
        assert (refused.value.code, agreement.status) == ("expired", "pending_approval")
        assert active_schedule(session, agreement.loan).version == 1
        assert approve(session, agreement, that_day, by="u18").status == "active"


def test_a_consent_thirty_days_after_the_quotes_end_is_too_late(book: Database) -> None:
    with book.write() as session:
        agreement = agree(session, quoted(session, "L-EN-SECURED", months=6), NOW)
        assert agreement.status == "pending_consent"
        late = agreement.quote.expires_at.astimezone(NOW.tzinfo) + timedelta(days=30, seconds=1)
        with pytest.raises(AgreementError) as refused:
            record_consent(session, agreement, party="security", evidence="letter", by="u17", now=late)
        assert refused.value.code == "expired" and agreement.consents == []


def test_a_late_approval_is_refused_the_agreement_lapses_and_the_borrower_hears_of_it(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-DUE", months=5)
    late = (NOW + timedelta(days=200)).isoformat()
    refused = call("agreement", "approve", agreement, "--by", "u18", "--now", late)
    assert refused.exit_code == 1 and "lapsed" in refused.stderr and "失效" in refused.stderr
    with book.read() as session:
        assert session.get_one(Agreement, agreement).status == "expired"
        assert active_schedule(session, loan(session, "L-ZH-DUE")).version == 1
        [entry] = [entry for entry in log.entries(session, conversation) if entry.kind == "expiry"]
        assert (entry.actor_role, entry.actor) == ("staff", "u18")
        [told] = session.scalars(select(OutboxMessage).where(OutboxMessage.lane == "reply"))
        assert told.template.startswith("decision_expired@") and "L-ZH-DUE" in str(told.text)
    assert call("agreement", "approve", agreement, "--by", "u18", "--now", late).exit_code == 1


def test_what_waited_too_long_lapses_by_itself_and_only_that(book: Database) -> None:
    old, conversation = confirmed(book, "L-ZH-DUE", months=5)
    still, _ = confirmed(book, "L-EN-DUE", months=5, now=NOW + timedelta(days=12))
    assert expire_waiting(book, NOW + timedelta(days=13)) == 0
    assert expire_waiting(book, NOW + timedelta(days=40)) == 1
    assert expire_waiting(book, NOW + timedelta(days=40)) == 0
    with book.read() as session:
        assert session.get_one(Agreement, old).status == "expired"
        assert session.get_one(Agreement, still).status == "pending_approval"
        [entry] = [entry for entry in log.entries(session, conversation) if entry.kind == "expiry"]
        assert entry.actor_role == "system"
