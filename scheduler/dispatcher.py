"""Sending what is in the outbox: claim, look again, commit `sending`, call the channel, acknowledge.

One transaction acknowledges what has been sent and claims what comes next. `sending` is committed before the call, for
no more rows than there are calls in flight, and the acknowledgement counts only for the claim it belongs to. So after
a crash a row is either untouched or `uncertain`, and nothing is sent twice by itself.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from conversations.models import Conversation, OutboxMessage, SendAttempt
from conversations.sending import Delivery, Outcome, Sender
from policies.contact import LEAST_PRIORITY, ContactPolicy, contact_policy
from scheduler.gate import open_gate
from scheduler.outcomes import finish, settle
from scheduler.rates import RATES, UNLIMITED, Rate, give_back, take
from scheduler.sql import PENDING
from storage.engine import Database

logger = logging.getLogger(__name__)

PROCESS = secrets.token_hex(4)
SEND_TIMEOUT = 20.0
LEASE = timedelta(seconds=60)
SHORT_WAIT = 1.0
CONTROL_FOR_LANE = {"reply": "bot", "staff": "human"}

Draw = Callable[[Mapping[str, Any]], bytes]


@dataclass(frozen=True)
class Claim:
    """One outbox row this process is sending, and the epoch that proves it."""

    outbox_id: int
    epoch: int
    channel: str
    address: str
    text: str
    buttons: Sequence[tuple[str, str]]
    picture: Mapping[str, Any]
    template: str


@dataclass
class _Step:
    """What a transaction claimed. `wait` is how long until a token is free; `looked` counts rows it decided on."""

    claims: list[Claim] = field(default_factory=list)
    wait: float = 0.0
    looked: int = 0


Finished = Sequence[tuple[Claim, Outcome]]


class Dispatcher:
    """Sends through `senders` (by channel) from the outbox of one database.

    `clock` decides what is due and what the log says; leases and rates go by real time. `draw` turns an outbox row's
    picture into PNG.
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
        draw: Draw | None = None,
    ) -> None:
        self.database = database
        self.senders = senders
        self.policy = policy or contact_policy()
        self.clock = clock
        self.rates = rates
        self.in_flight = in_flight
        self.draw = draw
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{PROCESS}"
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.stopping = False

    def stop(self) -> None:
        """Begin nothing new; what is in flight is finished and acknowledged."""
        self.stopping = True

    async def dispatch_replies(self, conversation_id: str) -> int:
        """Send a conversation's waiting answers and staff messages, one after the other; return how many arrived.

        Stops at the first that has to wait, so that nothing is ever said out of order.
        """
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

    async def dispatch_due(self, limit: int = 10_000, *, seconds: float = float("inf")) -> Counter[str]:
        """Send everything that is due: first answers that are still waiting, then reminders.

        Begins nothing new after `limit` reminders or `seconds`. Returns how the calls went, counted by outcome.
        """
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
            elif step.wait:
                await asyncio.sleep(step.wait)

    async def _waiting_replies(self) -> int:
        waiting = await asyncio.to_thread(self._conversations_waiting)
        at_once = asyncio.Semaphore(self.in_flight)

        async def one(conversation_id: str) -> int:
            async with at_once:
                return await self.dispatch_replies(conversation_id)

        return sum(await asyncio.gather(*map(one, waiting)))

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

    def _next_reply(self, conversation_id: str, finished: Finished) -> _Step:
        with self.database.write() as session:
            conversation = session.get_one(
                Conversation, conversation_id, with_for_update={"key_share": True}, populate_existing=True
            )
            self._acknowledge(session, finished)
            waiting = session.scalars(
                select(OutboxMessage)
                .where(
                    OutboxMessage.conversation_id == conversation_id,
                    OutboxMessage.lane != "reminder",
                    OutboxMessage.status.in_(("pending", "sending")),
                )
                .order_by(OutboxMessage.id)
            )
            for row in waiting:
                if row.status == "sending" or row.channel not in self.senders:
                    return _Step()
                if row.attempts and row.not_before > self.clock():
                    return _Step()
                if self._withhold(session, row, conversation):
                    continue
                grant = take(session, row.channel, self._rate(row.channel), 1, answers=True)
                return _Step([self._begin(session, row)] if grant.tokens else [], grant.wait)
            return _Step()

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

    def _next_reminders(self, room: int, finished: Finished) -> _Step:
        step = _Step()
        with self.database.write() as session:
            self._lock_conversations(session, finished)
            self._acknowledge(session, finished)
            for channel in self.senders:
                if room - len(step.claims) > 0:
                    self._claim_reminders(session, channel, room - len(step.claims), step)
        return step

    def _claim_reminders(self, session: Session, channel: str, room: int, step: _Step) -> None:
        now = self.clock()
        due = (
            select(OutboxMessage)
            .where(
                PENDING,
                OutboxMessage.lane == "reminder",
                OutboxMessage.channel == channel,
                OutboxMessage.not_before <= now,
            )
            .order_by(OutboxMessage.priority, OutboxMessage.not_before, OutboxMessage.id)
            .with_for_update(skip_locked=True)
        )
        grant = take(session, channel, self._rate(channel), room)
        if not grant.tokens:
            waiting = session.scalars(due.limit(1)).first() is not None
            step.wait = max(step.wait, grant.wait) if waiting else step.wait
            return
        rows = session.scalars(due.limit(grant.tokens)).all()
        through = [
            row for row in rows if open_gate(session, row, self.policy, now) and self._mark(session, row)
        ]
        step.looked += len(rows)
        step.claims += [self._claim_of(row) for row in through]
        give_back(session, channel, self._rate(channel), grant.tokens - len(through))

    def _begin(self, session: Session, row: OutboxMessage) -> Claim:
        self._mark(session, row)
        return self._claim_of(row)

    def _mark(self, session: Session, row: OutboxMessage) -> bool:
        """Note that the row is about to be sent; flushed, so that the next reminder's caps count it."""
        real = datetime.now(UTC)
        row.status, row.sending_at = "sending", self.clock()
        row.lease_owner, row.lease_until = self.owner, real + LEASE
        row.lease_epoch += 1
        session.add(
            SendAttempt(
                outbox_id=row.id, number=row.lease_epoch, lease_epoch=row.lease_epoch, started_at=real
            )
        )
        session.flush()
        return True

    def _claim_of(self, row: OutboxMessage) -> Claim:
        buttons = [(button["title"], button["payload"]) for button in row.buttons]
        return Claim(
            outbox_id=row.id,
            epoch=row.lease_epoch,
            channel=row.channel,
            address=row.address,
            text=row.text or "",
            buttons=buttons,
            picture=row.picture,
            template=row.template,
        )

    def _lock_conversations(self, session: Session, finished: Finished) -> None:
        """Lock the conversations whose log will be written, as intake and turns do first of all: no deadlock."""
        sent = select(OutboxMessage.conversation_id).where(
            OutboxMessage.id.in_([claim.outbox_id for claim, _ in finished])
        )
        locked = select(Conversation.id).where(Conversation.id.in_(sent)).order_by(Conversation.id)
        session.execute(locked.with_for_update(key_share=True))

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
        picture: bytes | None = None
        if claim.picture and self.draw:
            try:
                picture = await asyncio.to_thread(self.draw, claim.picture)
            except Exception:
                logger.exception(
                    "outbox row %s: its picture could not be drawn; sent without", claim.outbox_id
                )
        delivery = Delivery(
            claim.outbox_id, claim.address, claim.text, claim.buttons, picture, claim.template
        )
        try:
            return await asyncio.wait_for(self.senders[claim.channel].send(delivery), SEND_TIMEOUT)
        except TimeoutError:
            return Outcome("uncertain", error=f"no answer within {SEND_TIMEOUT:g} s")
        except Exception as fault:
            logger.exception("outbox row %s: the %s channel failed", claim.outbox_id, claim.channel)
            return Outcome("uncertain", error=type(fault).__name__)

    def _rate(self, channel: str) -> Rate:
        return self.rates.get(channel, UNLIMITED)
