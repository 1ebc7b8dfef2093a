"""A turn through the whole stack beside the same turn on bare Rasa REST with the same actions, in one run.

    python -m benchmarks.turn [--turns 300]

Bare: one POST to Rasa's REST channel for a message whose row is there already; Rasa classifies and calls the same
action, which reads and writes the same database. Ours: the same, from the channel's hands to the channel's hands:
storing, logging, screening, reading, Rasa, outbox, claiming, until the channel is given the first answer. What follows
(the acknowledgement) keeps nobody waiting and is shown apart. The two take turns, so that drift hits both.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.progress import track
from sqlalchemy import select

from bot.channels.terminal import TerminalSender
from bot.incoming import Incoming
from bot.intake import find_or_open, take
from conversations import identity
from conversations.models import Conversation, InboundMessage, OutboxMessage
from loans.models import Borrower
from storage.engine import Database
from storage.homes import sender_id
from storage.migrate import upgrade
from tests.support.book import NOW, load_book
from tideover.launch import ensure_engine
from tideover.settings import Settings
from tideover.stack import Stack

LINES = ("我现在一共还欠多少钱", "下次什么时候还款", "怎么还款", "谢谢你")
WARM_UP = 20


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of `values` lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def measure(settings: Settings, turns: int) -> tuple[list[float], list[float], list[float]]:
    """Return milliseconds of bare turns, of ours, and of ours with the acknowledgement."""
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    load_book(database, settings.home / "tape")
    await ensure_engine(settings, print)
    handed: list[float] = []
    sender = TerminalSender(lambda delivery: handed.append(time.perf_counter()))
    stack = Stack(settings, database, {"terminal": sender})
    bare_chat, our_chat = _open(database, "bare"), _open(database, "ours")
    bare: list[float] = []
    ours: list[float] = []
    whole: list[float] = []
    for number in track(range(turns + WARM_UP), description="turns 对话轮次"):
        line = LINES[number % len(LINES)]
        bare_ms = await _bare(stack, database, bare_chat, line)
        handed.clear()
        our_ms, whole_ms = await _ours(stack, database, our_chat, line, handed)
        if number >= WARM_UP:
            bare.append(bare_ms)
            ours.append(our_ms)
            whole.append(whole_ms)
    await stack.close()
    database.close()
    return bare, ours, whole


def _open(database: Database, name: str) -> Incoming:
    chat = Incoming("terminal", f"bench:{name}", "", "text", language="zh", clock=NOW)
    with database.write() as session:
        conversation = find_or_open(session, chat, NOW)
        borrower = session.query(Borrower).filter_by(ref="ZH-DUE").one()
        identity.attach(session, conversation, borrower.id, NOW, how="benchmark")
        identity.verify(session, conversation, NOW, how="benchmark")
    return chat


async def _bare(stack: Stack, database: Database, chat: Incoming, line: str) -> float:
    taken = take(database, replace(chat, text=line, update_key=uuid.uuid4().hex))
    with database.write() as session:
        message = session.get_one(InboundMessage, taken.message_id)
        message.control_epoch = session.get_one(Conversation, taken.conversation_id).control_epoch
    metadata = {"message_id": taken.message_id, "pending_question": "none", "language": "zh"}
    began = time.perf_counter()
    await stack.rasa.turn(sender_id(stack.home_key, taken.conversation_id), line, metadata)
    return (time.perf_counter() - began) * 1000


async def _ours(
    stack: Stack, database: Database, chat: Incoming, line: str, handed: Sequence[float]
) -> tuple[float, float]:
    incoming = replace(chat, text=line, update_key=uuid.uuid4().hex)
    began = time.perf_counter()
    message_id = await stack.gateway.receive(incoming)
    whole = (time.perf_counter() - began) * 1000
    with database.read() as session:
        states = session.scalars(
            select(OutboxMessage.status).where(OutboxMessage.message_id == message_id)
        ).all()
    if not states or set(states) != {"sent"}:
        raise SystemExit(f"the turn was not answered (outbox: {states}); is an older engine still running?")
    return (handed[0] - began) * 1000, whole


def main() -> None:
    """Run the benchmark and print p50, p95, the difference and the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--turns", type=int, default=300)
    turns = options.parse_args().turns
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = os.environ.get("TIDEOVER_BENCH_DATABASE_URL") or f"sqlite:///{home / 'bench.db'}"
        settings = replace(Settings.from_environment(), home=home, database_url=url)
        bare, ours, whole = asyncio.run(measure(settings, turns))
    print(f"{turns} turns each, taking turns; milliseconds")
    print(f"{'':10}{'p50':>8}{'p95':>8}")
    for name, values in (("bare Rasa", bare), ("Tideover", ours), ("and ack", whole)):
        print(f"{name:10}{percentile(values, 0.5):8.1f}{percentile(values, 0.95):8.1f}")
    added = statistics.median(our - plain for our, plain in zip(ours, bare, strict=True))
    ratio = percentile(ours, 0.5) / percentile(bare, 0.5)
    print(f"our own part, median of pairs: {added:+.1f} ms; ratio of medians {ratio:.2f}")


if __name__ == "__main__":
    main()
