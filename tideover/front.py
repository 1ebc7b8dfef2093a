"""What faces people: the web chat, Telegram, and the scheduler that writes first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from litestar import Litestar

from bot.channels.telegram import TelegramChannel, make_bot
from bot.channels.telegram_sender import TelegramSender
from bot.channels.web import Hub, WebSender, web_app
from conversations.sending import Sender
from scheduler.ticks import build_ticks
from storage.engine import Database
from storage.migrate import upgrade
from tideover.serving import http_server
from tideover.settings import Settings
from tideover.stack import Stack

RESUME_SECONDS = 5.0


@contextlib.asynccontextmanager
async def front(settings: Settings, parts: set[str], say: Callable[[str], None]) -> AsyncIterator[None]:
    """Run the gateway's channels and the scheduler while the block runs."""
    upgrade(settings.database_url)
    database, hub = Database(settings.database_url), Hub()
    senders: dict[str, Sender] = {"web": WebSender(hub)}
    bot = make_bot(settings.telegram_token, settings.telegram_base_url) if settings.telegram_token else None
    if bot is not None:
        senders["telegram"] = TelegramSender(bot)
    stack = Stack(settings, database, senders)
    tasks: list[asyncio.Task[None]] = []
    async with contextlib.AsyncExitStack() as running:
        if "gateway" in parts:
            routes = []
            if bot is not None:
                channel = TelegramChannel(bot, stack.gateway)
                if settings.telegram_webhook_url:
                    secret = settings.telegram_webhook_secret or ""
                    routes.append(channel.webhook_route(secret))
                    tasks.append(
                        asyncio.create_task(channel.open_webhook(settings.telegram_webhook_url, secret))
                    )
                else:
                    tasks.append(asyncio.create_task(channel.poll()))
                say("Telegram: on 已接通")
            app: Litestar = web_app(stack.gateway, database, hub, extra=routes)
            url = await running.enter_async_context(http_server(app, settings.host, settings.port))
            say(f"Web chat 网页聊天: {url}/")
            tasks.append(asyncio.create_task(_resume(stack)))
        if "scheduler" in parts:
            ticks = build_ticks(stack.dispatcher)
            ticks.start()
            running.callback(ticks.shutdown, wait=False)
            say("Reminders: on 提醒已开启")
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await stack.close()
            database.close()


async def _resume(stack: Stack) -> None:
    """Again and again, pick up what waits: left by a restart, or for a Rasa that was not there yet."""
    while True:
        await stack.gateway.resume()
        await asyncio.sleep(RESUME_SECONDS)
