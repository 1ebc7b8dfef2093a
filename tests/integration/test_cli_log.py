"""`tideover log`: what happened can be read back, and whatever was done to the rows is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.engine import Database
from tests.support.book import load_book
from tests.support.desk import call, confirmed, matches, said


@pytest.fixture
def chats(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Database, list[str]]]:
    """Two conversations with an agreement each, in the order of their ids."""
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    load_book(database, tmp_path / "tape")
    yield database, sorted(confirmed(database, loan, months=2)[1] for loan in ("L-ZH-DUE", "L-EN-DUE"))


def tamper(database: Database, *statements: str) -> None:
    """Do what only somebody with the database in their hands can: drop the triggers first."""
    names = ["log_entry_no_update", "log_entry_no_delete"]
    drops = [f"DROP TRIGGER {name}" for name in names]
    if database.engine.dialect.name != "sqlite":
        drops = ["DROP TRIGGER log_entry_no_change ON log_entry"]
    with database.write() as session:
        for statement in (*drops, *statements):
            session.execute(text(statement))


def test_an_untouched_log_is_sound(chats: tuple[Database, list[str]]) -> None:
    shape = said("log.json#verified", "log", "verify")
    assert shape["ok"] and shape["conversations"] == 2 and shape["entries"] >= 6 and shape["first"] is None
    one = said("log.json#verified", "log", "verify", "--conversation", chats[1][0][:10])
    assert one["ok"] and one["conversations"] == 1
    assert "sound 完好" in call("log", "verify").stdout


def test_an_empty_log_is_sound(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database_url)
    assert said("log.json#verified", "log", "verify")["entries"] == 0


def test_entries_come_in_the_order_they_happened_without_words_in_their_headers(
    chats: tuple[Database, list[str]],
) -> None:
    result = call("log", "show", "--conversation", chats[1][0], "--json")
    entries = [matches(json.loads(line), "log.json#entry") for line in result.stdout.splitlines()]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0]["kind"] == "message_in" and entries[0]["fields"]["text"] in ("你好", "hello")
    for entry in entries:
        header = json.loads(entry["header"])
        assert (header["id"], header["seq"]) == (entry["id"], entry["seq"])
        assert set(header) == {
            "v",
            "id",
            "conversation",
            "seq",
            "kind",
            "actor",
            "role",
            "at_us",
            "commitment",
        }
    assert "message_in (borrower)" in call("log", "show", "--conversation", chats[1][0]).stdout


@pytest.mark.parametrize(
    ("statement", "problem", "seq"),
    [
        ("UPDATE log_entry SET kind = 'note' WHERE {one} AND conv_seq = 2", "row_changed", 2),
        ("UPDATE log_entry SET actor = 'u9' WHERE {one} AND conv_seq = 1", "row_changed", 1),
        ("UPDATE log_entry SET payload = {payload} WHERE {one} AND conv_seq = 1", "fields_changed", 1),
        ("UPDATE log_entry SET keys = {payload} WHERE {one} AND conv_seq = 3", "fields_changed", 3),
        ("DELETE FROM log_entry WHERE {one} AND conv_seq = 2", "missing", 2),
        ("DELETE FROM log_entry WHERE {one} AND conv_seq >= 3", "missing", 3),
        ("DELETE FROM log_entry WHERE {one}", "missing", 1),
        ("UPDATE log_sequence SET next_seq = 1 WHERE {one}", "extra", None),
        ("DELETE FROM log_sequence WHERE {one}", "sequence_missing", None),
    ],
)
def test_whatever_is_done_to_a_row_is_found_and_named(
    chats: tuple[Database, list[str]], statement: str, problem: str, seq: int | None
) -> None:
    database, [_, second] = chats
    payload = """'{"text": "我什么都没答应"}'"""
    tamper(
        database, statement.replace("{one}", f"conversation_id = '{second}'").replace("{payload}", payload)
    )
    shape = said("log.json#verified", "log", "verify", status=1)
    assert not shape["ok"] and shape["faults"] >= 1
    assert (shape["first"]["conversation"], shape["first"]["problem"]) == (second, problem)
    assert seq is None or shape["first"]["seq"] == seq
    printed = call("log", "verify")
    assert printed.exit_code == 1 and problem in printed.stdout


def test_the_database_itself_refuses_to_change_an_entry(chats: tuple[Database, list[str]]) -> None:
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError, match="never changed or removed"), chats[0].write() as session:
        session.execute(text("UPDATE log_entry SET kind = 'note'"))


def test_a_conversation_that_is_not_there_is_named(chats: tuple[Database, list[str]]) -> None:
    refused = call("log", "show", "--conversation", "zzz")
    assert refused.exit_code == 1 and "no conversation 'zzz'" in refused.stderr
