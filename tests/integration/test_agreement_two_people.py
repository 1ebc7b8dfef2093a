"""Who makes or approves an agreement does not decide on it alone: the commands say so, and the database refuses."""

from __future__ import annotations

import re
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from loans.agreement_ends import reverse
from loans.agreements import AgreementError, agree, approve, record_consent, reject
from loans.models import Agreement, Consent, Quote
from loans.options import option_for
from loans.positions import position_of
from loans.quotes import freeze
from loans.view import active_schedule
from policies.rulebook import rulebook
from storage.engine import Database
from tests.support.agreed import status_of, the_loan
from tests.support.book import NOW, load_book
from tests.support.desk import AT, call, confirmed, said
from transcripts import log


@pytest.fixture
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    staff = tmp_path / "staff.yml"
    staff.write_text("levels: {m01: manager, C01: committee, c02: committee}\n", encoding="utf-8")
    monkeypatch.setenv("TIDEOVER_STAFF_FILE", str(staff))
    load_book(database, tmp_path / "tape")
    return database


def quoted(database: Database, ref: str, level: str | None = None, **params: Any) -> str:
    """A quote of an extension; with `level`, one that somebody of it must approve."""
    with database.write() as session:
        return quoted_in(session, ref, level, **params)


def quoted_in(session: Session, ref: str, level: str | None = None, **params: Any) -> str:
    loan = the_loan(session, ref)
    schedule = active_schedule(session, loan)
    option = option_for(position_of(loan, schedule, NOW.date()), rulebook(), [("extension", params)])
    quote = freeze(session, loan, schedule, option, rulebook(), NOW)
    if level is None:
        return quote.id
    copied = {
        column.name: getattr(quote, column.name)
        for column in Quote.__table__.columns
        if column.name not in ("id", "hash", "approval_level", "needs_approval")
    }
    other = Quote(
        **copied, approval_level=level, needs_approval=True, hash=sha256(level.encode()).hexdigest()
    )
    session.add(other)
    session.flush()
    return other.id


def waiting(database: Database, level: str, ref: str = "L-ZH-DUE") -> str:
    """An agreement that waits for the approval of a level."""
    quote = quoted(database, ref, level, months=2)
    with database.write() as session:
        agreement = agree(session, session.get_one(Quote, quote), NOW)
        if agreement.status == "pending_consent":
            record_consent(session, agreement, party="guarantor", evidence="letter", by="u17", now=NOW)
        assert agreement.status == "pending_approval"
        return agreement.id


def refusal(database: Database, agreement_id: str, by: str) -> str:
    with database.write() as session, pytest.raises(AgreementError) as refused:
        approve(session, session.get_one(Agreement, agreement_id), NOW, by=by)
    assert refused.value.zh and str(refused.value)
    return refused.value.code


@pytest.mark.parametrize("by", ["u17", "U17"])
def test_who_recorded_a_consent_does_not_approve(book: Database, by: str) -> None:
    agreement = waiting(book, "officer", "L-ZH-GUARD")
    assert refusal(book, agreement, by) == "two_people"
    for change in (
        f"UPDATE agreement SET status = 'active', decided_by = '{by}'",
        "UPDATE agreement SET status = 'active'",
    ):
        with pytest.raises(DBAPIError, match="named person who recorded none"), book.write() as session:
            session.execute(text(change))
    with book.write() as session:
        assert approve(session, session.get_one(Agreement, agreement), NOW, by="u18").decided_by == "u18"
    with pytest.raises(DBAPIError, match="not recorded by whoever approved"), book.write() as session:
        session.add(
            Consent(
                agreement_id=agreement,
                party="security",
                evidence="letter",
                recorded_by="U18",
                recorded_at=NOW,
            )
        )
        session.flush()


@pytest.mark.parametrize("change", ["UPDATE consent SET recorded_by = 'u18'", "DELETE FROM consent"])
def test_a_recorded_consent_is_never_changed_or_removed(book: Database, change: str) -> None:
    waiting(book, "officer", "L-ZH-GUARD")
    with pytest.raises(DBAPIError, match="never changed or removed"), book.write() as session:
        session.execute(text(change))


def put_in_force(database: Database, agreement_id: str, by: str | None = None) -> None:
    """What a program might write that asks nobody."""
    with database.write() as session:
        session.execute(
            text("UPDATE agreement SET status = 'active', decided_by = :by WHERE id = :id"),
            {"by": by, "id": agreement_id},
        )


def test_the_database_puts_nothing_in_force_without_its_consents(book: Database) -> None:
    agreement, _ = confirmed(book, "L-ZH-GUARD", months=2)
    assert status_of(book, agreement) == "pending_consent"
    with pytest.raises(DBAPIError, match="every consent"):
        put_in_force(book, agreement, "u18")
    assert status_of(book, agreement) == "pending_consent"


def test_the_database_puts_nothing_in_force_that_nobody_approved(book: Database) -> None:
    asked_for = quoted(book, "L-EN-DUE", months=2)
    with book.write() as session:
        taken_down = agree(session, session.get_one(Quote, asked_for), NOW, requested_by="u17").id
    for agreement in (waiting(book, "manager"), taken_down):
        with pytest.raises(DBAPIError, match="approved by a named person"):
            put_in_force(book, agreement)
        put_in_force(book, agreement, "u18")


@pytest.mark.parametrize("status", ["active", "replaced"])
def test_the_database_takes_no_new_agreement_in_force_that_nobody_approved(
    book: Database, status: str
) -> None:
    with pytest.raises(DBAPIError, match="approved by a named person"), book.write() as session:
        loan_id = the_loan(session, "L-ZH-DUE").id
        quote = quoted_in(session, "L-ZH-DUE", "manager", months=2)
        session.add(Agreement(loan_id=loan_id, quote_id=quote, status=status, confirmed_at=NOW))
        session.flush()


@pytest.mark.parametrize("change", ["requested_by = NULL", "requested_by = 'u20'", "quote_id = '{other}'"])
def test_who_took_a_request_down_and_its_quote_never_change(book: Database, change: str) -> None:
    quote, other = quoted(book, "L-ZH-DUE", months=2), quoted(book, "L-ZH-DUE", months=1)
    with book.write() as session:
        agree(session, session.get_one(Quote, quote), NOW, requested_by="u17")
    with pytest.raises(DBAPIError, match="never change"), book.write() as session:
        session.execute(text(f"UPDATE agreement SET {change.format(other=other)}"))


@pytest.mark.parametrize("name", ["NULL", "'u20'"])
def test_who_decided_never_changes(book: Database, name: str) -> None:
    approved(book, "officer", "u18")
    with pytest.raises(DBAPIError, match="never change"), book.write() as session:
        session.execute(text(f"UPDATE agreement SET decided_by = {name}"))


def test_what_was_approved_comes_back_when_its_successor_is_taken_back(book: Database) -> None:
    first = approved(book, "manager", "m01")
    second = quoted(book, "L-ZH-DUE", months=1)
    with book.write() as session:
        then = agree(session, session.get_one(Quote, second), NOW).id
        assert session.get_one(Agreement, first).status == "replaced"
    take_back(book, then, "c01")
    assert status_of(book, first) == "active"


def test_who_took_the_request_down_does_not_decide(book: Database) -> None:
    quote = quoted(book, "L-ZH-DUE", months=2)
    with book.write() as session:
        agreement = agree(session, session.get_one(Quote, quote), NOW, requested_by="u17").id
    assert status_of(book, agreement) == "pending_approval"
    assert refusal(book, agreement, "u17") == "two_people"
    with book.write() as session, pytest.raises(AgreementError):
        reject(session, session.get_one(Agreement, agreement), NOW, by="u17")
    with pytest.raises(DBAPIError, match="two_people"), book.write() as session:
        session.execute(text("UPDATE agreement SET decided_by = 'U17'"))


def approved(database: Database, level: str, by: str) -> str:
    agreement = waiting(database, level)
    with database.write() as session:
        approve(session, session.get_one(Agreement, agreement), NOW, by=by)
    return agreement


def take_back(database: Database, agreement_id: str, by: str) -> None:
    with database.write() as session:
        reverse(session, session.get_one(Agreement, agreement_id), NOW, by=by, reason="a mistake")


@pytest.mark.parametrize(
    ("level", "approver", "may", "code"),
    [
        ("committee", "c01", "c02", {"u19": "level_too_low", "m01": "level_too_low", "C01": "two_people"}),
        ("manager", "c01", "m01", {"u19": "level_too_low", "c01": "two_people"}),
        ("officer", "u18", "u19", {"U18": "two_people"}),
    ],
)
def test_what_a_level_approved_is_taken_back_by_another_of_that_level(
    book: Database, level: str, approver: str, may: str, code: dict[str, str]
) -> None:
    agreement = approved(book, level, approver)
    for by, expected in code.items():
        with pytest.raises(AgreementError) as refused:
            take_back(book, agreement, by)
        assert refused.value.code == expected
        assert "撤销" in refused.value.zh and "colleague" in refused.value.en
    assert status_of(book, agreement) == "active"
    take_back(book, agreement, may)
    shown = said("agreement.json#agreement", "agreement", "show", agreement)
    assert (shown["status"], shown["ended_by"]) == ("reversed", may)


def test_who_took_the_request_down_does_not_take_the_agreement_back(book: Database) -> None:
    quote = quoted(book, "L-ZH-DUE", months=2)
    with book.write() as session:
        agreement = agree(session, session.get_one(Quote, quote), NOW, requested_by="u17").id
        approve(session, session.get_one(Agreement, agreement), NOW, by="u18")
    for by in ("u17", "U18"):
        refused = call("agreement", "reverse", agreement, "--by", by, "--reason", "x", "--now", AT)
        assert refused.exit_code == 1
        assert "another colleague must take it back" in refused.stderr and "另一位同事" in refused.stderr
    take_back(book, agreement, "u19")
    assert status_of(book, agreement) == "reversed"


def test_what_needed_no_approval_is_taken_back_by_any_named_staff(book: Database) -> None:
    quote = quoted(book, "L-ZH-DUE", months=2)
    with book.write() as session:
        agreement = agree(session, session.get_one(Quote, quote), NOW).id
    take_back(book, agreement, "u19")
    assert status_of(book, agreement) == "reversed"


def test_the_database_lets_only_another_named_person_take_back(book: Database) -> None:
    agreement = approved(book, "officer", "u18")
    for by in ("NULL", "'U18'"):
        with pytest.raises(DBAPIError, match=r"reversed_by|ended_by_another"), book.write() as session:
            session.execute(text(f"UPDATE agreement SET status = 'reversed', ended_by = {by}"))
    assert status_of(book, agreement) == "active"


@pytest.mark.parametrize(
    ("level", "may", "may_not"),
    [
        ("officer", ["u18", "m01", "c01"], []),
        ("manager", ["M01", "c01"], ["u18"]),
        ("committee", ["c01"], ["u18", "m01"]),
    ],
)
def test_a_level_is_needed_and_a_higher_one_will_do(
    book: Database, level: str, may: list[str], may_not: list[str]
) -> None:
    agreement = waiting(book, level)
    for name in may_not:
        assert refusal(book, agreement, name) == "level_too_low"
    for name in may:
        with book.write() as session:
            found = session.get_one(Agreement, agreement)
            assert approve(session, found, NOW, by=name).decided_by == name
            session.rollback()


def test_a_refusal_for_the_level_says_what_to_do_in_both_languages(book: Database) -> None:
    agreement = waiting(book, "committee")
    refused = call("agreement", "approve", agreement, "--by", "m01", "--now", AT)
    assert refused.exit_code == 1
    assert "credit committee" in refused.stderr and "贷款审批委员会" in refused.stderr
    assert "staff.yml" in refused.stderr and status_of(book, agreement) == "pending_approval"


def test_every_error_of_a_command_is_said_in_both_languages(book: Database) -> None:
    agreement = waiting(book, "manager")
    reverse_it = ("agreement", "reverse", agreement, "--by", "m01")
    wrong: list[tuple[str, ...]] = [
        ("agreement", "show"),
        ("agreement", "show", "nothing"),
        ("agreement", "approve", agreement),
        ("agreement", "approve", agreement, "--by", "m01", "--now", "yesterday"),
        ("agreement", "approve", agreement, "--by", "m01", "--now", "2026-11-20"),
        ("agreement", "approve", agreement, "--by", "m01", "--haste"),
        ("agreement", "consent", agreement, "--party", "mother", "--evidence", "x", "--by", "u17"),
        ("agreement", "consent", agreement, "--party", "security", "--evidence", "x", "--by", "u17"),
        ("agreement", "document", agreement, "--out", __file__),
        ("agreement", "undo", agreement),
        reverse_it,
        (*reverse_it, "--reason", " "),
        (*reverse_it, "--reason", "x"),
        ("payoff", "--loan", "L-ZH-DUE", "--on", "20/11/2026"),
        ("nothing",),
        ("--nothing",),
    ]
    for arguments in wrong:
        refused = call(*arguments)
        assert refused.exit_code in (1, 2) and refused.stdout == "", arguments
        assert re.search("[一-鿿]", refused.stderr) and re.search("[a-z]{3}", refused.stderr), refused.stderr


def test_a_wrong_moment_or_day_is_answered_with_an_example(book: Database) -> None:
    for given, example in (
        ("2026-11-20", "2026-11-20T00:00:00+08:00"),
        ("soon", "2026-11-20T09:00:00+08:00"),
    ):
        arguments = ("agreement", "approve", "a", "--by", "m01", "--now", given)
        assert call(*arguments).stderr.count(example) == 2
    assert "such as 2026-11-20 不是日期" in call("payoff", "--loan", "L-ZH-DUE", "--on", "20/11/2026").stderr


def test_a_rulebook_that_cannot_be_used_is_named(book: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement = waiting(book, "manager")
    monkeypatch.setenv("TIDEOVER_RULEBOOK", "no_such_rules")
    rulebook.cache_clear()
    try:
        refused = call("agreement", "approve", agreement, "--by", "m01", "--now", AT)
    finally:
        rulebook.cache_clear()
    assert refused.exit_code == 1 and "no_such_rules.yml" in refused.stderr and "规则文件" in refused.stderr


def test_a_faulty_staff_file_is_named(book: Database, tmp_path: Path) -> None:
    agreement = waiting(book, "manager")
    (tmp_path / "staff.yml").write_text("levels: {m01: boss}\n", encoding="utf-8")
    refused = call("agreement", "approve", agreement, "--by", "m01", "--now", AT)
    assert refused.exit_code == 1 and "'boss' is unknown; use one of officer, manager" in refused.stderr


def test_an_approval_of_another_quote_than_the_one_seen_is_refused(book: Database) -> None:
    agreement = waiting(book, "manager")
    shown = said("agreement.json#agreement", "agreement", "show", agreement)
    refused = call("agreement", "approve", agreement, "--by", "m01", "--hash", "f" * 12, "--now", AT)
    assert refused.exit_code == 1 and "look at it again" in refused.stderr
    arguments = ("--by", "m01", "--hash", shown["hash"][:12], "--now", AT)
    decided = said("agreement.json#decided", "agreement", "approve", agreement, *arguments)
    assert (decided["agreement"]["status"], decided["agreement"]["decided_by"]) == ("active", "m01")


def test_what_was_agreed_outside_a_chat_is_taken_down_with_its_evidence_and_approved_by_another(
    book: Database,
) -> None:
    quote = quoted(book, "L-ZH-DUE", months=2)
    arguments = (
        "agreement",
        "request",
        quote[:10],
        "--evidence",
        "signed letter of 2026-11-20",
        "--by",
        "u17",
        "--now",
        AT,
    )
    made = said("agreement.json#decided", *arguments)
    assert made["changed"] and made["agreement"]["waits_for"] == ["approval"]
    assert made["agreement"]["requested_by"] == "u17" and made["agreement"]["waiting_since"]
    assert not said("agreement.json#decided", *arguments)["changed"]
    agreement = made["agreement"]["id"]
    with book.read() as session:
        [entry] = log.entries(session, agreement)
        assert (entry.kind, entry.actor, entry.payload["evidence"]) == (
            "agreement",
            "u17",
            "signed letter of 2026-11-20",
        )
    assert call("agreement", "approve", agreement, "--by", "u17", "--now", AT).exit_code == 1
    approved = said("agreement.json#decided", "agreement", "approve", agreement, "--by", "u18", "--now", AT)
    assert approved["agreement"]["status"] == "active"


def test_a_list_says_what_is_waited_for_and_since_when(book: Database) -> None:
    confirmed(book, "L-ZH-GUARD", months=2)
    waiting(book, "manager")
    shown = said("agreement.json#list", "agreement", "list", "--waiting")["agreements"]
    assert sorted((each["waits_for"], each["approval_level"]) for each in shown) == [
        (["approval"], "manager"),
        (["guarantor"], None),
    ]
    assert all(each["waiting_since"] and each["decide_by"] for each in shown)
    printed = call("agreement", "list").stdout
    assert "(manager)" in printed and "2026-11-20" in printed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("through", ["ours", "another program's"])
@pytest.mark.parametrize(
    ("table", "unique"),
    [
        ("quote", "id"),
        ("quote", "hash"),
        ("consent", "id"),
        ("consent", "agreement_id"),
        ("agreement", "id"),
        ("agreement", "quote_id"),
        ("log_entry", "id"),
        ("log_entry", "conv_seq"),
    ],
)
def test_what_is_frozen_is_not_replaced_either(book: Database, table: str, unique: str, through: str) -> None:
    agreement = waiting(book, "officer", "L-ZH-GUARD")
    with book.write() as session:
        log.append(
            session,
            conversation_id=agreement,
            kind="consent",
            actor_role="system",
            occurred_at=NOW,
            fields={},
            idem_key="once",
        )
    connection = book.engine.raw_connection()
    if through != "ours":
        connection.execute("PRAGMA recursive_triggers = OFF")
    before = connection.execute(f"SELECT * FROM {table}").fetchall()
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    same = {"agreement_id": ("agreement_id", "party"), "conv_seq": ("conversation_id", "conv_seq")}.get(
        unique, (unique,)
    )
    values = [name if name in same or name not in OF_ITS_OWN else OF_ITS_OWN[name] for name in names]
    with pytest.raises(sqlite3.IntegrityError, match="never changed or removed"):
        connection.execute(f"INSERT OR REPLACE INTO {table} SELECT {', '.join(values)} FROM {table} LIMIT 1")
    assert connection.execute(f"SELECT * FROM {table}").fetchall() == before
    connection.close()


OF_ITS_OWN = {"id": "id || '0'", "hash": "hash || '0'", "idem_key": "'another'", "quote_id": "'another'"}
