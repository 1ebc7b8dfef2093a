"""What commands print with --json has the shape of docs/schemas, and each schema there is sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from storage.engine import Database
from tests.support.book import load_book
from tests.support.desk import AT, SCHEMAS, call, confirmed, matches, said

NOBODY_HOME = "http://127.0.0.1:9"


@pytest.fixture
def book(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("TIDEOVER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TIDEOVER_ENGINE_HOME", str(tmp_path / "engine"))
    database = Database(sqlite_url)
    load_book(database, tmp_path / "tape")
    return database


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: str(path.stem))
def test_each_file_is_a_json_schema(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"].startswith("tideover ")


def chat(ref: str, *lines: str) -> list[Any]:
    """Talk through the real command while no dialogue engine answers: what needs none is answered all the same."""
    arguments = ("chat", "--borrower", ref, "--verified", "--url", NOBODY_HOME, "--now", AT, "--json")
    result = call(*arguments, given="".join(f"{line}\n" for line in lines))
    assert result.exit_code == 0
    return [matches(json.loads(line), "chat.json") for line in result.stdout.splitlines()]


def test_chat_prints_a_line_for_each_line(book: Database) -> None:
    photo, crisis, words = chat("ZH-DUE", "!photo receipt.jpg", "我不想活了", "下个月5号还3500块，延期两个月")
    assert (photo["turn"], crisis["turn"], words["turn"]) == (1, 2, 3)
    assert crisis["state"]["handover"] == "crisis" and crisis["state"]["case"] == "crisis"
    assert [entity["type"] for entity in words["entities"]] == ["date", "amount", "duration"]
    assert all(turn["replies"] for turn in (photo, crisis, words))


def test_chat_tells_of_an_agreement_with_every_instalment(book: Database) -> None:
    agreement, _ = confirmed(book, "L-EN-DUE", months=2)
    [turn] = chat("EN-DUE", "!voice hello.ogg")
    assert turn["state"]["agreement"]["id"] == agreement
    assert turn["state"]["agreement"]["status"] == "active" and turn["state"]["agreement"]["instalments"]


def test_every_other_command_prints_its_shape(book: Database) -> None:
    waiting, conversation = confirmed(book, "L-ZH-GUARD", months=2)
    by = ("--by", "u1", "--now", AT)
    said("quote.json", "quote", "--loan", "L-ZH-DUE", "--option", "deferral", "--now", AT)
    said(
        "quote.json",
        "quote",
        "--loan",
        "L-ZH-DUE",
        "--option",
        "deferral",
        "--param",
        "months=30",
        "--now",
        AT,
    )
    said("agreement.json", "agreement", "list")
    said(
        "agreement.json", "agreement", "consent", waiting, "--party", "guarantor", "--evidence", "letter", *by
    )
    said("control.json", "control", "list")
    said("control.json", "control", "take", conversation, *by)
    said("control.json", "control", "say", conversation, "您好", "--send", *by)
    said("control.json", "control", "give-back", conversation, *by)
    said("control.json", "control", "show", conversation, "--now", AT)
    said("control.json", "control", "unlock", "ZH-DUE", *by)
    said("log.json", "log", "verify")
    said("show.json", "show", "--borrower", "ZH-GUARD", "--now", AT)


def test_a_wrong_shape_is_noticed(book: Database) -> None:
    shape = said("quote.json", "quote", "--loan", "L-ZH-DUE", "--option", "extension", "--now", AT)
    spoilt: list[dict[str, Any]] = [{"apr_pct": 15.3}, {"hash": "x"}, {"rows": [{}]}, {"more": 1}]
    for wrong in spoilt:
        with pytest.raises(jsonschema.ValidationError):
            matches({**shape, **wrong}, "quote.json")
