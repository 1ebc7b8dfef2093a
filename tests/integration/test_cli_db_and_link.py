"""`tideover db` and `tideover link`."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, text

from conversations.identity import use_link
from conversations.models import Conversation
from loans.models import Borrower
from storage.engine import Database
from tests.support.book import NOW, load_book
from tests.support.desk import AT, call


def answer(*arguments: str, status: int = 0) -> dict[str, object]:
    result = call(*arguments, "--json")
    assert result.exit_code == status, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_an_empty_database_is_upgraded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'book.db'}")
    before = answer("db", "check", status=1)
    assert "there are no tables yet: run tideover db upgrade" in str(before["problems"])
    first = answer("db", "upgrade")
    assert first["before"] is None and first["changed"]
    assert not answer("db", "upgrade")["changed"]
    assert answer("db", "check")["ok"]
    assert "up to date 已是最新" in call("db", "upgrade").stdout
    assert "in order 正常" in call("db", "check").stdout


@pytest.mark.parametrize(
    ("on_sqlite", "on_postgres", "what"),
    [
        ("log_entry_no_delete", "log_entry_no_change ON log_entry", "log entries could be changed"),
        ("quote_no_update", "quote_no_change ON quote", "quotes could be changed"),
        ("quote_no_replace", "quote_no_change ON quote", "quotes could be changed"),
        ("consent_no_delete", "consent_no_change ON consent", "recorded consents could be changed"),
        (
            "agreement_two_people",
            "agreement_two_people ON agreement",
            "one person could both make and approve",
        ),
        (
            "agreement_consented_update",
            "agreement_consented_update ON agreement",
            "an agreement could come in force without consent or approval",
        ),
    ],
)
def test_a_missing_guard_is_a_problem(
    database: Database, monkeypatch: pytest.MonkeyPatch, on_sqlite: str, on_postgres: str, what: str
) -> None:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    assert answer("db", "check")["ok"]
    sqlite = database.engine.dialect.name == "sqlite"
    with database.write() as session:
        session.execute(text(f"DROP TRIGGER {on_sqlite if sqlite else on_postgres}"))
    assert what in str(answer("db", "check", status=1)["problems"])


def test_every_guard_of_the_database_is_looked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    of_all = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if database.engine.dialect.name == "sqlite"
        else "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    with database.write() as session:
        guards = session.execute(text(of_all)).all()
        for name, table in guards:
            session.execute(text(f"DROP TRIGGER {name}" + ("" if "sqlite" in of_all else f" ON {table}")))
    problems = str(answer("db", "check", status=1)["problems"])
    assert [name for name, _ in guards if f"the trigger {name} is gone" not in problems] == []


def test_rows_that_refer_to_nothing_are_found(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", sqlite_url)
    database = Database(sqlite_url)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql(
            "INSERT INTO contact_point (borrower_id, kind, value) VALUES (99, 'phone', '+861390000999')"
        )
    database.close()
    assert "contact_point refers to a row of borrower" in str(answer("db", "check", status=1)["problems"])


@pytest.mark.parametrize("command", ["check", "upgrade"])
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/book")
    result = call("db", command)
    assert result.exit_code == 1 and "cannot use the database" in result.stderr
    assert "secret" not in result.stderr and "TIDEOVER_DATABASE_URL" in result.stderr


@pytest.fixture
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    return database


def test_a_link_opens_one_chat_once(book: Database) -> None:
    shape = answer("link", "--borrower", "ZH-DUE", "--url", "https://help.example/", "--now", AT)
    address = urlsplit(str(shape["url"]))
    assert (address.scheme, address.netloc, address.path) == ("https", "help.example", "/")
    [token] = parse_qs(address.query)["token"]
    assert shape["expires_at"] == (NOW + timedelta(days=7)).isoformat()
    with book.write() as session:
        mine, other = (Conversation(channel="web", address=name, created_at=NOW) for name in ("a", "b"))
        session.add_all((mine, other))
        session.flush()
        assert use_link(session, mine, token, NOW)
        assert not use_link(session, other, token, NOW)
        borrower = session.scalars(select(Borrower).where(Borrower.ref == "ZH-DUE")).one()
        assert (mine.borrower_id, mine.verified_at, other.borrower_id) == (borrower.id, None, None)


def test_a_telegram_link_carries_a_token_that_telegram_accepts(book: Database) -> None:
    address = call("link", "--borrower", "ZH-DUE", "--telegram-bot", "@tideover_bot").stdout.strip()
    start, token = address.split("?start=")
    assert start == "https://t.me/tideover_bot"
    assert len(token) <= 64 and token.replace("_", "").replace("-", "").isalnum()


def test_a_link_for_nobody_is_refused(book: Database) -> None:
    refused = call("link", "--borrower", "NOBODY")
    assert refused.exit_code == 1 and "no borrower 'NOBODY'" in refused.stderr
    both = call("link", "--borrower", "ZH-DUE", "--telegram-bot", "x", "--url", "http://y")
    assert both.exit_code == 2
