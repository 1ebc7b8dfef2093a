"""`tideover remind`: what it prints, in the shapes of docs/schemas."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from storage.engine import Database
from tests.support.reminder_book import DUE, Journal, add_borrower, add_loan
from tideover.cli import remind

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
AT = "2026-12-07T09:30:00+08:00"


@pytest.fixture
def book(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database_url)
    database = Database(database_url)
    monkeypatch.setattr(remind, "open_database", lambda _settings=None: database)
    with database.write() as session:
        add_loan(session, add_borrower(session, "B1"), "L1", [DUE])
        add_loan(session, add_borrower(session, "B2", opted_out=True), "L2", [DUE])
        add_loan(session, add_borrower(session, "B3", timezone="Moon/Crater"), "L3", [DUE])
    return database


def call(*arguments: str) -> Result:
    return CliRunner().invoke(remind.remind, arguments, catch_exceptions=False)


def said(schema: str, *arguments: str) -> Any:
    result = call(*arguments, "--json")
    assert result.exit_code == 0
    shape = json.loads(result.stdout)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.validate(shape, json.loads((SCHEMAS / schema).read_text()), format_checker=checker)
    return shape


def test_a_dry_run_says_who_gets_what_when_and_who_does_not_and_why(book: Database) -> None:
    shape = said("remind_plan.json", "plan", "--at", AT, "--dry-run")
    (reminder,) = shape["reminders"]
    assert (reminder["borrower"], reminder["loan"], reminder["rule"]) == ("B1", "L1", "D-3")
    assert reminder["not_before"].startswith("2026-12-07T08:") and reminder["not_before"].endswith("+08:00")
    assert {item["borrower"]: item["held_by"] for item in shape["held_back"]} == {
        "B2": "opted_out",
        "B3": "unknown_timezone",
    }
    assert shape["fit"] == [
        {"day": "2026-12-07", "channel": "telegram", "planned": 1, "capacity": 1029600, "fits": True}
    ]
    assert said("remind_status.json", "status")["planned"] == 0


def test_plan_dispatch_and_status_follow_a_reminder(book: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal()
    senders = ModuleType("tideover.senders")
    senders.build_senders = lambda _settings: {"telegram": journal}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tideover.senders", senders)
    assert said("remind_plan.json", "plan", "--at", AT)["planned"] == 1
    assert said("remind_plan.json", "plan", "--at", AT)["already_planned"] == 1
    assert said("remind_status.json", "status")["states"]["pending"] == 1
    assert said("remind_dispatch.json", "dispatch", "--once", "--at", AT)["outcomes"] == {"sent": 1}
    assert said("remind_dispatch.json", "dispatch", "--once", "--at", AT)["outcomes"] == {}
    assert said("remind_status.json", "status")["states"]["sent"] == 1
    assert len(journal.accepted) == 1


def test_people_get_tables_in_both_languages(book: Database) -> None:
    printed = call("plan", "--at", AT).stdout
    assert "1 planned 已安排" in printed and "opted out 已退订" in printed and "fits 可发完" in printed
    assert "D-3" in call("status").stdout


def test_every_rule_that_holds_back_has_words_for_people() -> None:
    schema = json.loads((SCHEMAS / "remind_plan.json").read_text())
    assert set(schema["properties"]["held_back"]["items"]["properties"]["held_by"]["enum"]) == set(
        remind.REASONS
    )


def test_a_time_without_its_offset_is_wrong_usage(book: Database) -> None:
    result = call("plan", "--at", "2026-12-07T09:30:00")
    assert result.exit_code == 2 and "no offset" in result.output


def test_an_unknown_profile_is_named(book: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEOVER_CONTACT_PROFILE", "mars")
    result = call("plan", "--at", AT)
    assert result.exit_code == 1 and "no contact profile 'mars'" in result.output
