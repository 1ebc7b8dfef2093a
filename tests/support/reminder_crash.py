"""Plans and dispatches in child processes that are killed at named points. Run by test_reminder_crash.py.

usage: python -m tests.support.reminder_crash URL JOURNAL POINT...

A point is before_commit:N, after_commit:N, before_accept:N, after_accept:N (the N-th time it is reached) or
after_ms:N. Children run one after the other, each on what the one before left behind, and then one that is not killed.
The journal has a line for every message the channel accepted.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session

from conversations.sending import Delivery, Outcome
from policies.contact import contact_policy
from scheduler.dispatcher import Dispatcher
from scheduler.planner import plan
from scheduler.recovery import sweep
from storage.engine import Database
from tests.support.reminder_book import at


class Trap:
    """Kills this process the N-th time its point is reached."""

    def __init__(self, point: str) -> None:
        self.name, _, number = point.partition(":")
        self.number = int(number or 0)
        self.reached: Counter[str] = Counter()

    def __call__(self, name: str) -> None:
        self.reached[name] += 1
        if name == self.name and self.reached[name] == self.number:
            os.kill(os.getpid(), signal.SIGKILL)


class TrappedDatabase(Database):
    """A database that springs the trap before and after each commit."""

    def __init__(self, url: str, trap: Trap) -> None:
        super().__init__(url)
        self.trap = trap
        event.listen(self.engine, "commit", lambda _: trap("before_commit"))

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
        self.trap("after_commit")


class FileJournal:
    """A channel that accepts everything and writes it down durably, springing the trap before and after."""

    def __init__(self, path: str, trap: Trap) -> None:
        self.path, self.trap = path, trap

    async def send(self, delivery: Delivery) -> Outcome:
        await asyncio.sleep(0.002)
        self.trap("before_accept")
        line = f"{delivery.outbox_id}\t{delivery.address}\t{delivery.text[:20]!r}\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode())
        os.close(descriptor)
        self.trap("after_accept")
        return Outcome("sent", provider_message_id=str(delivery.outbox_id))


def work(url: str, journal: str, trap: Trap) -> None:
    """Plan, sweep and dispatch until nothing is left to do."""
    database = TrappedDatabase(url, trap)
    plan(database, contact_policy(), at(7))
    sweep(database, at(7))
    senders = {"telegram": FileJournal(journal, trap)}
    dispatcher = Dispatcher(database, senders, clock=lambda: at(7), rates={}, in_flight=4)
    asyncio.run(dispatcher.dispatch_due())


def in_a_child(url: str, journal: str, point: str) -> bool:
    """Run the work in a child process; tell whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work(url, journal, Trap(point))
        except BaseException as fault:
            print(f"{point}: {fault!r}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    if point.startswith("after_ms:"):
        time.sleep(int(point.partition(":")[2]) / 1000)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        sys.exit(f"the child for {point} failed")
    return os.WIFSIGNALED(status)


def main(url: str, journal: str, *points: str) -> None:
    kills = sum(in_a_child(url, journal, point) for point in points)
    in_a_child(url, journal, "none")
    print(kills)


if __name__ == "__main__":
    main(*sys.argv[1:])
