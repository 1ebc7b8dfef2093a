"""Every turn leaves its reasons behind, in a sequence without gaps that can be checked and not changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from policies.texts import texts
from storage.engine import Database
from tests.stack.conftest import Start
from tests.support.look import logged, messages, replies
from transcripts import canonical, log


@pytest.mark.parametrize(
    ("ref", "lines"),
    [
        ("ZH-DUE", ["你好", "能不能延期两个月", "第一个", "确认办理", "谢谢"]),
        (
            "EN-DUE",
            ["hello", "could I have two more months", "the first one", "yes, please do it", "thank you"],
        ),
    ],
)
async def test_each_turn_logs_what_came_in_what_went_out_and_why(
    talk: Start, ref: str, lines: list[str]
) -> None:
    async with talk(ref) as chat:
        await chat.says(*lines[:2])
        await chat.identifies()
        await chat.says(*lines[2:])
        with chat.database.read() as session:
            entries = logged(chat, session)
            assert [entry.conv_seq for entry in entries] == list(range(1, len(entries) + 1))
            came_in = logged(chat, session, "message_in")
            assert [e.subject_id for e in came_in] == [str(m.id) for m in messages(chat, session)]
            assert [e.payload["text"] for e in came_in] == [*lines[:2], "[ID]", *lines[2:]]
            went_out = logged(chat, session, "message_out")
            assert [e.payload["text"] for e in went_out] == replies(chat, session)
            for entry in went_out:
                because = entry.payload["because"]
                assert because["intent"]["name"] and 0 < because["intent"]["confidence"] <= 1
                assert because["action"].startswith("action_") and isinstance(because["rules"], list)
                if because["runner_up"] is not None:
                    assert because["runner_up"]["name"] != because["intent"]["name"]
                    assert 0 <= because["runner_up"]["confidence"] <= 1
                name, _, version = entry.payload["template"].partition("@")
                assert texts()[name].version == int(version)
            reasons = [e.payload["because"] for e in went_out]
            rules = [rule for because in reasons for rule in because["rules"]]
            assert {"type": "duration", "value": "clear"} in [e for b in reasons for e in b["entities"]]
            assert sum(because["runner_up"] is not None for because in reasons) >= len(lines) - 1
            assert "conduct.identity_first" in {rule["id"] for rule in rules}
            assert any(because["rules"] for because in reasons if because["action"] == "action_offer_relief")
            [agreed] = logged(chat, session, "agreement")
            [agreement] = chat.agreements(session)
            assert agreed.payload["hash"] == agreement.quote.hash and agreed.subject_id == agreement.id
            assert {e.actor_role for e in entries} == {"borrower", "bot", "system"}


@pytest.mark.parametrize(
    ("ref", "line", "entity"),
    [("ZH-DUE", "发工资那天还3500块", "payday"), ("EN-DUE", "I can pay 3500 after payday", "payday")],
)
async def test_the_reasons_say_what_was_read_and_not_whom_or_how_much(
    talk: Start, ref: str, line: str, entity: str
) -> None:
    async with talk(ref, verified=True) as chat:
        shown = (await chat.says(line)).as_json()
        assert shown["intent"]["runner_up"]["name"] != shown["intent"]["name"]
        with chat.database.read() as session:
            [because] = [e.payload["because"] for e in logged(chat, session, "message_out")]
            assert because["intent"]["name"] == shown["intent"]["name"]
            assert because["action"] in shown["actions"] and because["runner_up"]
            assert {"type": "amount", "value": "clear"} in because["entities"]
            assert {"type": "date", "value": entity} in because["entities"]
            assert "3500" not in json.dumps(because)


@pytest.mark.parametrize(
    ("ref", "line", "heard"),
    [("ZH-LATE", "我不想活了", "self_harm"), ("EN-LATE", "I want to kill myself", "self_harm")],
)
async def test_what_the_word_screen_heard_is_the_reason_where_the_model_was_not_asked(
    talk: Start, ref: str, line: str, heard: str
) -> None:
    async with talk(ref, verified=True) as chat:
        shown = (await chat.says(line)).as_json()
        assert shown["intent"]["runner_up"] is None
        with chat.database.read() as session:
            [because, *_] = [e.payload["because"] for e in logged(chat, session, "message_out")]
            assert because["screen"] == [heard] and because["runner_up"] is None
            assert because["action"] == "gateway"


@pytest.mark.parametrize("ref", ["ZH-LATE", "EN-LATE"])
async def test_every_header_and_commitment_can_be_computed_again_and_holds_no_words(
    talk: Start, ref: str
) -> None:
    async with talk(ref, verified=True) as chat:
        await chat.says("我还欠多少钱", "how do I pay?", "我不想活了", "12345 😀")
        with chat.database.read() as session:
            for entry in logged(chat, session):
                header = json.loads(entry.header)
                assert header["commitment"] == canonical.commitment(entry.payload, entry.keys)
                assert header["at_us"] == int(entry.occurred_at.timestamp() * 1_000_000)
                assert bytes(entry.header) == canonical.header(
                    entry_id=entry.id,
                    conversation_id=entry.conversation_id,
                    conv_seq=entry.conv_seq,
                    kind=entry.kind,
                    actor=entry.actor,
                    actor_role=entry.actor_role,
                    occurred_at=entry.occurred_at,
                    commitment=header["commitment"],
                )
                fields = {"v", "id", "conversation", "seq", "kind", "actor", "role", "at_us", "commitment"}
                assert set(header) == fields and header["actor"] == ""
                if "text" in entry.payload:
                    changed = {**entry.payload, "text": entry.payload["text"] + "."}
                    assert canonical.commitment(changed, entry.keys) != header["commitment"]


def an_entry(database: Database) -> str:
    with database.write() as session:
        return log.append(
            session,
            conversation_id="c1",
            kind="message_in",
            actor_role="borrower",
            occurred_at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
            fields={"text": "你好"},
        ).id


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET kind = 'note'",
        "UPDATE log_entry SET payload = '{}'",
        "DELETE FROM log_entry",
        "DELETE FROM log_entry WHERE conversation_id = 'c1'",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_an_entry(database: Database, statement: str) -> None:
    an_entry(database)
    with pytest.raises(DatabaseError, match="never changed or removed"), database.write() as session:
        session.execute(text(statement))
    with database.read() as session:
        [entry] = log.entries(session, "c1")
        assert (entry.kind, entry.payload) == ("message_in", {"text": "你好"})


def test_a_turn_that_fails_leaves_neither_an_entry_nor_a_gap(database: Database) -> None:
    an_entry(database)
    with pytest.raises(RuntimeError), database.write() as session:
        log.append(
            session,
            conversation_id="c1",
            kind="message_out",
            actor_role="bot",
            occurred_at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
            fields={"text": "..."},
        )
        raise RuntimeError("the action failed")
    an_entry(database)
    with database.read() as session:
        assert [entry.conv_seq for entry in log.entries(session, "c1")] == [1, 2]
