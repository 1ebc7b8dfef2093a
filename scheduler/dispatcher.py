"""Sending what is in the outbox: claim, look again, commit `sending`, call the channel, acknowledge.

One transaction acknowledges what has been sent and claims what comes next. `sending` is committed before the call, for
no more rows than there are calls in flight, and the acknowledgement counts only for the claim it belongs to. So after
a crash a row is either untouched or `uncertain`, and nothing is sent twice by itself.

Everybody takes locks in one order: loan or conversation first, then outbox, then log, then rate bucket. Reminders know
their conversation only from their row, so they try its lock and never wait for it, and they take their tokens
beforehand, in a transaction of its own. Should PostgreSQL still see a deadlock, the step runs again with the same
outcomes, so that no acknowledgement is lost.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from conversations.models import Conversation, OutboxMessage
from conversations.sending import Delivery, Outcome, Sender
from loans.documents.file import File
from policies.contact import LEAST_PRIORITY, ContactPolicy, contact_policy
from scheduler.claims import Claim, Finished, Step, claim_row
from scheduler.gate import open_gate
from scheduler.outcomes import finish, settle
from scheduler.rates import RATES, UNLIMITED, Rate, block, give_back, take
from scheduler.sql import PENDING, in_transaction, lock_conversations
from storage.engine import Database

logger = logging.getLogger(__name__)

PROCESS = secrets.token_hex(4)
SEND_TIMEOUT = 20.0
SHORT_WAIT = 1.0
WAITS_AGAIN = ("migrated", "rate_limited")
CONTROL_FOR_LANE = {"reply": "bot", "staff": "human", "reminder": "bot"}

T = TypeVar("T")
Make = Callable[[Mapping[str, Any]], File]


class Dispatcher:
    """Sends through `senders` (by channel) from the outbox of one database.

    `clock` decides what is due and what the log says; leases and rates go by real time. `make` makes the file that
    goes with an outbox row.
    """

    def __init__(
        self,
        database: Database,
        senders: Mapping[str, Sender],
        *,
        policy: ContactPolicy | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        rates: Mapping[str, Rate] = RATES,
        in_flight: int = 8,
        make: Make | None = None,
    ) -> None:
        self.database = database
        self.senders = senders
        self.policy = policy or contact_policy()
        self.clock = clock
        self.rates = rates
        self.in_flight = in_flight
        self.make = make
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{PROCESS}"
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._under_way: set[asyncio.Task[Any]] = set()
        self.stopping = False

    def stop(self) -> None:
        """Begin no reminder and pick up nothing that waits; what is in flight is finished and acknowledged."""
        self.stopping = True

    async def close(self) -> None:
        """Stop, and return when every call that was begun has ended and is acknowledged."""
        self.stop()
        while self._under_way:
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def dispatch_replies(self, conversation_id: str) -> int:
        """Send a conversation's waiting answers and staff messages, one after the other; return how many arrived.

        Stops at the first that has to wait, so that nothing is ever said out of order. Cancelling the caller cuts no
        message off: the sending goes on, and `close` waits for it.
        """
        return await self._uncut(self._dispatch_replies(conversation_id))

    async def dispatch_due(self, limit: int = 10_000, *, seconds: float = float("inf")) -> Counter[str]:
        """Send everything that is due: first answers that are still waiting, then reminders.

        Begins nothing new after `limit` reminders or `seconds`. Returns how the calls went, counted by outcome.
        Cancelling the caller cuts no message off either.
        """
        return await self._uncut(self._dispatch_due(limit, seconds))

    async def _uncut(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _dispatch_replies(self, conversation_id: str) -> int:
        turn = self._turns.setdefault(conversation_id, asyncio.Lock())
        arrived = 0
        async with turn:
            finished: Finished = ()
            while True:
                step = await asyncio.to_thread(self._next_reply, conversation_id, finished)
                finished = ()
                if step.claims:
                    finished = [(step.claims[0], await self._send(step.claims[0]))]
                    arrived += finished[0][1].kind == "sent"
                elif 0 < step.wait <= SHORT_WAIT and not self.stopping:
                    await asyncio.sleep(step.wait)
                else:
                    return arrived

    async def _dispatch_due(self, limit: int, seconds: float) -> Counter[str]:
        until = time.monotonic() + seconds
        counts: Counter[str] = Counter()
        counts["sent"] += await self._waiting_replies()
        finished: Finished = ()
        begun = 0
        while True:
            over = self.stopping or begun >= limit or time.monotonic() >= until
            room = 0 if over else min(self.in_flight, limit - begun)
            step = await asyncio.to_thread(self._next_reminders, room, finished)
            finished = ()
            if step.claims:
                begun += len(step.claims)
                outcomes = await asyncio.gather(*(self._send(claim) for claim in step.claims))
                finished = list(zip(step.claims, outcomes, strict=True))
                counts.update(outcome.kind for outcome in outcomes)
            elif over or not (step.looked or 0 < step.wait <= SHORT_WAIT):
                return counts
            elif not step.looked:
                await asyncio.sleep(step.wait)

    async def _waiting_replies(self) -> int:
        waiting = await asyncio.to_thread(self._conversations_waiting)
        at_once = asyncio.Semaphore(self.in_flight)

        async def one(conversation_id: str) -> int:
            async with at_once:
                return 0 if self.stopping else await self.dispatch_replies(conversation_id)

        arrived = 0
        for ended in await asyncio.gather(*map(one, waiting), return_exceptions=True):
            if isinstance(ended, BaseException):
                logger.error("a reply waits, sending it failed: %s", type(ended).__name__)
            else:
                arrived += ended
        return arrived

    def _conversations_waiting(self) -> list[str]:
        with self.database.read() as session:
            found = session.scalars(
                select(OutboxMessage.conversation_id)
                .where(
                    PENDING,
                    OutboxMessage.priority < LEAST_PRIORITY,
                    OutboxMessage.lane != "reminder",
                    OutboxMessage.channel.in_(list(self.senders)),
                    or_(OutboxMessage.attempts == 0, OutboxMessage.not_before <= self.clock()),
                )
                .group_by(OutboxMessage.conversation_id)
                .order_by(OutboxMessage.conversation_id)
            )
            return [conversation_id for conversation_id in found if conversation_id]

    def _next_reply(self, conversation_id: str, finished: Finished) -> Step:
        def step(session: Session) -> Step:
            conversation = session.get_one(
                Conversation, conversation_id, with_for_update={"key_share": True}, populate_existing=True
            )
            self._acknowledge(session, finished)
            row = self._first_waiting(session, conversation)
            self._slow_down(session, finished)
            if row is None:
                return Step()
            grant = take(session, row.channel, self._rate(row.channel), 1, answers=True)
            return Step([self._claim(session, row)] if grant.tokens else [], grant.wait)

        return self._in_transaction(step, finished)

    def _first_waiting(self, session: Session, conversation: Conversation) -> OutboxMessage | None:
        """Return the message that is to go next, locked; None when there is none or it has to wait."""
        waiting = session.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.conversation_id == conversation.id,
                OutboxMessage.lane != "reminder",
                OutboxMessage.status.in_(("pending", "sending")),
            )
            .order_by(OutboxMessage.id)
            .with_for_update()
        )
        for row in waiting:
            if row.status == "sending" or row.channel not in self.senders:
                return None
            if row.attempts and row.not_before > self.clock():
                return None
            if not self._withhold(session, row, conversation):
                return row
        return None

    def _withhold(self, session: Session, row: OutboxMessage, conversation: Conversation) -> bool:
        """Cancel a reply that was written under another control than the present one, expire one that is too late."""
        now = self.clock()
        if row.expires_at is not None and row.expires_at <= now:
            finish(session, row, "expired", Outcome("refused", error="its time has passed"), now)
            return True
        wanted = CONTROL_FOR_LANE[row.lane]
        if conversation.control == wanted and conversation.control_epoch == row.control_epoch:
            return False
        row.last_error = "control has changed"
        finish(session, row, "cancelled", Outcome("refused", error="control has changed"), now)
        return True

    def _next_reminders(self, room: int, finished: Finished) -> Step:
        tokens, wait = self._take_tokens(room, finished)

        def step(session: Session) -> Step:
            self._acknowledge_all(session, finished)
            done = Step(wait=wait, looked=sum(outcome.kind in WAITS_AGAIN for _, outcome in finished))
            unused = {
                channel: granted - self._claim_reminders(session, channel, granted, done)
                for channel, granted in tokens.items()
            }
            for channel, left in unused.items():
                give_back(session, channel, self._rate(channel), left)
            return done

        return self._in_transaction(step, finished)

    def _take_tokens(self, room: int, finished: Finished) -> tuple[dict[str, int], float]:
        """Take tokens for what is due, up to `room`; otherwise tell how long until there are some."""

        def step(session: Session) -> tuple[dict[str, int], float]:
            self._slow_down(session, finished)
            tokens: dict[str, int] = {}
            wait = 0.0
            for channel in sorted(self.senders):
                wanted = room - sum(tokens.values())
                due = len(session.scalars(self._due(channel).limit(wanted)).all()) if wanted else 0
                if due:
                    grant = take(session, channel, self._rate(channel), due)
                    tokens[channel], wait = grant.tokens, max(wait, grant.wait)
            return {channel: granted for channel, granted in tokens.items() if granted}, wait

        if room == 0 and all(outcome.kind != "rate_limited" for _, outcome in finished):
            return {}, 0.0
        return self._in_transaction(step, finished)

    def _due(self, channel: str) -> Select[int]:
        return (
            select(OutboxMessage.id)
            .where(
                PENDING,
                OutboxMessage.lane == "reminder",
                OutboxMessage.channel == channel,
                OutboxMessage.not_before <= self.clock(),
            )
            .order_by(OutboxMessage.priority, OutboxMessage.not_before, OutboxMessage.id)
        )

    def _claim_reminders(self, session: Session, channel: str, room: int, step: Step) -> int:
        """Look at up to `room` due reminders once more, claim those that may leave, and return how many those are."""
        due = self._due(channel).with_only_columns(OutboxMessage).limit(room)
        rows = session.scalars(due.with_for_update(skip_locked=True)).all()
        now = self.clock()
        through = [self._claim(session, row) for row in rows if open_gate(session, row, self.policy, now)]
        step.looked += len(rows)
        step.claims += through
        return len(through)

    def _claim(self, session: Session, row: OutboxMessage) -> Claim:
        return claim_row(session, row, self.owner, self.clock())

    def _in_transaction(self, step: Callable[[Session], T], finished: Finished) -> T:
        """Run a step; if it fails, acknowledge at least what has been sent before the failure is raised."""
        try:
            return in_transaction(self.database, step)
        except Exception:
            if finished:
                in_transaction(self.database, lambda session: self._acknowledge_all(session, finished))
            raise

    def _acknowledge_all(self, session: Session, finished: Finished) -> None:
        lock_conversations(session, [claimed.outbox_id for claimed, _ in finished])
        self._acknowledge(session, finished)

    def _slow_down(self, session: Session, finished: Finished) -> None:
        """Leave the channels alone that asked for it. The rate buckets stay locked until the transaction ends."""
        for claim, outcome in sorted(finished, key=lambda done: done[0].channel):
            if outcome.kind == "rate_limited":
                block(session, claim.channel, outcome.retry_after)

    def _acknowledge(self, session: Session, finished: Finished) -> None:
        for claim, outcome in finished:
            row = session.scalar(
                select(OutboxMessage)
                .where(
                    OutboxMessage.id == claim.outbox_id,
                    OutboxMessage.lease_owner == self.owner,
                    OutboxMessage.lease_epoch == claim.epoch,
                    OutboxMessage.status == "sending",
                )
                .with_for_update()
            )
            if row is None:
                logger.warning(
                    "outbox row %s: outcome %s came after its lease", claim.outbox_id, outcome.kind
                )
            else:
                settle(session, row, outcome, self.clock())

    async def _send(self, claim: Claim) -> Outcome:
        """Call the channel. Whatever it raises, and silence, leaves open whether the message arrived: `uncertain`."""
        attachment: File | None = None
        if claim.attachment and self.make:
            try:
                attachment = await asyncio.to_thread(self.make, claim.attachment)
            except Exception:
                logger.exception(
                    "outbox row %s: its attachment could not be made; sent without", claim.outbox_id
                )
        delivery = Delivery(
            claim.outbox_id,
            claim.address,
            claim.text,
            claim.buttons,
            attachment,
            claim.template,
            may_continue=lambda: asyncio.to_thread(self._may_continue, claim),
        )
        try:
            return await asyncio.wait_for(self.senders[claim.channel].send(delivery), SEND_TIMEOUT)
        except TimeoutError:
            return Outcome("uncertain", error=f"no answer within {SEND_TIMEOUT:g} s")
        except Exception as fault:
            logger.exception("outbox row %s: the %s channel failed", claim.outbox_id, claim.channel)
            return Outcome("uncertain", error=type(fault).__name__)

    def _may_continue(self, claim: Claim) -> bool:
        """Tell whether the rest of a message may follow: the claim still counts, and nobody took over meanwhile."""
        with self.database.read() as session:
            row = session.get_one(OutboxMessage, claim.outbox_id)
            conversation = session.get_one(Conversation, row.conversation_id)
            ours = row.status == "sending" and row.lease_epoch == claim.epoch
            same_epoch = row.control_epoch in (None, conversation.control_epoch)
            return ours and same_epoch and conversation.control == CONTROL_FOR_LANE[row.lane]

    def _rate(self, channel: str) -> Rate:
        return self.rates.get(channel, UNLIMITED)
