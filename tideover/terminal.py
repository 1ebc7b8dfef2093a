"""A conversation of one borrower in a terminal: the full stack, one line at a time."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select

from bot.channels.terminal import TerminalSender
from bot.incoming import Incoming, Kind
from bot.intake import find_or_open
from conversations import identity
from conversations.models import Conversation, InboundMessage, OutboxMessage
from conversations.state import state_of
from conversations.turn import runner_up
from loans.models import Borrower
from storage.engine import Database
from tideover.launch import ensure_engine
from tideover.settings import Settings
from tideover.stack import Stack

MEDIA = {"!photo": "photo", "!voice": "voice"}


@dataclass
class Turned:
    """One line and everything that came of it, in the shape of docs/schemas/chat.json."""

    turn: int
    text: str
    language: str
    explanation: dict[str, Any]
    entities: list[dict[str, Any]]
    state: dict[str, Any]
    latency_ms: int
    replies: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the line of `tideover chat --json`."""
        ranking = self.explanation.get("ranking", [])
        meant = self.explanation.get("intent", {}).get("name")
        return {
            "turn": self.turn,
            "text": self.text,
            "language": self.language,
            "intent": {
                "name": meant,
                "confidence": self.explanation.get("intent", {}).get("confidence", 0.0),
                "also": [r["name"] for r in ranking[1:] if r["confidence"] >= ALSO_FROM],
                "runner_up": runner_up(ranking, meant),
            },
            "entities": [{"type": e["type"], "text": e["text"], "value": e["value"]} for e in self.entities],
            "replies": self.replies,
            "state": self.state,
            "rules": self.explanation.get("rules", []),
            "actions": self.explanation.get("actions", []),
            "latency_ms": self.latency_ms,
        }


ALSO_FROM = 0.2


class Terminal:
    """The borrower's side of the terminal. With `now` the clock stands still at that instant."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        borrower_ref: str,
        *,
        channel: str = "terminal",
        now: datetime | None = None,
        url: str | None = None,
    ) -> None:
        self.settings, self.database = settings, database
        self.borrower_ref, self.channel, self.now, self.url = borrower_ref, channel, now, url
        self.address = f"terminal:{borrower_ref}"
        self._turn = 0
        self._shown = 0
        sender = TerminalSender(lambda delivery: None)
        self.stack = Stack(settings, database, {channel: sender}, rasa_url=(lambda: url) if url else None)

    async def open(self, *, verified: bool, say: Callable[[str], None]) -> None:
        """Have the engine running, and the chat linked to the borrower (and verified, if asked)."""
        if self.url is None:
            await ensure_engine(self.settings, say)
        with self.database.write() as session:
            borrower = session.scalars(select(Borrower).where(Borrower.ref == self.borrower_ref)).one()
            opening = Incoming(self.channel, self.address, "", "start", language=borrower.language)
            clock = self._clock()
            conversation = find_or_open(session, opening, clock)
            if conversation.borrower_id != borrower.id:
                identity.attach(session, conversation, borrower.id, clock, how="terminal")
                conversation.language = borrower.language
            if verified:
                identity.verify(session, conversation, clock, how="terminal, by the operator")
            answered = (OutboxMessage.conversation_id == conversation.id, OutboxMessage.lane == "reply")
            self._shown = session.scalar(select(func.max(OutboxMessage.id)).where(*answered)) or 0

    async def take(self, line: str) -> Turned:
        """Send one line through the stack and return what came of it."""
        self._turn += 1
        began = time.perf_counter()
        kind, text, details = self._read(line)
        incoming = Incoming(
            self.channel, self.address, uuid.uuid4().hex, kind, text=text, details=details, clock=self.now
        )
        message_id = await self.stack.gateway.receive(incoming)
        latency_ms = round((time.perf_counter() - began) * 1000)
        return self._turned(message_id, line, latency_ms)

    async def close(self) -> None:
        """Close what was opened; the engine goes on."""
        await self.stack.close()

    def _clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def _read(self, line: str) -> tuple[Kind, str, dict[str, Any]]:
        word, _, rest = line.partition(" ")
        if word == "!button":
            return "button", self._token(rest.strip()), {}
        if word in MEDIA:
            return "media", "", {"media": MEDIA[word], "path": rest.strip(), "file_id": self.channel}
        return "text", line, {}

    def _token(self, named: str) -> str:
        """A button by its payload, or by its number among those shown last."""
        if not named.isdigit():
            return named
        with self.database.read() as session:
            last = session.scalars(
                select(OutboxMessage)
                .join(Conversation, OutboxMessage.conversation_id == Conversation.id)
                .where(Conversation.channel == self.channel, Conversation.address == self.address)
                .order_by(OutboxMessage.id.desc())
                .limit(10)
            ).all()
            shown = next((row.buttons for row in last if row.buttons), [])
        return str(shown[int(named) - 1]["payload"]) if 0 < int(named) <= len(shown) else named

    def _turned(self, message_id: int, line: str, latency_ms: int) -> Turned:
        with self.database.read() as session:
            message = session.get_one(InboundMessage, message_id)
            conversation = session.get_one(Conversation, message.conversation_id)
            new = or_(OutboxMessage.message_id == message_id, OutboxMessage.id > self._shown)
            rows = session.scalars(
                select(OutboxMessage)
                .where(
                    OutboxMessage.conversation_id == conversation.id, new, OutboxMessage.status != "cancelled"
                )
                .order_by(OutboxMessage.id)
            ).all()
            self._shown = max([self._shown, *(row.id for row in rows)])
            return Turned(
                turn=self._turn,
                text=line,
                language=message.language or conversation.language,
                explanation=message.explanation,
                entities=list(message.entities),
                state=state_of(session, conversation, message.clock),
                latency_ms=latency_ms,
                replies=[{"text": row.text, "buttons": row.buttons} for row in rows],
            )
