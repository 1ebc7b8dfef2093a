"""The web chat as it is served, on loopback, over a real database: only the Rasa server is a stand-in.

`WordsForRasa` takes the place of `RasaClient`: it reads a few words instead of asking a model, then runs the real
actions in real turns. Everything else is the application's own: gateway, intake, actions, outbox, dispatcher, routes.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import uvicorn
from litestar import Litestar

from actions.amount_due import ActionAmountDue
from actions.base import BorrowerAction
from actions.hand_over import ActionHandOver
from actions.identify import ActionIdentify
from actions.menu import ActionMenu
from actions.misunderstood import ActionMisunderstood
from actions.schedule import ActionSchedule
from bot.channels.web import Hub, WebChat, WebSender, web_routes
from bot.gateway import Gateway
from bot.rasa_client import RasaClient, RasaUnavailable
from conversations.identity import make_link
from conversations.models import Conversation
from conversations.outbox import Message, enqueue
from conversations.turn import Reading, Turn, run
from loans.models import Borrower, Instalment, Loan, Product, Schedule
from scheduler.dispatcher import Dispatcher
from storage.engine import Database
from storage.homes import split_sender

ACTIONS: dict[str, BorrowerAction] = {
    action.name(): action
    for action in (
        ActionAmountDue(),
        ActionHandOver(),
        ActionIdentify(),
        ActionMenu(),
        ActionMisunderstood(),
        ActionSchedule(),
    )
}
BY_INTENT = {
    "ask_amount_due": "action_amount_due",
    "ask_schedule": "action_schedule",
    "ask_human": "action_hand_over",
    "show_menu": "action_menu",
    "provide_identity": "action_identify",
}
WORDS = {
    "还欠": "ask_amount_due",
    "owe": "ask_amount_due",
    "计划": "ask_schedule",
    "plan": "ask_schedule",
    "人工": "ask_human",
    "person": "ask_human",
    "菜单": "show_menu",
    "menu": "show_menu",
    "[ID]": "provide_identity",
}


class WordsForRasa:
    """Understands a few words. `down` makes it unreachable; `echo` answers with the borrower's own text."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.down = False
        self.heard: list[str] = []

    async def turn(self, sender: str, text: str, metadata: Mapping[str, Any]) -> None:
        """Answer a message as the Rasa server and the action server together would."""
        if self.down:
            raise RasaUnavailable("the stand-in is down")
        split_sender(sender)
        self.heard.append(text)
        known = (intent for words, intent in WORDS.items() if words in text)
        intent = metadata.get("intent") or next(known, "misunderstood")
        await asyncio.to_thread(self._act, int(metadata["message_id"]), str(intent), text)

    def _act(self, message_id: int, intent: str, text: str) -> None:
        if text.startswith("echo"):
            run(self._db, message_id, "echo", Reading("echo"), self._echo)
            return
        name: str | None = BY_INTENT.get(intent, "action_misunderstood")
        while name:
            name = run(self._db, message_id, name, Reading(intent), ACTIONS[name]._handle)

    def _echo(self, turn: Turn) -> None:
        turn.messages.append(Message(turn.message.text, "echo@1"))


class WebApp:
    """A running web chat."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.hub = Hub()
        self.rasa = WordsForRasa(db)
        self.is_ready = True
        self.dispatcher = Dispatcher(db, {"web": WebSender(self.hub)})
        self.gateway = Gateway(db, cast(RasaClient, self.rasa), "0" * 12, self._deliver)
        self.url = ""
        self.loop: asyncio.AbstractEventLoop | None = None

    async def _deliver(self, conversation_id: str) -> int:
        return await self.dispatcher.dispatch_replies(conversation_id)

    def app(self) -> Litestar:
        """The application as `tideover serve` would put it together."""

        async def started() -> None:
            self.loop = asyncio.get_running_loop()

        chat = WebChat(self.gateway, self.db, self.hub, lambda: self.is_ready)
        return Litestar(
            [web_routes(chat)],
            openapi_config=None,
            logging_config=None,
            on_startup=[started],
            on_shutdown=[chat.close, self.gateway.close],
        )

    def deliver(self, conversation_id: str) -> None:
        """Send what waits in a conversation, from outside the server's loop."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self._deliver(conversation_id), self.loop).result(10)

    def say_as_staff(self, text: str) -> None:
        """A colleague takes over the only conversation and writes a message."""
        with self.db.write() as session:
            conversation = session.query(Conversation).one()
            conversation.control, conversation.owner = "human", "staff-1"
            conversation.control_epoch += 1
            now = datetime.now(UTC)
            key = f"staff:{conversation.control_epoch}"
            enqueue(session, conversation, Message(text, "staff"), dedupe_key=key, lane="staff", at=now)
        self.deliver(conversation.id)


@contextmanager
def serving(db: Database) -> Iterator[WebApp]:
    """Serve the web chat on a free port of loopback until the block ends."""
    web = WebApp(db)
    listening = socket.create_server(("127.0.0.1", 0))
    web.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = uvicorn.Config(web.app(), log_level="warning", timeout_graceful_shutdown=2, access_log=False)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    try:
        yield web
    finally:
        assert web.loop is not None
        web.loop.call_soon_threadsafe(web.hub.close)
        server.should_exit = True
        thread.join(20)
        listening.close()


def eventually(holds: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Wait until something holds and return it; fails with what it was last."""
    until = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < until, f"still {found!r} after {seconds:g} s"
        time.sleep(0.03)
    return found


def add_borrower(db: Database, *, language: str = "zh", instalments: int = 6, name: str = "周晓棠") -> str:
    """Add an invented borrower with one loan, and return the token of a fresh deep link."""
    with db.write() as session:
        borrower = Borrower(ref="B1", name=name, id_last4="123X", language=language, timezone="Asia/Shanghai")
        session.add(borrower)
        session.flush()
        loan = Loan(
            ref="L00001",
            borrower_id=borrower.id,
            product=Product(code="plain"),
            principal=Decimal("1000.00") * instalments,
            annual_rate_pct=Decimal("12"),
            term_months=instalments,
            method="equal_principal",
            disbursed_on=date(2026, 7, 5),
            first_due_on=date(2026, 8, 5),
            currency="CNY",
            secured=False,
            guarantor=False,
            original_maturity_on=date(2027, 1, 5),
        )
        session.add(loan)
        session.flush()
        schedule = Schedule(
            loan_id=loan.id, version=1, effective_on=date(2026, 7, 5), created_at=datetime.now(UTC)
        )
        schedule.instalments = [_instalment(number) for number in range(1, instalments + 1)]
        session.add(schedule)
        return make_link(session, borrower, datetime.now(UTC))


def _instalment(number: int) -> Instalment:
    month = 7 + number
    day = date(2026 + (month - 1) // 12, (month - 1) % 12 + 1, 5)
    paid = {"principal_paid": Decimal("1000.00"), "interest_paid": Decimal("30.00"), "settled_on": day}
    return Instalment(
        number=number,
        due_on=day,
        principal=Decimal("1000.00"),
        interest=Decimal("30.00"),
        fee=Decimal(0),
        penalty=Decimal(0),
        **(paid if number <= 2 else {}),
    )
