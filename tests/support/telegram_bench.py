"""Telegram from end to end but for the dialogue model: real client, gateway, database and dispatcher.

The dialogue model is replaced at its boundary, `RasaClient`, by `Understanding`: it knows the few meanings these tests
need and runs the real actions. The whole stack with a trained model is tested in tests/stack.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actions.already_paid import ActionAlreadyPaid
from actions.base import BorrowerAction
from actions.hardship import ActionHardship
from actions.identify import ActionIdentify
from actions.menu import ActionMenu
from actions.offer_relief import ActionOfferRelief
from bot.channels.telegram import TelegramChannel, make_bot
from bot.channels.telegram_files import TelegramFiles
from bot.channels.telegram_sender import TelegramSender
from bot.evidence_files import EvidenceFiles
from bot.gateway import Gateway
from bot.rasa_client import RasaClient, RasaUnavailable
from bot.recogniser import Recogniser
from conversations.turn import Reading, run
from scheduler.dispatcher import Dispatcher
from storage.engine import Database
from tests.support.bot_api import TOKEN, BotApi

MEANINGS: dict[str, type[BorrowerAction]] = {"already_paid": ActionAlreadyPaid, "illness": ActionHardship}
FOLLOWING: dict[str, type[BorrowerAction]] = {
    "action_menu": ActionMenu,
    "action_already_paid": ActionAlreadyPaid,
    "action_offer_relief": ActionOfferRelief,
}


class Understanding(RasaClient):
    """Takes [ID] for an identity, a certain intent for itself, all else for the menu; it needs `seconds` for each."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        self.away, self.seconds = 0, 0.0

    async def turn(self, sender: str, text: str, metadata: Mapping[str, Any]) -> None:
        """Run the action that a trained model would choose. While `away` is positive, there is no answer."""
        if self.away:
            self.away -= 1
            raise RasaUnavailable("Rasa has not started yet")
        await asyncio.sleep(self.seconds)
        self.told.append((text, metadata))
        meant = "provide_identity" if "[ID]" in text else str(metadata.get("intent", "show_menu"))
        chosen = ActionIdentify if "[ID]" in text else MEANINGS.get(meant, ActionMenu)
        action: BorrowerAction | None = chosen()
        reading = Reading(meant)
        while action is not None:
            message_id, name = int(metadata["message_id"]), action.name()
            follow_up = await asyncio.to_thread(run, self.database, message_id, name, reading, action._handle)
            action = FOLLOWING[follow_up]() if follow_up in FOLLOWING else None


@dataclass
class Bench:
    """One running application: it can be stopped and started again over the same database."""

    channel: TelegramChannel
    gateway: Gateway
    dispatcher: Dispatcher
    model: Understanding
    files: TelegramFiles | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Read updates, and pick up what waits."""
        self.tasks = [asyncio.create_task(self.channel.poll()), asyncio.create_task(self._resume())]
        if self.files is not None:
            self.tasks.append(asyncio.create_task(self.files.keep_fetching()))

    async def _resume(self) -> None:
        while True:
            await self.gateway.resume()
            await asyncio.sleep(0.5)

    async def stop(self) -> None:
        """Stop reading updates, as a shutdown does."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.gateway.close()
        await self.channel.close()


def assemble(
    database: Database,
    api: BotApi,
    gateway_class: type[Gateway] = Gateway,
    *,
    home: Path | None = None,
    recogniser: str | None = None,
) -> Bench:
    """Put the application's parts together, not yet reading updates. Files are fetched when there is a `home`."""
    bot = make_bot(TOKEN, api.base_url)
    dispatcher = Dispatcher(database, {"telegram": TelegramSender(bot)})
    model = Understanding(database)

    async def deliver(conversation_id: str) -> int:
        return await dispatcher.dispatch_replies(conversation_id)

    kept = EvidenceFiles(database, home) if home else None
    files = TelegramFiles(bot, kept, voice=bool(recogniser)) if kept else None
    listener = Recogniser(recogniser, kept, files.fetch, seconds=2) if recogniser and kept and files else None
    gateway = gateway_class(database, model, "home", deliver, listener.hear if listener else None)
    channel = TelegramChannel(bot, gateway, poll_seconds=5, files=files)
    return Bench(channel, gateway, dispatcher, model, files)


@asynccontextmanager
async def running(
    database: Database, api: BotApi, gateway_class: type[Gateway] = Gateway, **options: Any
) -> AsyncIterator[Bench]:
    """Run the application by polling until the block ends; `options` as for `assemble`."""
    bench = assemble(database, api, gateway_class, **options)
    bench.start()
    try:
        yield bench
    finally:
        await bench.stop()
