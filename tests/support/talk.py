"""Talking with the full stack in a test: a real gateway, a real Rasa server, real actions, a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations.models import Conversation
from loans.models import Agreement, Borrower, Case, Loan, PromiseToPay, Quote, Schedule
from storage.engine import Database
from tests.support.book import BOOK, NOW
from tideover.settings import Settings
from tideover.terminal import Terminal, Turned


@dataclass
class Talk:
    """A borrower's chat. `last` is the turn that was answered last."""

    terminal: Terminal
    database: Database
    borrower_ref: str
    turns: list[Turned] = field(default_factory=list)

    @property
    def last(self) -> Turned:
        """The turn that was answered last."""
        return self.turns[-1]

    @property
    def heard(self) -> str:
        """Everything the bot said in its last answer."""
        return "\n".join(reply["text"] for reply in self.last.replies)

    @property
    def buttons(self) -> list[str]:
        """The titles of the buttons in the last answer."""
        return [button["title"] for reply in self.last.replies for button in reply["buttons"]]

    @property
    def state(self) -> dict[str, Any]:
        """The state after the last answer, as `tideover chat --json` gives it."""
        return self.last.state

    async def says(self, *lines: str) -> Turned:
        """Send lines one after the other; returns the last turn."""
        for line in lines:
            self.turns.append(await self.terminal.take(line))
        return self.last

    async def presses(self, title: str) -> Turned:
        """Press the button with this title among those of the last answer."""
        for reply in self.last.replies:
            for button in reply["buttons"]:
                if button["title"] == title:
                    return await self.says(f"!button {button['payload']}")
        raise AssertionError(f"there is no button {title!r}; there are {self.buttons}")

    async def identifies(self) -> Turned:
        """Give the last four characters of the ID."""
        return await self.says(next(b.id_last4 for b in BOOK if b.ref == self.borrower_ref))

    def agreements(self, session: Session) -> Sequence[Agreement]:
        """The borrower's agreements, oldest first."""
        return session.scalars(self._of(Agreement).order_by(Agreement.confirmed_at)).all()

    def promises(self, session: Session) -> Sequence[PromiseToPay]:
        """The borrower's promises, oldest first."""
        return session.scalars(self._of(PromiseToPay).order_by(PromiseToPay.source_message)).all()

    def quotes(self, session: Session) -> Sequence[Quote]:
        """The borrower's quotes."""
        return session.scalars(self._of(Quote)).all()

    def schedules(self, session: Session) -> Sequence[Schedule]:
        """Every version of the borrower's schedules."""
        return session.scalars(self._of(Schedule).order_by(Schedule.loan_id, Schedule.version)).all()

    def cases(self, session: Session) -> dict[str, Case]:
        """The borrower's open cases by kind."""
        conversation = self.conversation(session)
        mine = (Case.borrower_id == self.borrower(session).id) | (Case.conversation_id == conversation.id)
        return {case.kind: case for case in session.scalars(select(Case).where(mine, Case.status == "open"))}

    def borrower(self, session: Session) -> Borrower:
        """The borrower."""
        return session.scalars(select(Borrower).where(Borrower.ref == self.borrower_ref)).one()

    def conversation(self, session: Session) -> Conversation:
        """The conversation of this chat."""
        return session.scalars(
            select(Conversation).where(Conversation.address == self.terminal.address)
        ).one()

    def _of(self, table: Any) -> Any:
        mine = select(Loan.id).join(Borrower).where(Borrower.ref == self.borrower_ref)
        return select(table).where(table.loan_id.in_(mine))


@asynccontextmanager
async def talking(
    settings: Settings,
    database: Database,
    borrower_ref: str,
    *,
    verified: bool = False,
    now: datetime = NOW,
    url: str | None = None,
    address: str = "",
    channel: str = "terminal",
) -> AsyncIterator[Talk]:
    """Open a borrower's chat at a fixed time; another `address` is another chat, `url` another Rasa server."""
    terminal = Terminal(settings, database, borrower_ref, channel=channel, now=now, url=url)
    terminal.address = address or terminal.address
    await terminal.open(verified=verified, say=lambda line: None)
    try:
        yield Talk(terminal, database, borrower_ref)
    finally:
        await terminal.close()
