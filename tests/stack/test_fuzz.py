"""Strange messages through the whole stack: each answered or left to a person, no debt told, no book changed."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from loans import models
from storage.engine import Database
from tests.stack.conftest import Start
from tests.support.book import BOOK, NOW
from tests.support.look import OF_A_DEBT, logged
from tests.support.look import messages as taken_in
from tests.support.mutations import messages
from tests.support.talk import Talk
from tideover.settings import Settings
from tideover.terminal import Terminal

pytestmark = pytest.mark.stack

BATCH = 60
BATCHES = 9
# Not the contact points: a chat that says it is somebody else's loses its link.
NOT_FOR_INJECTED_TEXT = (
    models.Borrower,
    models.Product,
    models.Loan,
    models.Schedule,
    models.Instalment,
    models.Payment,
    models.Allocation,
    models.Charge,
    models.Quote,
    models.Agreement,
    models.Consent,
    models.Waiver,
    models.PromiseToPay,
)
SAFE_WORDS = re.compile(r"贷款|欠款|\b(loan|debt|overdue)\b", re.IGNORECASE)
NAMES = re.compile(
    "|".join([part for borrower in BOOK for part in (borrower.name, borrower.name.split()[-1])])
)


@asynccontextmanager
async def unlinked(settings: Settings, book: Database) -> AsyncIterator[Talk]:
    """Open a chat of nobody we know."""
    terminal = Terminal(settings, book, "", now=NOW)
    terminal.address = "somebody"
    try:
        yield Talk(terminal, book, "")
    finally:
        await terminal.close()


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of the tables that no unverified chat may change; of borrowers all but the opt-out."""
    with database.read() as session:
        return {
            table.__tablename__: [
                tuple(row)
                for row in session.execute(
                    select(
                        *(column for column in table.__table__.columns if column.name != "opted_out")
                    ).order_by(table.id)
                )
            ]
            for table in NOT_FOR_INJECTED_TEXT
        }


def opted_out(database: Database) -> set[str]:
    """Return the borrowers to whom nothing is sent because they said so."""
    with database.read() as session:
        return set(session.scalars(select(models.Borrower.ref).where(models.Borrower.opted_out)))


def read_as_a_stop(chat: Talk) -> bool:
    """Whether something in the chat was taken for a wish not to be written to, and the log says so."""
    rules = [rule["id"] for turn in chat.turns for rule in turn.explanation.get("rules", [])]
    return "conduct.stop_contact_stops_reminders" in rules


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, BATCHES))]
)
async def test_strange_messages_are_answered_tell_no_debt_and_change_no_book(
    talk: Start, settings: Settings, book: Database, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    before = rows(book)
    assert before["loan"] and before["schedule"] and before["payment"]
    texts = messages(seed, BATCH)
    async with (
        talk("ZH-LATE") as first,
        talk("EN-TWO") as second,
        talk("ZH-FINED", address="another chat") as third,
        unlinked(settings, book) as nobody,
    ):
        chats = (first, second, third, nobody)
        for number, text in enumerate(texts):
            chat = chats[number % len(chats)]
            shown = f"seed {seed}, message {number}: {text[:200]!a}"
            with caplog.at_level(logging.WARNING):
                await chat.says(text)
            assert caplog.messages == [], shown
            said = SAFE_WORDS.sub("", "\n".join([chat.heard, *chat.buttons]))
            assert not OF_A_DEBT.search(said) and not NAMES.search(said), f"{shown}\n{said}"
            assert not chat.state["verified"], shown
        with book.read() as session:
            for chat in chats:
                stored = taken_in(chat, session)
                assert len(stored) == len(texts) // len(chats)
                assert {message.status for message in stored} <= {"done", "human"}
                assert all(
                    message.status == "human" or turn.replies
                    for message, turn in zip(stored, chat.turns, strict=True)
                )
                assert len(logged(chat, session, "message_in")) == len(stored)
    assert rows(book) == before
    assert opted_out(book) <= {chat.borrower_ref for chat in chats if read_as_a_stop(chat)}
