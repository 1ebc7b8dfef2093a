"""`tideover control`: a person takes a chat, speaks in it, and gives it back; the bot is silent meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from conversations.identity import WRONG_TRIES_ALLOWED, check, is_locked
from conversations.models import Conversation, OutboxMessage
from conversations.outbox import Message, enqueue
from conversations.suppression import suppress
from loans.models import Borrower, Case
from storage.engine import Database
from tests.support.book import NOW, load_book
from tests.support.desk import AT, call, chat, said
from transcripts import log


@pytest.fixture
def book(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.delenv("TIDEOVER_TELEGRAM_TOKEN", raising=False)
    load_book(database, tmp_path / "tape")
    yield database


def take(conversation: str, by: str = "u1") -> dict[str, object]:
    shape: dict[str, object] = said(
        "control.json#changed", "control", "take", conversation, "--by", by, "--now", AT
    )
    return shape


def outbox(database: Database, conversation: str) -> list[OutboxMessage]:
    with database.read() as session:
        found = select(OutboxMessage).where(OutboxMessage.conversation_id == conversation)
        return list(session.scalars(found.order_by(OutboxMessage.id)))


def test_taking_a_chat_withholds_what_the_bot_has_not_sent(book: Database) -> None:
    conversation = chat(book, "ZH-DUE")
    with book.write() as session:
        found = session.get_one(Conversation, conversation)
        enqueue(session, found, Message("…", "test@1"), dedupe_key="r", lane="reply", at=NOW)
    taken = take(conversation[:8])
    assert (taken["control"], taken["owner"], taken["epoch"], taken["changed"]) == ("human", "u1", 1, True)
    assert [row.status for row in outbox(book, conversation)] == ["cancelled"]
    assert not take(conversation)["changed"]
    with book.read() as session:
        entries = [entry for entry in log.entries(session, conversation) if entry.kind == "takeover"]
        assert [(entry.actor_role, entry.actor) for entry in entries] == [("staff", "u1")]


def test_of_two_people_one_has_the_chat_and_the_other_is_told(book: Database) -> None:
    conversation = chat(book, "ZH-DUE")
    take(conversation)
    other = call("control", "take", conversation, "--by", "u2")
    assert other.exit_code == 1 and "held by u1" in other.stderr and "他人负责" in other.stderr
    stale = call("control", "give-back", conversation, "--by", "u1", "--epoch", "0")
    assert stale.exit_code == 1 and "has changed since epoch 0" in stale.stderr


def test_only_who_is_in_control_speaks(book: Database) -> None:
    conversation = chat(book, "ZH-DUE")
    early = call("control", "say", conversation, "您好", "--by", "u1")
    assert early.exit_code == 1 and "control take" in early.stderr
    take(conversation)
    other = call("control", "say", conversation, "您好", "--by", "u2")
    assert other.exit_code == 1 and "u2 is not in control" in other.stderr
    assert outbox(book, conversation) == []
    assert call("control", "say", conversation, "  ", "--by", "u1").exit_code == 1


def test_what_a_person_says_is_logged_under_their_name_and_waits_for_the_scheduler(book: Database) -> None:
    conversation = chat(book, "ZH-DUE")
    take(conversation)
    arguments = (
        "control",
        "say",
        conversation,
        "我是小王，\u202e您的来信我看到了。",
        "--by",
        "u1",
        "--key",
        "k1",
        "--now",
        AT,
    )
    first, again = (said("control.json#said", *arguments) for _ in range(2))
    assert (
        first["message"]
        == again["message"]
        == {"outbox_id": first["message"]["outbox_id"], "status": "pending", "error": None}
    )
    [row] = outbox(book, conversation)
    assert (row.lane, row.text, row.control_epoch) == ("staff", "我是小王，您的来信我看到了。", 1)
    shown = said("control.json#shown", "control", "show", conversation, "--now", AT)
    last = shown["messages"][-1]
    assert (last["actor"], last["text"], last["status"]) == ("u1", row.text, "pending")


def test_a_message_can_be_sent_at_once(book: Database) -> None:
    conversation = chat(book, "ZH-DUE", channel="web")
    take(conversation)
    sent = said("control.json#said", "control", "say", conversation, "您好", "--by", "u1", "--send")
    assert sent["message"]["status"] == "sent"


def test_a_channel_this_machine_cannot_reach_leaves_the_message_waiting(book: Database) -> None:
    conversation = chat(book, "ZH-DUE", channel="telegram")
    take(conversation)
    sent = said("control.json#said", "control", "say", conversation, "您好", "--by", "u1", "--send")
    assert sent["message"]["status"] == "pending"


def test_giving_back_lets_the_bot_answer_again(book: Database) -> None:
    conversation = chat(book, "ZH-DUE")
    take(conversation)
    refused = call("control", "give-back", conversation, "--by", "u2")
    assert refused.exit_code == 1 and "not held by u2" in refused.stderr
    back = said("control.json#changed", "control", "give-back", conversation, "--by", "u1", "--now", AT)
    assert (back["control"], back["owner"], back["epoch"], back["changed"]) == ("bot", None, 2, True)
    again = said("control.json#changed", "control", "give-back", conversation, "--by", "u1", "--now", AT)
    assert not again["changed"] and again["epoch"] == 2


def test_words_that_have_not_left_are_not_dropped_unasked(book: Database) -> None:
    conversation = chat(book, "ZH-DUE")
    take(conversation)
    assert call("control", "say", conversation, "您好", "--by", "u1").exit_code == 0
    refused = call("control", "give-back", conversation, "--by", "u1")
    assert refused.exit_code == 1 and "have not been sent" in refused.stderr
    assert call("control", "give-back", conversation, "--by", "u1", "--drop-unsent").exit_code == 0


def test_who_needs_a_person_comes_first(book: Database) -> None:
    quiet, asked, crisis = (chat(book, ref) for ref in ("ZH-DUE", "ZH-LATE", "EN-DUE"))
    with book.write() as session:
        session.get_one(Conversation, asked).handover = "requested"
        session.get_one(Conversation, crisis).handover = "crisis"
    listed = said("control.json#list", "control", "list")["conversations"]
    assert [row["id"] for row in listed] == [crisis, asked, quiet]
    assert [row["borrower"] for row in listed] == ["EN-DUE", "ZH-LATE", "ZH-DUE"]
    assert "crisis" in call("control", "list").stdout


def test_a_locked_borrower_may_try_again_after_staff_have_cleared_it(book: Database) -> None:
    conversation_id = chat(book, "ZH-DUE")
    with book.write() as session:
        conversation = session.get_one(Conversation, conversation_id)
        borrower_id = session.scalars(select(Borrower.id).where(Borrower.ref == "ZH-DUE")).one()
        for _ in range(WRONG_TRIES_ALLOWED):
            check(session, conversation, "0000", None, NOW)  # type: ignore[arg-type]
        assert is_locked(session, borrower_id)
    assert said("control.json#unlocked", "control", "unlock", "ZH-DUE", "--by", "u1")["changed"]
    assert not said("control.json#unlocked", "control", "unlock", "ZH-DUE", "--by", "u1")["changed"]
    with book.read() as session:
        assert not is_locked(session, borrower_id)
        assert "identity_unlocked" in [entry.kind for entry in log.entries(session, conversation_id)]
    assert call("control", "unlock", "NOBODY", "--by", "u1").exit_code == 1


@pytest.mark.parametrize("command", ["show", "take", "give-back"])
def test_a_conversation_that_is_not_there_is_named(book: Database, command: str) -> None:
    by = () if command == "show" else ("--by", "u1")
    refused = call("control", command, "zzz", *by)
    assert (
        refused.exit_code == 1
        and "no conversation 'zzz'" in refused.stderr
        and "没有这个会话" in refused.stderr
    )


def test_a_settled_case_is_closed_and_what_it_held_back_is_let_go(book: Database) -> None:
    with book.write() as session:
        borrower = session.scalars(select(Borrower).where(Borrower.ref == "ZH-DUE")).one()
        session.add(Case(borrower_id=borrower.id, kind="dispute", opened_at=NOW))
        suppress(session, borrower.id, "dispute", NOW)
    who = ("--by", "u1")
    assert said("control.json#closed", "control", "close", "ZH-DUE", "--case", "dispute", *who)["changed"]
    assert not said("control.json#closed", "control", "close", "ZH-DUE", "--case", "dispute", *who)["changed"]
    lifted = said("control.json#lifted", "control", "lift", "ZH-DUE", "--reason", "dispute", *who)
    assert lifted["changed"] and lifted["standing"] == []
    assert call("control", "close", "NOBODY", "--case", "dispute", *who).exit_code == 1
