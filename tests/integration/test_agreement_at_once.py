"""Two at once: whoever comes second finds what the first has done, and the book adds up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import loans.tape.receipts as receipts
from conversations import decisions
from conversations.agreement_ends import end_by_rule
from conversations.models import OutboxMessage
from loans.agreements import AgreementError, agree, approve, expire, reject
from loans.models import Agreement, Loan, Payment, Quote
from loans.quotes import quote_options
from loans.tape.load import import_tape
from loans.tape.reconciliation import report_backdated
from loans.view import active_schedule, credit
from policies.rulebook import rulebook
from storage.engine import Database
from tests.support.agreed import agreed, pay, status_of, the_loan, versions
from tests.support.book import NOW, load_book
from tests.support.desk import confirmed

LOAN = "L-ZH-DUE"


@pytest.fixture
def book(database: Database, tmp_path: Path) -> Database:
    load_book(database, tmp_path / "tape")
    return database


def at_once(database: Database, *acts: Callable[[Session], object]) -> list[object]:
    """Let every act run in a transaction and a thread of its own, all begun together; what each gave, or why not."""
    begin = threading.Barrier(len(acts))
    given: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[Session], object]) -> None:
        begin.wait()
        try:
            with database.write() as session:
                given[place] = act(session)
        except AgreementError as refused:
            given[place] = refused.code
        except Exception as fault:
            given[place] = repr(fault)

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return given


def adds_up(database: Database, ref: str) -> bool:
    """Whether all that was received is counted on the version in force or visible as credit."""
    with database.read() as session:
        loan = the_loan(session, ref)
        received = session.scalars(select(Payment.amount).where(Payment.loan_id == loan.id)).all()
        rows = active_schedule(session, loan).instalments
        counted = sum((row.due - row.unpaid for row in rows), Decimal(0))
        return counted + credit(session, loan) == sum(received, Decimal(0))


def waits_for_approval(database: Database) -> str:
    agreement, _ = confirmed(database, LOAN, months=5)
    assert status_of(database, agreement) == "pending_approval"
    return agreement


def approving(agreement: str, by: str) -> Callable[[Session], object]:
    return lambda session: (
        decisions.approve(session, session.get_one(Agreement, agreement), by=by, now=NOW).changed
    )


def reversing(agreement: str) -> Callable[[Session], object]:
    return lambda session: (
        decisions.reverse(
            session, session.get_one(Agreement, agreement), by="u19", now=NOW, reason="a mistake"
        ).changed
    )


def test_two_approvals_at_once_are_one(book: Database) -> None:
    agreement = waits_for_approval(book)
    results = at_once(book, *(approving(agreement, by) for by in ("c01", "c02", "c03", "c04")))
    assert {bool(result) for result in results} <= {True, False}, results
    assert results.count(True) == 1
    assert versions(book, LOAN) == ["superseded", "active"]
    with book.read() as session:
        loan = the_loan(session, LOAN)
        assert loan.restructure_count == 1
        assert session.scalar(select(func.count(OutboxMessage.id)).where(OutboxMessage.lane == "reply")) == 1


def test_an_approval_and_a_rejection_at_once_leave_one_decision(book: Database) -> None:
    agreement = waits_for_approval(book)
    at_once(
        book,
        approving(agreement, "c01"),
        lambda session: (
            decisions.reject(session, session.get_one(Agreement, agreement), by="c02", now=NOW).changed
        ),
    )
    expected = {"active": ["superseded", "active"], "rejected": ["active"]}
    assert versions(book, LOAN) == expected[status_of(book, agreement)]


def test_the_same_quote_confirmed_twice_at_once_is_one_agreement(book: Database) -> None:
    with book.write() as session:
        quotes, _ = quote_options(session, the_loan(session, LOAN), rulebook(), NOW, requested_months=2)
        quote_id = quotes[0].id

    def confirm(session: Session) -> str:
        return agree(session, session.get_one(Quote, quote_id), NOW).id

    first, second = at_once(book, confirm, confirm)
    assert first == second and versions(book, LOAN) == ["superseded", "active"]


def test_the_same_option_quoted_twice_at_once_is_one_quote(book: Database) -> None:
    def quote(session: Session) -> list[str]:
        quotes, _ = quote_options(session, the_loan(session, LOAN), rulebook(), NOW, requested_months=2)
        return [each.id for each in quotes]

    first, second = at_once(book, quote, quote)
    assert first == second and first


def test_of_a_reversal_and_a_new_agreement_at_once_one_finds_the_other_there(book: Database) -> None:
    first = agreed(book, LOAN, ("extension", {"months": 1}))
    second = waits_for_approval(book)
    results = at_once(book, reversing(first), approving(second, "c01"))
    assert results in ([True, "changed"], ["not_in_force", True])
    if results[0] is True:
        assert (status_of(book, first), status_of(book, second)) == ("reversed", "pending_approval")
        assert versions(book, LOAN) == ["active", "reversed"]
    else:
        assert (status_of(book, first), status_of(book, second)) == ("replaced", "active")
        assert versions(book, LOAN) == ["superseded", "superseded", "active"]
    assert adds_up(book, LOAN)


def test_two_reversals_at_once_are_one(book: Database) -> None:
    agreement = agreed(book, LOAN, ("extension", {"months": 2}))
    assert sorted(map(str, at_once(book, *[reversing(agreement)] * 3))) == ["False", "False", "True"]
    with book.read() as session:
        loan = the_loan(session, LOAN)
        assert (loan.restructure_count, loan.prior_extension_months) == (0, 0)


def test_two_clocks_end_an_agreement_once(book: Database) -> None:
    agreed(book, LOAN, ("extension", {"months": 2}))
    late = NOW + timedelta(days=200)
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(end_by_rule(book, late))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(counts) == [0, 1]


def test_an_approval_waits_for_the_tape_and_is_refused_when_a_payment_came(
    book: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = waits_for_approval(book)
    answers: list[object] = []
    officer = threading.Thread(target=lambda: answers.extend(at_once(book, approving(agreement, "c01"))))

    def approved_in_between(session: Session, payments: object, now: object) -> None:
        officer.start()
        officer.join(timeout=2)
        assert officer.is_alive(), "the approval did not wait for the tape"
        report_backdated(session, payments, now)  # type: ignore[arg-type]

    monkeypatch.setattr(receipts, "report_backdated", approved_in_between)
    with (tmp_path / "tape" / "payments.csv").open("a", encoding="utf-8") as file:
        file.write(f"{LOAN},2026-11-19,500.00,{LOAN}-new\n")
    assert import_tape(book, tmp_path / "tape", NOW).written
    officer.join()
    assert answers == ["changed"]
    assert status_of(book, agreement) == "pending_approval" and adds_up(book, LOAN)


def test_a_tape_that_comes_during_an_approval_counts_its_payment_on_the_new_version(
    book: Database, tmp_path: Path
) -> None:
    agreement = waits_for_approval(book)
    with (tmp_path / "tape" / "payments.csv").open("a", encoding="utf-8") as file:
        file.write(f"{LOAN},2026-11-20,500.00,{LOAN}-new\n")
    tape = threading.Thread(target=lambda: import_tape(book, tmp_path / "tape", NOW))
    with book.write() as session:
        assert approving(agreement, "c01")(session)
        tape.start()
        tape.join(timeout=2)
        assert tape.is_alive(), "the tape did not wait for the approval"
    tape.join(60)
    assert versions(book, LOAN) == ["superseded", "active"] and adds_up(book, LOAN)
    with book.read() as session:
        loan: Loan = the_loan(session, LOAN)
        new = next(
            row for row in active_schedule(session, loan).instalments if row.due_on > date(2026, 12, 31)
        )
        assert new.due - new.unpaid == Decimal("500.00")


def paid_in_between(url: str, agreed_to: Callable[[Session], object]) -> None:
    """Look at all of a loan, let a payment come over another connection, then act with what was seen."""
    mine, other = Database(url), Database(url)
    with mine.write() as session:
        loan = the_loan(session, LOAN)
        seen = [
            loan,
            active_schedule(session, loan).instalments,
            *loan.charges,
            *session.scalars(select(Agreement)),
        ]
        assert seen
        pay(other, LOAN, "500.00", NOW.date(), "meanwhile")
        with pytest.raises(AgreementError) as refused:
            agreed_to(session)
        assert refused.value.code == "changed"
    assert adds_up(mine, LOAN)
    mine.close()
    other.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_payment_that_comes_after_a_loan_was_looked_at_ends_its_quote(
    book: Database, database_url: str
) -> None:
    with book.write() as session:
        quotes, _ = quote_options(session, the_loan(session, LOAN), rulebook(), NOW, requested_months=2)
        quote_id = quotes[0].id
    paid_in_between(database_url, lambda session: agree(session, session.get_one(Quote, quote_id), NOW))
    assert versions(book, LOAN) == ["active"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_payment_that_comes_after_a_loan_was_looked_at_stops_an_approval(
    book: Database, database_url: str
) -> None:
    agreement = waits_for_approval(book)
    paid_in_between(
        database_url,
        lambda session: approve(session, session.get_one(Agreement, agreement), NOW, by="c01"),
    )
    assert (status_of(book, agreement), versions(book, LOAN)) == ("pending_approval", ["active"])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("late", [False, True])
def test_what_was_decided_after_an_agreement_was_looked_at_is_not_decided_again(
    book: Database, late: bool
) -> None:
    agreement = waits_for_approval(book)
    with book.write() as session:
        seen = session.get_one(Agreement, agreement)
        with book.write() as other:
            approve(other, other.get_one(Agreement, agreement), NOW, by="c01")
        if late:
            assert not expire(session, seen, NOW + timedelta(days=200))
        else:
            with pytest.raises(AgreementError) as refused:
                reject(session, seen, NOW, by="c02")
            assert refused.value.code == "not_waiting"
    assert status_of(book, agreement) == "active"
