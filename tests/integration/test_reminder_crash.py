"""Killed at any point with SIGKILL and started again: nothing lost, nothing twice, every doubt counted."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from conversations.models import Conversation
from conversations.outbox import Message, enqueue
from storage.engine import Database
from tests.support.reminder_book import DUE, add_borrower, add_loan, at, rows

IN_FLIGHT = 4
BORROWERS = 12
REPLIES = 3


def run(url: str, tmp_path: Path, points: list[str]) -> None:
    """Fill a book, run the work through the kills, and check every invariant on what is left."""
    database = Database(url)
    with database.write() as session:
        for number in range(BORROWERS):
            add_loan(session, add_borrower(session, f"B{number}"), f"L{number}", [DUE])
        for conversation in session.query(Conversation):
            for number in range(REPLIES):
                message = Message(f"reply {number}", "test@1")
                key = f"{conversation.address}:{number}"
                enqueue(session, conversation, message, dedupe_key=key, lane="reply", at=at(7))
    journal = tmp_path / "accepted"
    command = [sys.executable, "-m", "tests.support.reminder_crash", url, str(journal), *points]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr
    kills = int(done.stdout)
    assert kills > 0
    accepted = [line.split("\t") for line in journal.read_text().splitlines()]
    times = Counter(int(line[0]) for line in accepted)
    outbox = rows(database)
    database.close()

    assert len(outbox) == BORROWERS * (1 + REPLIES), "every reminder and reply is there once"
    assert set(times.values()) == {1}, "nothing was accepted twice"
    assert {row.status for row in outbox} <= {"sent", "uncertain"}, "nothing is left lying"
    sent = {row.id for row in outbox if row.status == "sent"}
    uncertain = {row.id for row in outbox if row.status == "uncertain"}
    assert sent <= set(times), "what we call sent did arrive"
    assert set(times) - sent <= uncertain, "what arrived and was not acknowledged is known to be uncertain"
    assert len(uncertain) <= kills * IN_FLIGHT, "no more is uncertain than was in flight at the kills"
    for address in {line[1] for line in accepted}:
        said = [line[2] for line in accepted if line[1] == address and "reply" in line[2]]
        assert said == sorted(said), "a conversation is never out of order"


def test_killed_before_and_after_a_commit_and_a_send(database_url: str, tmp_path: Path) -> None:
    points = ["before_commit:3", "after_commit:5", "before_accept:6", "after_accept:9", "before_commit:14"]
    run(database_url, tmp_path, points)


@pytest.mark.faults
@pytest.mark.parametrize("point", ["before_commit", "after_commit", "before_accept", "after_accept"])
def test_killed_at_each_point_in_turn(database_url: str, tmp_path: Path, point: str) -> None:
    run(database_url, tmp_path, [f"{point}:{number}" for number in range(1, 40)])


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments(database_url: str, tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    run(database_url, tmp_path, [f"after_ms:{moments.randint(40, 400)}" for _ in range(40)])
