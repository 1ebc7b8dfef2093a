"""Agreements that end by the rulebook: kept to the end, or broken, with what it says then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations import agreement_ends, announcing
from conversations.agreement_ends import end_by_rule
from conversations.models import Conversation, OutboxMessage
from loans.models import Agreement, Case, Charge
from loans.view import active_schedule, outstanding
from policies.rulebook import DEFAULT, load_rulebook
from storage.engine import Database
from tests.support.agreed import agreed, pay, standing, status_of, the_loan, versions
from tests.support.book import NOW, load_book
from tests.support.desk import confirmed
from transcripts import log

LOAN = "L-ZH-DUE"


@pytest.fixture
def book(database: Database, tmp_path: Path) -> Database:
    load_book(database, tmp_path / "tape")
    return database


def with_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **changes: str) -> None:
    """Run on the default rulebook with some lines of its `agreements` replaced."""
    text = DEFAULT.read_text(encoding="utf-8")
    for name, value in changes.items():
        line = next(line for line in text.splitlines() if line.startswith(f"  {name}:"))
        text = text.replace(line, f"  {name}: {value}", 1)
    path = tmp_path / "changed.yml"
    path.write_text(text, encoding="utf-8")
    changed = load_rulebook(path)
    monkeypatch.setattr(agreement_ends, "rulebook", lambda: changed)


def extended(book: Database) -> tuple[str, str, list[date]]:
    """An extension confirmed in a chat; the agreement's id, the conversation's, and the dates of the new plan."""
    agreement, conversation = confirmed(book, LOAN, months=2)
    assert status_of(book, agreement) == "active"
    with book.read() as session:
        rows = active_schedule(session, the_loan(session, LOAN)).instalments
        return agreement, conversation, [row.due_on for row in rows if row.settled_on is None]


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=NOW.tzinfo)


def told(book: Database, conversation: str) -> list[str]:
    with book.read() as session:
        found = select(OutboxMessage).where(
            OutboxMessage.conversation_id == conversation, OutboxMessage.lane == "reply"
        )
        return [row.template for row in session.scalars(found.order_by(OutboxMessage.id))]


def test_an_agreement_is_broken_only_after_as_many_instalments_and_days_as_the_rulebook_says(
    book: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_rules(monkeypatch, tmp_path, grace_days="10", missed_instalments="2")
    agreement, _, due = extended(book)
    assert end_by_rule(book, on(due[1] + timedelta(days=10))) == 0
    assert status_of(book, agreement) == "active"
    assert end_by_rule(book, on(due[1] + timedelta(days=11))) == 1
    assert status_of(book, agreement) == "broken"


def test_an_agreement_of_fewer_instalments_than_the_rulebook_counts_is_broken_when_all_that_is_left_is_missed(
    book: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_rules(monkeypatch, tmp_path, grace_days="10", missed_instalments="2")
    alone = agreed(book, "L-ZH-BULLET", ("renewal", {"months": 6}))
    last, _, due = extended(book)
    with book.read() as session:
        [bullet] = [
            row.due_on
            for row in active_schedule(session, the_loan(session, "L-ZH-BULLET")).instalments
            if row.principal
        ]
        rows = active_schedule(session, the_loan(session, LOAN)).instalments
        left = sum(row.unpaid for row in rows) - rows[-1].unpaid
    pay(book, LOAN, str(left), date(2026, 12, 1), "all but the last")
    assert end_by_rule(book, on(max(bullet, due[-1]) + timedelta(days=11))) == 2
    assert (status_of(book, alone), status_of(book, last)) == ("broken", "broken")


def test_with_keep_new_the_agreed_plan_goes_on_staff_get_a_case_and_the_borrower_is_told_once(
    book: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_rules(monkeypatch, tmp_path, after_broken="keep_new", case="hardship")
    agreement, conversation, due = extended(book)
    before = standing(book, LOAN)
    late = on(due[1] + timedelta(days=20))
    assert end_by_rule(book, late) == 1
    assert end_by_rule(book, late) == 0
    assert standing(book, LOAN) == before
    with book.read() as session:
        case = session.scalars(select(Case)).one()
        assert (case.kind, case.reason, case.status) == ("hardship", "agreement_broken", "open")
        assert agreement in case.details
        [entry] = [e for e in log.entries(session, conversation) if e.kind == "breach"]
        assert (entry.actor_role, entry.payload["after"]) == ("system", "keep_new")
        late_rows = [row[0] for row in before["rows"] if row[2] < late.date() and row[-1] is None]
        assert entry.payload["missed"] == late_rows
    assert told(book, conversation) == ["decision_broken_kept@1"]


def test_with_restore_old_the_former_plan_counts_with_every_payment_and_the_counts_stay(
    book: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_rules(monkeypatch, tmp_path, after_broken="restore_old")
    before = standing(book, LOAN)
    agreement, conversation, due = extended(book)
    counts = standing(book, LOAN)["counts"]
    pay(book, LOAN, "500.00", date(2026, 11, 25), "a little")
    assert end_by_rule(book, on(due[1] + timedelta(days=20))) == 1
    assert (status_of(book, agreement), versions(book, LOAN)) == ("broken", ["active", "reversed"])
    after = standing(book, LOAN)
    assert [row[:7] for row in after["rows"]] == [row[:7] for row in before["rows"]]
    assert after["counts"] == counts != before["counts"]
    assert sum(part[2] for part in after["counted"]) == sum(part[2] for part in before["counted"]) + 500
    assert told(book, conversation) == ["decision_broken_restored@1"]


def test_what_was_waived_is_owed_again_when_the_old_plan_is_restored(
    book: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_rules(monkeypatch, tmp_path, after_broken="restore_old", missed_instalments="1", grace_days="5")
    with book.write() as session:
        late = next(
            row
            for row in active_schedule(session, the_loan(session, "L-ZH-LATE")).instalments
            if row.settled_on is None
        )
        late.penalty = Decimal("200.00")
    agreed(book, "L-ZH-LATE", ("waive", {"penalty": "100"}))
    with book.read() as session:
        assert outstanding(active_schedule(session, the_loan(session, "L-ZH-LATE")))["penalty"] == 0
    assert end_by_rule(book, NOW + timedelta(days=5)) == 0
    assert end_by_rule(book, NOW + timedelta(days=6)) == 1
    with book.read() as session:
        assert outstanding(active_schedule(session, the_loan(session, "L-ZH-LATE")))["penalty"] == Decimal(
            "200"
        )
        agreement = session.scalars(select(Agreement)).one()
        assert [waiver.reversed_at is not None for waiver in agreement.waivers] == [True]


def test_what_was_overdue_when_it_was_agreed_counts_as_missed_only_from_then(
    book: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_rules(monkeypatch, tmp_path, missed_instalments="1", grace_days="10")
    agreement = agreed(book, "L-ZH-LATE", ("waive", {"interest": "50"}))
    assert end_by_rule(book, NOW + timedelta(days=1)) == 0
    assert end_by_rule(book, NOW + timedelta(days=11)) == 1
    assert status_of(book, agreement) == "broken"


def test_an_agreement_that_came_back_is_missed_only_from_the_day_it_did(
    book: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_rules(monkeypatch, tmp_path, after_broken="restore_old", missed_instalments="1", grace_days="10")
    first = agreed(book, LOAN, ("extension", {"months": 1}))
    second = agreed(book, LOAN, ("extension", {"months": 1}), now=NOW + timedelta(hours=1))
    with book.read() as session:
        rows = active_schedule(session, the_loan(session, LOAN)).instalments
        due = min(row.due_on for row in rows if row.settled_on is None)
    ended = due + timedelta(days=60)
    assert end_by_rule(book, on(ended)) == 1
    assert (status_of(book, first), status_of(book, second)) == ("active", "broken")
    for days, broken in ((0, 0), (10, 0), (11, 1)):
        assert end_by_rule(book, on(ended + timedelta(days=days))) == broken
    assert status_of(book, first) == "broken"


def test_an_agreement_paid_to_the_end_is_completed_and_the_borrower_thanked(book: Database) -> None:
    agreement, conversation, _ = extended(book)
    with book.read() as session:
        left = outstanding(active_schedule(session, the_loan(session, LOAN)))["total"]
    pay(book, LOAN, str(left - 1), date(2026, 12, 1), "nearly all")
    assert end_by_rule(book, on(date(2026, 12, 2))) == 0
    pay(book, LOAN, "1.00", date(2026, 12, 2), "the rest")
    assert end_by_rule(book, on(date(2026, 12, 2))) == 1
    assert end_by_rule(book, on(date(2026, 12, 2))) == 0
    assert status_of(book, agreement) == "completed"
    assert told(book, conversation) == ["decision_completed@1"]


def test_a_settlement_is_completed_only_when_no_charge_is_left_either(book: Database) -> None:
    agreement = agreed(book, LOAN, ("settlement", {"principal_pct": "90", "instalments": 1}))
    with book.write() as session:
        loan = the_loan(session, LOAN)
        left = outstanding(active_schedule(session, loan))["total"]
        charge = Charge(loan_id=loan.id, kind="visit_fee", due_on=date(2026, 11, 21), amount=Decimal("30.00"))
        session.add(charge)
    pay(book, LOAN, str(left), date(2026, 11, 30), "the settlement")
    assert end_by_rule(book, on(date(2026, 12, 1))) == 0
    with book.write() as session:
        session.get_one(Charge, charge.id).paid = Decimal("30.00")
    assert end_by_rule(book, on(date(2026, 12, 1))) == 1
    assert status_of(book, agreement) == "completed"


def test_protection_of_the_credit_record_ends_after_its_last_day(book: Database) -> None:
    agreement = agreed(book, LOAN, ("credit_protection", {"months": 3}))
    assert end_by_rule(book, on(date(2027, 2, 20))) == 0
    assert end_by_rule(book, on(date(2027, 2, 21))) == 1
    assert status_of(book, agreement) == "completed"


def test_a_protection_that_goes_on_is_not_even_locked(
    book: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = agreed(book, LOAN, ("credit_protection", {"months": 3}))
    looked_at: list[str] = []

    def watched(session: Session, found: Agreement, now: datetime) -> tuple[Conversation | None, datetime]:
        looked_at.append(found.id)
        return announcing.opened(session, found, now)

    monkeypatch.setattr(agreement_ends, "opened", watched)
    assert end_by_rule(book, on(date(2027, 2, 18))) == 0 and looked_at == []
    with book.write() as session:
        the_loan(session, LOAN).status = "closed"
    assert end_by_rule(book, on(date(2027, 2, 18))) == 1 and looked_at == [agreement]


def test_nobody_is_told_at_night(book: Database) -> None:
    agreement, _, due = extended(book)
    midnight = on(due[1] + timedelta(days=20)).replace(hour=0, minute=5)
    assert end_by_rule(book, midnight) == 0
    assert end_by_rule(book, midnight.replace(hour=10)) == 1
    assert status_of(book, agreement) == "broken"


def test_a_case_that_is_open_already_gets_the_broken_agreement_in_its_details(book: Database) -> None:
    agreement, _, due = extended(book)
    with book.write() as session:
        loan = the_loan(session, LOAN)
        session.add(
            Case(borrower_id=loan.borrower_id, kind="hardship", details="lost the shop", opened_at=NOW)
        )
    assert end_by_rule(book, on(due[1] + timedelta(days=20))) == 1
    with book.read() as session:
        case = session.scalars(select(Case)).one()
        assert case.details.startswith("lost the shop\n") and agreement in case.details
        assert case.changed_at == on(due[1] + timedelta(days=20))


def test_one_agreement_that_cannot_be_ended_does_not_keep_the_others(
    book: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, _, due = extended(book)
    second = agreed(book, "L-EN-DUE", ("extension", {"months": 2}))
    ending = announcing.record

    def failing(session: object, chat: object, agreement: Agreement, *rest: object, **more: object) -> None:
        if agreement.id == first:
            raise RuntimeError("disk full")
        ending(session, chat, agreement, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(agreement_ends, "record", failing)
    assert end_by_rule(book, on(due[1] + timedelta(days=20))) == 1
    assert (status_of(book, first), status_of(book, second)) == ("active", "broken")
    assert first in caplog.text
