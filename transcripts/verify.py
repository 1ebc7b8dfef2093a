"""Checking the log against itself: every header and commitment computed again, every sequence without a gap.

This finds rows that were edited, removed or put in. It does not prove that nobody who can write to the database
computed everything anew: that takes proofs against a copy kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcripts import canonical
from transcripts.models import LogEntry, LogSequence

BATCH = 1000


@dataclass(frozen=True)
class Fault:
    """Something wrong with the log. `problem` names the kind, `detail` says what was found; `entry` None: gone."""

    conversation: str
    seq: int
    entry: str | None
    problem: str
    detail: str


@dataclass(frozen=True)
class Verified:
    """What was looked at, how many faults there are, and the first of them by conversation and sequence."""

    entries: int
    conversations: int
    faults: int
    first: Fault | None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.faults == 0


def verify(session: Session, conversation_id: str | None = None) -> Verified:
    """Check the whole log, or one conversation's. Reads it in batches, so its length does not matter."""
    walk = _Walk(session, conversation_id)
    faults, first = 0, None
    for fault in walk.faults():
        faults, first = faults + 1, first or fault
    return Verified(walk.entries, walk.conversations, faults, first)


class _Walk:
    """One pass over the log in order of conversation and sequence."""

    def __init__(self, session: Session, conversation_id: str | None) -> None:
        self.session, self.only = session, conversation_id
        self.entries = self.conversations = 0

    def faults(self) -> Iterator[Fault]:
        ends = select(LogSequence.conversation_id, LogSequence.next_seq)
        rows = select(LogEntry).order_by(LogEntry.conversation_id, LogEntry.conv_seq)
        if self.only is not None:
            ends = ends.where(LogSequence.conversation_id == self.only)
            rows = rows.where(LogEntry.conversation_id == self.only)
        last = {conversation: seq for conversation, seq in self.session.execute(ends)}
        current, expected = "", 1
        for entry in self.session.scalars(rows.execution_options(yield_per=BATCH)):
            if entry.conversation_id != current:
                yield from _tail(current, expected, last.pop(current, None))
                current, expected = entry.conversation_id, 1
                self.conversations += 1
            self.entries += 1
            if entry.conv_seq != expected:
                yield _missing(current, expected, entry.conv_seq - 1)
            expected = entry.conv_seq + 1
            yield from _check(entry)
            self.session.expunge(entry)
        yield from _tail(current, expected, last.pop(current, None))
        for conversation in sorted(last):
            self.conversations += 1
            yield _missing(conversation, 1, last[conversation])


def _check(entry: LogEntry) -> Iterator[Fault]:
    """The commitment is computed from the fields, and the header from the row with that commitment."""
    where = (entry.conversation_id, entry.conv_seq, entry.id)
    if set(entry.payload) != set(entry.keys):
        fields = ", ".join(sorted(set(entry.payload) ^ set(entry.keys)))
        yield Fault(*where, "fields_changed", f"fields and their keys do not match: {fields}")
        return
    try:
        commitment = canonical.commitment(entry.payload, entry.keys)
    except (TypeError, ValueError) as error:
        yield Fault(*where, "fields_changed", f"a key cannot be read: {error}")
        return
    header = canonical.header(
        entry_id=entry.id,
        conversation_id=entry.conversation_id,
        conv_seq=entry.conv_seq,
        kind=entry.kind,
        actor=entry.actor,
        actor_role=entry.actor_role,
        occurred_at=entry.occurred_at,
        commitment=commitment,
    )
    stored = bytes(entry.header)
    if header == stored:
        return
    if commitment.encode() in stored:
        yield Fault(*where, "row_changed", "the row's columns do not give its header")
    else:
        yield Fault(*where, "fields_changed", "the fields do not give the commitment in the header")


def _tail(conversation: str, expected: int, last: int | None) -> Iterator[Fault]:
    if not conversation:
        return
    if last is None:
        yield Fault(conversation, expected - 1, None, "sequence_missing", "its row in log_sequence is gone")
    elif last >= expected:
        yield _missing(conversation, expected, last)
    elif last < expected - 1:
        detail = f"log_sequence ends at {last}, the entries at {expected - 1}"
        yield Fault(conversation, expected - 1, None, "extra", detail)


def _missing(conversation: str, first: int, last: int) -> Fault:
    gone = f"entry {first} is" if first == last else f"entries {first} to {last} are"
    return Fault(conversation, first, None, "missing", f"{gone} gone")
