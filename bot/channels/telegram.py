"""Telegram's way in: every update is stored before Telegram is told that we have it, so that none is lost."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram_files import TelegramFiles
from bot.channels.telegram_updates import ALLOWED_UPDATES, describe, read_update
from bot.gateway import Gateway

log = logging.getLogger(__name__)

WEBHOOK_PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout, OSError)
QUIET_LOGGERS = ("httpx", "httpcore", "telegram")


def make_bot(token: str, base_url: str = "https://api.telegram.org") -> Bot:
    """Return the client of the Bot API at `base_url`.

    The client's own log lines are turned off: they hold the token, and now and then what a borrower wrote.
    """
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    os.environ.setdefault("PTB_TIMEDELTA", "true")  # waits are durations; plain numbers are deprecated
    warnings.filterwarnings(
        "ignore", message="Please use 'Bot.getUpdates'"
    )  # it would parse all updates or none
    base = base_url.rstrip("/")
    on_this_machine = urlsplit(base).hostname in ("127.0.0.1", "localhost", "::1")
    network = {"trust_env": not on_this_machine}
    return Bot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=HTTPXRequest(read_timeout=10, connect_timeout=5, pool_timeout=2, httpx_kwargs=network),
        get_updates_request=HTTPXRequest(connection_pool_size=1, read_timeout=10, httpx_kwargs=network),
    )


class TelegramChannel:
    """Takes updates in by long polling (`poll`) or by webhook (`open_webhook` and `webhook_route`)."""

    def __init__(
        self, bot: Bot, gateway: Gateway, *, poll_seconds: int = 25, files: TelegramFiles | None = None
    ) -> None:
        self._bot, self._gateway, self._poll_seconds = bot, gateway, poll_seconds
        self._files = files
        self._bot_id = int(bot.token.partition(":")[0])
        self._tasks: set[asyncio.Task[None]] = set()

    async def poll(self) -> None:
        """Fetch updates until cancelled.

        Telegram forgets an update once a later one is asked for, so each is stored first.
        """
        await self._until_done(self._begin_polling)
        offset: int | None = None
        failures = 0
        while True:
            try:
                updates = await self._fetch(offset)
                for raw in updates:
                    await self.take(raw)
                    offset = int(raw["update_id"]) + 1
                if not updates:
                    offset = (
                        None  # all is confirmed; after a quiet week Telegram may go on with smaller numbers
                    )
                failures = 0
            except Exception as trouble:
                failures += 1
                await asyncio.sleep(_pause(trouble, failures))

    async def open_webhook(self, url: str, secret: str) -> None:
        """Tell Telegram to send updates to `url` with `secret` in a header; tries until Telegram agrees."""

        async def announce() -> None:
            await self._bot.initialize()
            await self._bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
            log.info("Telegram sends the updates of @%s to the webhook", self._bot.username)

        await self._until_done(announce)

    def webhook_route(self, secret: str) -> HTTPRouteHandler:
        """Return the route that Telegram calls. It answers 200 once the update is safe, and handles it afterwards."""
        if not secret:
            raise ValueError("a webhook needs a secret: set TIDEOVER_TELEGRAM_WEBHOOK_SECRET")

        @post(WEBHOOK_PATH, status_code=200, include_in_schema=False)
        async def telegram_webhook(request: Request[Any, Any, Any]) -> Response[None]:
            given = request.headers.get(SECRET_HEADER, "")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                return Response(None, status_code=401)
            raw = _update_in(await request.body())
            if raw is None:
                return Response(None, status_code=400)
            try:
                await self.take(raw)
            except Exception as trouble:
                log.error(
                    "update %s was not stored: %s; Telegram will send it again",
                    raw["update_id"],
                    _name(trouble),
                )
                return Response(None, status_code=503)
            return Response(None, status_code=200)

        return telegram_webhook

    async def take(self, raw: dict[str, Any]) -> None:
        """Store one update and begin to handle it. Raises when the database is away: the update must come again."""
        update = self._understood(raw)
        if update is None:
            return
        try:
            incoming = read_update(update, self._bot_id)
            if incoming is None:
                log.info("Telegram update %s is left alone: %s", update.update_id, describe(update))
                return
            taken = await self._gateway.store(incoming)
        except DATABASE_AWAY:
            raise
        except Exception as trouble:
            log.error(
                "Telegram update %s cannot be stored and is set aside: %s", raw["update_id"], _name(trouble)
            )
            return
        finally:
            if update.callback_query is not None:
                self._start(self._answer(update.callback_query.id))
        if self._files is not None and incoming.kind == "media":
            self._files.look()
        self._start(self._handle(taken.conversation_id))

    async def close(self) -> None:
        """Let what has been begun finish, and close the connections."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._bot.shutdown()

    async def _begin_polling(self) -> None:
        await self._bot.initialize()
        await self._bot.delete_webhook(drop_pending_updates=False)
        log.info("Telegram: listening as @%s", self._bot.username)

    async def _fetch(self, offset: int | None) -> list[dict[str, Any]]:
        """Return the next updates as Telegram wrote them, so that one we cannot read does not hold up the rest."""
        asked = {"offset": offset, "timeout": self._poll_seconds, "allowed_updates": ALLOWED_UPDATES}
        return await self._bot.do_api_request(
            "getUpdates",
            api_kwargs={key: value for key, value in asked.items() if value is not None},
            read_timeout=self._poll_seconds + 10,
        )

    def _understood(self, raw: dict[str, Any]) -> Update | None:
        try:
            return Update.de_json(raw, self._bot)
        except Exception as trouble:
            log.error(
                "Telegram update %s cannot be read and is set aside: %s", raw.get("update_id"), _name(trouble)
            )
            return None

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            try:
                return await step()
            except TelegramError as trouble:
                failures += 1
                await asyncio.sleep(_pause(trouble, failures))

    async def _answer(self, query_id: str) -> None:
        """Stop the button's spinner, whatever became of the press."""
        try:
            await self._bot.answer_callback_query(query_id)
        except TelegramError as trouble:
            log.info("a button press could not be answered: %s", _name(trouble))

    async def _handle(self, conversation_id: str) -> None:
        try:
            await self._gateway.handle_waiting(conversation_id)
        except Exception as trouble:
            log.error(
                "conversation %s: a message waits, handling it failed: %s", conversation_id, _name(trouble)
            )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _update_in(body: bytes) -> dict[str, Any] | None:
    """Return the update in a webhook call's body, or None if there is none."""
    try:
        raw = json.loads(body)
    except ValueError:
        return None
    return raw if isinstance(raw, dict) and isinstance(raw.get("update_id"), int) else None


def _pause(trouble: Exception, failures: int) -> float:
    """Say what is wrong in one line and return how many seconds to wait."""
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    if isinstance(trouble, RetryAfter):
        pause = seconds(trouble)
        log.warning("Telegram asks us to wait %.0f s before asking for updates again", pause)
    elif isinstance(trouble, Conflict):
        log.error("another program reads this bot's updates: stop it. Trying again in %.0f s", pause)
    elif isinstance(trouble, InvalidToken):
        pause = LONGEST_PAUSE
        log.error("Telegram refuses the token: check TIDEOVER_TELEGRAM_TOKEN. Trying again in %.0f s", pause)
    elif isinstance(trouble, TelegramError):
        log.warning("Telegram cannot be reached (%s). Trying again in %.0f s", _name(trouble), pause)
    else:
        log.error("an update could not be stored (%s). It will come again in %.0f s", _name(trouble), pause)
    return pause


def seconds(trouble: RetryAfter) -> float:
    """Return how long Telegram asks us to wait."""
    wait = trouble.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _name(trouble: BaseException) -> str:
    """Name an error by its kind only: its words may hold an address, a token, or what somebody wrote."""
    cause = trouble.__cause__
    return f"{type(trouble).__name__} from {type(cause).__name__}" if cause else type(trouble).__name__
