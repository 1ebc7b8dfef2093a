"""What faces people: the web chat, Telegram, and the scheduler that writes first."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from litestar import Litestar

from bot.channels.telegram import TelegramChannel, make_bot
from bot.channels.telegram_files import TelegramFiles
from bot.channels.telegram_sender import TelegramSender
from bot.channels.web import WebChat, web_routes
from bot.channels.web_hub import Hub, WebSender
from bot.evidence_files import EvidenceFiles
from bot.recogniser import Recogniser
from conversations.sending import Sender
from scheduler.ticks import Ticks
from storage.engine import Database
from storage.migrate import upgrade
from tideover.http import http_server
from tideover.settings import Settings
from tideover.stack import Stack, running_rasa

log = logging.getLogger(__name__)

RESUME_SECONDS = 5.0
Say = Callable[[str], None]


@contextlib.asynccontextmanager
async def front(settings: Settings, parts: set[str], say: Say) -> AsyncIterator[None]:
    """Run the gateway's channels and the scheduler while the block runs; they end in the opposite order."""
    upgrade(settings.database_url)
    hub = Hub()
    senders: dict[str, Sender] = {"web": WebSender(hub)}
    bot = make_bot(settings.telegram_token, settings.telegram_base_url) if settings.telegram_token else None
    if bot is not None:
        senders["telegram"] = TelegramSender(bot)
    async with contextlib.AsyncExitStack() as running:
        database = Database(settings.database_url)
        running.callback(database.close)
        kept = EvidenceFiles(database, settings.home)
        files = TelegramFiles(bot, kept, voice=bool(settings.recogniser)) if bot is not None else None
        listener = (
            Recogniser(settings.recogniser, kept, files.fetch) if settings.recogniser and files else None
        )
        stack = Stack(settings, database, senders, hear=listener.hear if listener else None)
        running.push_async_callback(stack.close)
        if "gateway" in parts:
            if files is not None:
                running.push_async_callback(_end, [asyncio.create_task(files.keep_fetching())])
            channel = TelegramChannel(bot, stack.gateway, files=files) if bot is not None else None
            await _open_channels(running, stack, hub, channel, say)
        if "scheduler" in parts:
            ticks = Ticks(stack.dispatcher)
            ticks.start()
            running.push_async_callback(ticks.end)
            say("Reminders: on 提醒已开启")
        yield


async def _open_channels(
    running: contextlib.AsyncExitStack, stack: Stack, hub: Hub, channel: TelegramChannel | None, say: Say
) -> None:
    settings = stack.settings
    chat = WebChat(stack.gateway, stack.database, hub, lambda: running_rasa(settings) is not None)
    routes: list[Any] = [web_routes(chat)]
    tasks = [_resume(stack)]
    if channel is not None:
        running.push_async_callback(channel.close)
    running.push_async_callback(stack.dispatcher.close)  # before Telegram's connections end
    running.push_async_callback(chat.close)
    if channel is not None:
        if settings.telegram_webhook_url:
            secret = settings.telegram_webhook_secret or ""
            routes.append(channel.webhook_route(secret))
            tasks.append(channel.open_webhook(settings.telegram_webhook_url, secret))
        else:
            tasks.append(channel.poll())
        say("Telegram: on 已接通")
    app = Litestar(routes, openapi_config=None)
    url = await running.enter_async_context(http_server(app, settings.host, settings.port))
    running.callback(hub.close)
    say(f"Web chat 网页聊天: {url}/")
    running.push_async_callback(_end, [asyncio.create_task(task) for task in tasks])


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _resume(stack: Stack) -> None:
    """Again and again, pick up what waits: left by a restart, or for a Rasa that was not there yet."""
    while True:
        try:
            await stack.gateway.resume()
        except Exception as trouble:
            log.error("what waits could not be picked up: %s", type(trouble).__name__)
        await asyncio.sleep(RESUME_SECONDS)
