"""`tideover agreement`: consents and approvals put what was quoted in force, once, and the borrower hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from conversations.models import Conversation, OutboxMessage, Suppression
from loans.models import Agreement, Loan, Schedule
from loans.view import active_schedule
from policies.contact import contact_policy
from scheduler.planner import plan
from storage.engine import Database
from tests.support.book import NOW, load_book
from tests.support.desk import AT, call, confirmed, said
from transcripts import log


@pytest.fixture
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    yield database


def consent(agreement: str, party: str = "guarantor", status: int = 0) -> dict[str, object]:
    arguments = ("--party", party, "--evidence", "letter of 2026-11-19", "--by", "u17", "--now", AT)
    shape: dict[str, object] = said(
        "agreement.json#decided", "agreement", "consent", agreement, *arguments, status=status
    )
    return shape


def versions(database: Database, loan_ref: str) -> list[str]:
    with database.read() as session:
        found = select(Schedule.status).join(Loan).where(Loan.ref == loan_ref).order_by(Schedule.version)
        return list(session.scalars(found))


def written(database: Database, conversation: str) -> list[str]:
    with database.read() as session:
        found = select(OutboxMessage).where(
            OutboxMessage.conversation_id == conversation, OutboxMessage.lane == "reply"
        )
        return [str(row.text) for row in session.scalars(found.order_by(OutboxMessage.id))]


def test_the_guarantors_consent_puts_the_quote_in_force_and_the_borrower_is_told(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-GUARD", months=2)
    [waiting] = said("agreement.json#list", "agreement", "list", "--waiting")["agreements"]
    assert (waiting["status"], waiting["waits_for"]) == ("pending_consent", ["guarantor"])

    decided = consent(agreement[:8])
    assert decided["changed"] and decided["told"]
    assert versions(book, "L-ZH-GUARD") == ["superseded", "active"]
    with book.read() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L-ZH-GUARD")).one()
        quoted = session.get_one(Agreement, agreement).quote.rows
        new = active_schedule(session, loan)
        assert [row["due"] for row in quoted] == [str(row.due) for row in new.instalments]
        entry = next(e for e in log.entries(session, conversation) if e.kind == "consent")
        assert (entry.actor_role, entry.actor, entry.subject_id) == ("staff", "u17", agreement)
        assert (entry.payload["party"], entry.payload["status"]) == ("guarantor", "active")
    [text] = written(book, conversation)
    assert "L-ZH-GUARD" in text and "生效" in text and agreement[:8] in text


def test_recording_the_same_consent_again_changes_nothing(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-GUARD", months=2)
    assert consent(agreement)["changed"]
    again = consent(agreement)
    assert not again["changed"] and not again["told"]
    assert versions(book, "L-ZH-GUARD") == ["superseded", "active"]
    assert len(written(book, conversation)) == 1


def test_a_consent_may_still_leave_the_approval_to_be_given(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-EN-SECURED", months=4)
    assert consent(agreement, "security")["agreement"]["waits_for"] == ["approval"]  # type: ignore[index]
    assert versions(book, "L-EN-SECURED") == ["active"]
    approved = said("agreement.json#decided", "agreement", "approve", agreement, "--by", "u18", "--now", AT)
    assert approved["agreement"]["status"] == "active"
    assert versions(book, "L-EN-SECURED") == ["superseded", "active"]
    halfway, done = written(book, conversation)
    assert "One step is left" in halfway and "now in force" in done
    again = said("agreement.json#decided", "agreement", "approve", agreement, "--by", "u18", "--now", AT)
    assert not again["changed"] and len(written(book, conversation)) == 2


def test_a_rejection_leaves_the_schedule_and_keeps_its_reason_to_the_log(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-DUE", months=5)
    arguments = ("agreement", "reject", agreement, "--by", "u18", "--reason", "资料不全", "--now", AT)
    assert said("agreement.json#decided", *arguments)["agreement"]["status"] == "rejected"
    assert not said("agreement.json#decided", *arguments)["changed"]
    assert versions(book, "L-ZH-DUE") == ["active"]
    [text] = written(book, conversation)
    assert "没有获得批准" in text and "资料不全" not in text
    with book.read() as session:
        [entry] = [e for e in log.entries(session, conversation) if e.kind == "rejection"]
        assert entry.payload["reason"] == "资料不全"
    refused = call("agreement", "approve", agreement, "--by", "u18")
    assert refused.exit_code == 1 and "不能批准" in refused.stderr and "cannot be approved" in refused.stderr


def test_an_agreement_taken_back_is_logged_told_and_its_reminders_are_cancelled(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-DUE", months=2)
    assert versions(book, "L-ZH-DUE") == ["superseded", "active"]
    with book.read() as session:
        rows = session.get_one(Agreement, agreement).quote.rows
        due_on = date.fromisoformat(next(row["due_on"] for row in rows if not row["paid"]))
    plan(book, contact_policy(), datetime.combine(due_on, time(9), NOW.tzinfo) - timedelta(days=3))
    arguments = ("agreement", "reverse", agreement[:8], "--by", "u19", "--reason", "登记错误", "--now", AT)
    decided = said("agreement.json#decided", *arguments)
    assert (decided["agreement"]["status"], decided["told"]) == ("reversed", True)
    assert decided["reminders_cancelled"] == 1
    assert decided["agreement"]["ended_because"] == "登记错误" and decided["agreement"]["ended_at"]
    assert versions(book, "L-ZH-DUE") == ["active", "reversed"]
    [text] = written(book, conversation)
    assert "撤销" in text and "登记错误" not in text
    with book.read() as session:
        [entry] = [e for e in log.entries(session, conversation) if e.kind == "reversal"]
        assert (entry.actor, entry.payload["reason"]) == ("u19", "登记错误")
    assert not said("agreement.json#decided", *arguments)["changed"]
    assert "已撤销" in call("agreement", "show", agreement).stdout
    assert call("agreement", "reverse", agreement, "--by", "u19").exit_code == 2


def test_reminders_of_the_old_dates_are_cancelled(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=5)
    with book.write() as session:
        session.get_one(Agreement, agreement).status = "expired"
    outcome = plan(book, contact_policy(), NOW + timedelta(days=12))
    assert sum(outcome.planned.values()) == 1
    with book.write() as session:
        session.get_one(Agreement, agreement).status = "pending_approval"
    decided = said("agreement.json#decided", "agreement", "approve", agreement, "--by", "u18", "--now", AT)
    assert decided["reminders_cancelled"] == 1


def test_a_payment_in_between_stops_the_approval(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-DUE", months=5)
    with book.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == "L-ZH-DUE")).one()
        active_schedule(session, loan).instalments[5].interest_paid = Decimal("100.00")
    refused = call("agreement", "approve", agreement, "--by", "u18", "--now", AT)
    assert refused.exit_code == 1 and "changed since" in refused.stderr and "重新计算" in refused.stderr
    with book.read() as session:
        assert session.get_one(Agreement, agreement).status == "pending_approval"
        assert "approval" not in [entry.kind for entry in log.entries(session, conversation)]


def test_the_bot_does_not_speak_where_a_person_is_in_charge(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-DUE", months=5)
    assert call("control", "take", conversation, "--by", "u1").exit_code == 0
    decided = said("agreement.json#decided", "agreement", "approve", agreement, "--by", "u18", "--now", AT)
    assert decided["changed"] and not decided["told"] and "person is in charge" in decided["not_told_because"]
    assert written(book, conversation) == []


def test_a_borrower_who_must_not_be_written_to_is_not(book: Database) -> None:
    agreement, conversation = confirmed(book, "L-ZH-DUE", months=5)
    with book.write() as session:
        borrower_id = session.get_one(Conversation, conversation).borrower_id
        session.add(Suppression(borrower_id=borrower_id, reason="crisis", since=NOW))
    decided = said("agreement.json#decided", "agreement", "approve", agreement, "--by", "u18", "--now", AT)
    assert decided["agreement"]["status"] == "active" and not decided["told"]
    assert written(book, conversation) == []


@pytest.mark.parametrize("start", ["", "nothing", "%"])
def test_an_id_that_names_nothing_is_an_error_in_both_languages(book: Database, start: str) -> None:
    confirmed(book, "L-ZH-DUE", months=5)
    refused = call("agreement", "approve", start, "--by", "u18")
    assert refused.exit_code == 1
    assert "there is no agreement" in refused.stderr and "协议" in refused.stderr


def test_nothing_of_an_agreement_is_cut_off_in_a_terminal_of_80_columns(
    book: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    agreement, _ = confirmed(book, "L-EN-SECURED", months=4)
    [found] = said("agreement.json#list", "agreement", "list")["agreements"]
    table = call("agreement", "list", "--now", AT).stdout
    for part in (agreement[:8], found["loan"], found["decide_by"], found["new_maturity"], found["status"]):
        assert part in table
    assert "…" not in table and "too late" not in table


def test_the_list_says_which_agreements_can_no_longer_be_decided(book: Database) -> None:
    confirmed(book, "L-ZH-GUARD", months=2)
    [found] = said("agreement.json#list", "agreement", "list", "--waiting")["agreements"]
    last = datetime.combine(date.fromisoformat(found["decide_by"]), time(12), NOW.tzinfo)
    in_time, too_late = (
        call("agreement", "list", "--now", moment.isoformat()).stdout
        for moment in (last - timedelta(days=1), last + timedelta(days=1))
    )
    assert "too late" not in in_time
    assert "too late" in too_late and "已过期" in too_late


def test_people_get_a_table_and_plain_words(book: Database) -> None:
    assert "no agreements 没有协议" in call("agreement", "list").stdout
    agreement, _ = confirmed(book, "L-ZH-GUARD", months=2)
    assert "pending_consent" in call("agreement", "list").stdout
    printed = call(
        "agreement", "consent", agreement, "--party", "guarantor", "--evidence", "x", "--by", "u17"
    ).stdout
    assert "active 已生效" in printed and "已在聊天中告知借款人" in printed


def test_who_decides_must_be_named(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-DUE", months=5)
    assert call("agreement", "approve", agreement).exit_code == 2
    assert call("agreement", "approve", agreement, "--by", " ").exit_code == 2
    assert call("agreement", "approve", agreement, "--by", "x" * 41).exit_code == 2
