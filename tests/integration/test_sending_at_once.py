"""Sending while others are at work: one order of locks, no acknowledgement lost, no reminder after a take-over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import intake
from bot.incoming import Incoming
from conversations.control import take_over
from conversations.models import Conversation, OutboxMessage
from conversations.outbox import Message, enqueue
from conversations.sending import Outcome
from policies.contact import contact_policy
from scheduler import dispatcher as dispatching
from scheduler import gate, outcomes
from scheduler.dispatcher import Dispatcher
from scheduler.planner import plan
from scheduler.rates import Rate
from scheduler.rates import take as take_tokens
from scheduler.recovery import sweep
from storage.engine import Database
from tests.support.reminder_book import DUE, Journal, add_borrower, add_loan, at, rows
from transcripts import log
from transcripts.models import LogEntry, LogSequence

NOW = at(7)
PATIENCE = 1.5


class Aside:
    """Something done in a thread of its own, whose failure is not overlooked."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as fault:
            self._fault = fault

    def given(self, seconds: float) -> None:
        """Give it time, which it may need longer than when it waits for a lock."""
        self._thread.join(seconds)

    def ended(self) -> None:
        """Wait for its end."""
        self._thread.join(40)
        assert not self._thread.is_alive(), "still waiting"
        if self._fault is not None:
            raise self._fault


def reminded_chat(database: Database, *replies: str, **about: Any) -> str:
    """A borrower with a reminder planned for 7 December and replies that wait; returns their conversation's id."""
    with database.write() as session:
        add_loan(session, add_borrower(session, "B1", **about), "L1", [DUE])
        conversation = session.scalars(select(Conversation)).one_or_none()
        for text in replies:
            assert conversation is not None
            enqueue(session, conversation, Message(text, "greet@1"), dedupe_key=text, lane="reply", at=NOW)
    plan(database, contact_policy(), NOW)
    return conversation.id if conversation else ""


def sending(database: Database, journal: Journal, **options: Any) -> Dispatcher:
    return Dispatcher(database, {"telegram": journal}, clock=lambda: NOW, **options)


class OnlyReminders(Dispatcher):
    """A dispatcher that leaves the answers to another."""

    async def _waiting_replies(self) -> int:
        return 0


def take(database: Database, conversation_id: str) -> None:
    with database.write() as session:
        take_over(session, conversation_id, owner="kim", seen_epoch=0, at=NOW)


def logged(database: Database, conversation_id: str) -> list[str]:
    with database.read() as session:
        return [entry.kind for entry in log.entries(session, conversation_id)]


def test_an_answer_and_a_reminder_in_one_chat_never_wait_for_each_other_in_a_circle(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = reminded_chat(database, "first", "second")
    journal = Journal()
    reminders: list[Aside] = []

    def take_slowly(session: Any, scope: str, rate: Rate, wanted: int, *, answers: bool = False) -> Any:
        if answers and journal.tried and not reminders:  # the first answer has just been logged as sent
            other = OnlyReminders(database, {"telegram": journal}, clock=lambda: NOW, rates={})
            reminders.append(Aside(lambda: asyncio.run(other.dispatch_due())))
            reminders[0].given(PATIENCE)
        return take_tokens(session, scope, rate, wanted, answers=answers)

    monkeypatch.setattr(dispatching, "take", take_slowly)
    assert asyncio.run(sending(database, journal, rates={}).dispatch_replies(conversation)) == 2
    reminders[0].ended()
    assert [delivery.text for delivery in journal.accepted][:2] == ["first", "second"]
    later = Dispatcher(database, {"telegram": journal}, clock=lambda: at(7, 1, 1))
    asyncio.run(later.dispatch_due())
    assert [row.status for row in rows(database)] == ["sent", "sent", "sent"]
    assert set(journal.times_accepted().values()) == {1}


def test_after_a_deadlock_the_acknowledgement_is_written_all_the_same(database: Database) -> None:
    conversation = reminded_chat(database, "the answer")
    holds_log, sent = threading.Event(), threading.Event()

    def against_the_order() -> None:
        with database.write() as session:
            session.execute(update(LogSequence).values(next_seq=LogSequence.next_seq))
            holds_log.set()
            sent.wait(PATIENCE)
            threading.Event().wait(0.4)  # meanwhile the dispatcher has the row and waits for the log
            session.scalars(select(OutboxMessage).with_for_update()).all()

    def accepted_while_the_log_is_held(_: Any) -> Outcome:
        other.append(Aside(against_the_order))
        assert holds_log.wait(10)
        sent.set()
        return Outcome("sent")

    other: list[Aside] = []
    journal = Journal(accepted_while_the_log_is_held)
    assert asyncio.run(sending(database, journal).dispatch_replies(conversation)) == 1
    other[0].ended()
    assert [row.status for row in rows(database) if row.lane == "reply"] == ["sent"]
    assert logged(database, conversation) == ["message_out", "delivery"]


def test_when_the_next_message_cannot_be_claimed_what_was_sent_is_acknowledged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = reminded_chat(database, "first", "second")
    journal = Journal()

    def break_down(*about: Any, **more: Any) -> Any:
        if journal.tried:
            raise OSError("no more")
        return take_tokens(*about, **more)

    monkeypatch.setattr(dispatching, "take", break_down)
    with pytest.raises(OSError):
        asyncio.run(sending(database, journal).dispatch_replies(conversation))
    assert [row.status for row in rows(database) if row.lane == "reply"] == ["sent", "pending"]


def test_writing_and_answering_at_once_in_many_chats_fails_nowhere(database: Database) -> None:
    chats = []
    with database.write() as session:
        for number in range(4):
            add_loan(session, add_borrower(session, f"B{number}"), f"L{number}", [DUE])
        for conversation in session.scalars(select(Conversation)):
            chats.append((conversation.id, conversation.address))
            for place in range(8):
                key = f"{conversation.address}-{place}"
                enqueue(session, conversation, Message(key, "greet@1"), dedupe_key=key, lane="reply", at=NOW)
    plan(database, contact_policy(), NOW)

    def write(address: str) -> None:
        for number in range(12):
            intake.take(database, Incoming("telegram", address, f"{address}-{number}", "text", "hello"))

    async def send() -> None:
        dispatcher = sending(database, journal, rates={})
        await asyncio.gather(
            *(dispatcher.dispatch_replies(chat) for chat, _ in chats), dispatcher.dispatch_due()
        )

    journal = Journal()
    writers = [Aside(lambda address=address: write(address)) for _, address in chats]  # type: ignore[misc]
    asyncio.run(send())
    for writer in writers:
        writer.ended()
    assert [row.status for row in rows(database) if row.lane == "reply"] == ["sent"] * 32
    assert set(journal.times_accepted().values()) == {1}


def test_a_take_over_at_the_last_moment_comes_before_the_reminder_or_after_it_but_never_between(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = reminded_chat(database)
    others: list[Aside] = []
    words = gate._write

    def write_slowly(*about: Any) -> None:
        others.append(Aside(lambda: take(database, conversation)))
        others[0].given(PATIENCE)
        words(*about)

    monkeypatch.setattr(gate, "_write", write_slowly)
    asyncio.run(sending(database, Journal()).dispatch_due())
    others[0].ended()
    kinds = logged(database, conversation)
    assert sorted(kinds) == ["delivery", "reminder", "takeover"]
    assert kinds.index("reminder") < kinds.index("takeover")


@pytest.mark.parametrize("where", ["the chat itself", "another chat of theirs"])
def test_while_a_take_over_is_being_written_the_reminder_is_put_off(database: Database, where: str) -> None:
    conversation = reminded_chat(database)
    with database.write() as session:
        if where == "another chat of theirs":
            first = session.get_one(Conversation, conversation)
            web = Conversation(channel="web", address="w1", borrower_id=first.borrower_id, created_at=NOW)
            session.add(web)
            session.flush()
            conversation = web.id
    journal = Journal()
    with database.write() as session:
        take_over(session, conversation, owner="kim", seen_epoch=0, at=NOW)
        reminders = Aside(lambda: asyncio.run(sending(database, journal).dispatch_due()))
        reminders.given(PATIENCE)
    reminders.ended()
    assert journal.tried == []
    asyncio.run(Dispatcher(database, {"telegram": journal}, clock=lambda: at(7, 1, 1)).dispatch_due())
    assert journal.tried == []
    assert "reminder" not in logged(database, conversation)


def test_a_first_message_at_the_last_moment_loses_no_reminder_and_no_acknowledgement(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as session:
        for number in (1, 2):
            borrower = add_borrower(session, f"B{number}")
            add_loan(session, borrower, f"L{number}", [DUE])
        session.query(Conversation).filter_by(address="chat-B2").delete()
    plan(database, contact_policy(), NOW)
    others: list[Aside] = []
    facts = gate._facts

    def look_slowly(session: Any, row: OutboxMessage, *about: Any) -> Any:
        if row.address == "chat-B2" and not others:
            hello = Incoming("telegram", "chat-B2", "u1", "text", "hello", clock=NOW)
            others.append(Aside(lambda: intake.take(database, hello)))
            others[0].given(PATIENCE)
        return facts(session, row, *about)

    monkeypatch.setattr(gate, "_facts", look_slowly)
    journal = Journal()
    asyncio.run(sending(database, journal, in_flight=1, rates={}).dispatch_due())
    others[0].ended()
    asyncio.run(Dispatcher(database, {"telegram": journal}, clock=lambda: at(7, 1, 1)).dispatch_due())
    assert [row.status for row in rows(database)] == ["sent", "sent"]
    with database.read() as session:
        assert len(session.scalars(select(Conversation)).all()) == 2


async def test_one_chat_that_cannot_be_sent_to_holds_up_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as session:
        for number in range(3):
            add_loan(session, add_borrower(session, f"B{number}"), f"L{number}", [DUE])
        for conversation in session.scalars(select(Conversation)):
            name = conversation.address
            enqueue(session, conversation, Message(name, "greet@1"), dedupe_key=name, lane="reply", at=NOW)
    plan(database, contact_policy(), NOW)
    settle = outcomes.settle

    def fail_for_one(session: Any, row: OutboxMessage, *about: Any) -> None:
        if row.text == "chat-B1":
            raise RuntimeError("a row that breaks everything")
        settle(session, row, *about)

    monkeypatch.setattr(dispatching, "settle", fail_for_one)
    journal = Journal()
    assert await sending(database, journal, rates={}).dispatch_due() == {"sent": 5}
    states = {row.text: row.status for row in rows(database) if row.lane == "reply"}
    assert states == {"chat-B0": "sent", "chat-B1": "sending", "chat-B2": "sent"}
    assert [row.status for row in rows(database) if row.lane == "reminder"] == ["sent"] * 3


def test_the_sweep_keeps_to_the_order_of_locks(database: Database) -> None:
    conversation = reminded_chat(database, "lost on the way")
    with database.write() as session:
        session.query(OutboxMessage).filter_by(lane="reply").update(
            {"status": "sending", "lease_until": None}
        )
    with database.write() as session:
        intake.find_or_open(session, Incoming("telegram", "chat-B1", "u1", "text", "hello"), NOW)
        sweeping = Aside(lambda: sweep(database, NOW))
        sweeping.given(PATIENCE)  # it waits for the conversation, and holds nothing the log's writer needs
        session.query(OutboxMessage).filter_by(lane="reply").update({"last_error": "seen"})
        log.append(
            session,
            conversation_id=conversation,
            kind="note",
            actor_role="system",
            occurred_at=NOW,
            fields={},
        )
    sweeping.ended()
    assert [row.status for row in rows(database) if row.lane == "reply"] == ["uncertain"]
    with database.read() as session:
        kinds = session.scalars(select(LogEntry.kind).order_by(LogEntry.conv_seq)).all()
    assert list(kinds) == ["message_out", "note", "delivery"]
