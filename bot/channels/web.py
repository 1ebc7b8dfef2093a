"""The borrower's chat in a browser: the page, its messages in and out, and what belongs to them."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import ClientException
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.static_files import create_static_files_router
from sqlalchemy import text as sql

from bot.channels.web_guards import (
    Pace,
    Refusal,
    SafeHeaders,
    address_of,
    from_our_page,
    new_session,
    refused,
    session_cookie,
    session_of,
)
from bot.channels.web_history import CHANNEL, attachment, look
from bot.channels.web_hub import Hub, TooManyListeners, WebSender
from bot.gateway import Gateway
from bot.incoming import Incoming, Kind
from loans.documents.file import File
from policies.lender import lender
from policies.texts import LANGUAGES, placeholders, texts
from storage.engine import Database

__all__ = ["Hub", "WebChat", "WebSender", "web_routes"]

log = logging.getLogger(__name__)

PAGES = Path(__file__).parent / "web"
TEXT_LIMIT = 10_000
BODY_LIMIT = 200_000
LOOK_EVERY, HEARTBEAT_EVERY = 3.0, 15.0
UNKEPT = {"Cache-Control": "no-store"}


@dataclass
class Posted:
    """One message from the page: exactly one of `text`, `button` (its token) and `start` (a deep link's token).

    `client_id` is made once by the page for each message, so that sending it again changes nothing.
    """

    client_id: UUID
    text: str | None = None
    button: str | None = None
    start: str | None = None
    language: Literal["zh", "en"] | None = None

    def incoming(self, address: str) -> Incoming:
        """Return it for the gateway. Raises Refusal when it is too long or is not exactly one thing."""
        given: dict[Kind, str | None] = {"text": self.text, "button": self.button, "start": self.start}
        said = [(kind, words) for kind, words in given.items() if words is not None]
        if len(said) != 1:
            raise Refusal(400, "web_unreadable")
        kind, words = said[0]
        if len(words) > TEXT_LIMIT:
            raise Refusal(413, "web_too_long", limit=f"{TEXT_LIMIT:,}", length=f"{len(words):,}")
        key = f"{address[:32]}:{self.client_id}"
        return Incoming(CHANNEL, address, key, kind, words, language=self.language)


def web_routes(chat: WebChat) -> Router:
    """Return everything the web chat serves.

    Before the server stops, call `hub.close()`: it ends the open streams, for which the server would wait. After it
    has stopped, await `chat.close()`: it lets what has been begun finish.
    """
    pace = Pace()

    @get(["/", "/chat"], include_in_schema=False)
    async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
        fresh = [] if session_of(request) else [session_cookie(request, new_session())]
        html = (PAGES / "index.html").read_bytes()
        return Response(html, media_type="text/html; charset=utf-8", cookies=fresh, headers=UNKEPT)

    @get("/api/texts", cache_control=CacheControlHeader(no_cache=True))
    async def page_texts() -> dict[str, dict[str, str]]:
        return {language: words_of_the_page(language) for language in LANGUAGES}

    @get("/api/messages", cache_control=CacheControlHeader(no_store=True))
    async def history(request: Request[Any, Any, Any], after: FromQuery[int] = 0) -> dict[str, Any]:
        return await chat.view(address_of(request), max(0, after))

    @post("/api/messages", status_code=202, guards=[from_our_page, pace], request_max_body_size=BODY_LIMIT)
    async def take(request: Request[Any, Any, Any], data: JSONBody[Posted]) -> dict[str, bool]:
        return {"new": await chat.take(data.incoming(address_of(request)))}

    @get("/api/events", media_type="text/event-stream")
    async def events(request: Request[Any, Any, Any], after: FromQuery[int] = 0) -> ServerSentEvent:
        last = request.headers.get("last-event-id", "")
        stream = chat.events(
            address_of(request), int(last) if last.isdecimal() and len(last) < 18 else max(0, after)
        )
        try:
            first = await anext(stream)
        except TooManyListeners:
            raise Refusal(429, "web_too_many_windows") from None
        return ServerSentEvent(_with_first(first, stream))

    @get("/api/pictures/{outbox_id:int}", cache_control=CacheControlHeader(private=True, max_age=300))
    async def show_picture(request: Request[Any, Any, Any], outbox_id: FromPath[int]) -> Response[bytes]:
        found = await chat.attachment(address_of(request), outbox_id)
        if found is None or not found.is_picture:
            raise Refusal(404, "web_not_found")
        return Response(found.content, media_type=found.media_type)

    @get("/api/files/{outbox_id:int}", cache_control=CacheControlHeader(no_store=True))
    async def download(request: Request[Any, Any, Any], outbox_id: FromPath[int]) -> Response[bytes]:
        found = await chat.attachment(address_of(request), outbox_id)
        if found is None:
            raise Refusal(404, "web_not_found")
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Response(found.content, media_type=found.media_type, headers=headers)

    @post("/api/leave", status_code=200, guards=[from_our_page])
    async def leave(request: Request[Any, Any, Any]) -> Response[dict[str, bool]]:
        return Response({"left": True}, cookies=[session_cookie(request, "", days=0)])

    @get("/health", include_in_schema=False)
    async def health() -> Response[dict[str, str]]:
        is_up = await asyncio.to_thread(chat.database_answers)
        states = {
            "status": "ok" if is_up else "no database",
            "engine": "ready" if chat.ready() else "starting",
        }
        return Response(states, status_code=200 if is_up else 503, headers=UNKEPT)

    checked_each_time = CacheControlHeader(no_cache=True)
    assets = create_static_files_router("/assets", [PAGES], cache_control=checked_each_time, name="chat")
    return Router(
        "/",
        route_handlers=[
            page,
            page_texts,
            history,
            take,
            events,
            show_picture,
            download,
            leave,
            health,
            assets,
        ],
        middleware=[SafeHeaders()],
        exception_handlers={Refusal: refused, ClientException: unreadable},
    )


class WebChat:
    """What the routes do. `ready` tells whether the dialogue engine is up yet."""

    def __init__(
        self, gateway: Gateway, db: Database, hub: Hub, ready: Callable[[], bool] = lambda: True
    ) -> None:
        self._gateway, self._db, self._hub, self.ready = gateway, db, hub, ready
        self._tasks: set[asyncio.Task[None]] = set()

    async def view(self, address: str, after: int) -> dict[str, Any]:
        """Return what the page shows from a place on."""
        return {**await asyncio.to_thread(look, self._db, address, after), "ready": self.ready()}

    async def attachment(self, address: str, outbox_id: int) -> File | None:
        """Return what goes with a message, or None when nothing does in this conversation."""
        return await asyncio.to_thread(attachment, self._db, address, outbox_id, datetime.now(UTC))

    async def take(self, incoming: Incoming) -> bool:
        """Store a message, then let it be handled; tells whether it is new. Raises Refusal when it cannot be stored."""
        try:
            taken = await self._gateway.store(incoming)
        except Exception as trouble:
            log.error("a web message was not stored: %s; the page will send it again", type(trouble).__name__)
            raise Refusal(503, "web_not_stored") from None
        if taken.is_new:
            self._hub.wake(incoming.address)
            self._start(self._handle(taken.conversation_id, incoming.address))
        return taken.is_new

    async def events(self, address: str, after: int) -> AsyncIterator[ServerSentEventMessage]:
        """Yield what is new from a place on, as it comes. Between looks no database session is held.

        Raises TooManyListeners at once when the conversation has too many pages open.
        """
        with self._hub.listen(address) as woken:
            yield ServerSentEventMessage(comment="open", data=None, retry=2000)
            standing, quiet_since = "", time.monotonic()
            while not self._hub.closed:
                woken.clear()
                try:
                    view = await self.view(address, after)
                except Exception as trouble:
                    log.warning("a web stream ends, the page will open it again: %s", type(trouble).__name__)
                    return
                now_standing = json.dumps(
                    {key: view[key] for key in ("language", "waiting", "with", "ready")}
                )
                if view["messages"] or now_standing != standing:
                    yield ServerSentEventMessage(json.dumps(view, ensure_ascii=False), id=view["cursor"])
                    quiet_since = time.monotonic()
                elif time.monotonic() - quiet_since > HEARTBEAT_EVERY:
                    yield ServerSentEventMessage(comment="still here", data=None)
                    quiet_since = time.monotonic()
                standing, after = now_standing, view["cursor"]
                if not view["more"]:
                    await _until(woken, LOOK_EVERY)

    def database_answers(self) -> bool:
        """Tell whether the database can be reached."""
        try:
            with self._db.read() as session:
                session.execute(sql("SELECT 1"))
        except Exception as trouble:
            log.error("the database cannot be reached: %s", type(trouble).__name__)
            return False
        return True

    async def close(self) -> None:
        """Let what has been begun finish."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _handle(self, conversation_id: str, address: str) -> None:
        try:
            await self._gateway.handle_waiting(conversation_id)
        except Exception as trouble:
            kind = type(trouble).__name__
            log.error("conversation %s: a message waits, handling it failed: %s", conversation_id, kind)
        self._hub.wake(address)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def words_of_the_page(language: str) -> dict[str, str]:
    """Return the approved texts of the page by their ids without `web_`; values only the page knows stay unfilled."""
    known = lender().values(language)
    return {
        text.id.removeprefix("web_"): text.render(language, known)
        if placeholders(text.words[language]) <= known.keys()
        else text.words[language]
        for text in texts()
        if text.id.startswith("web_")
    }


def unreadable(_: Request[Any, Any, Any], trouble: ClientException) -> Response[dict[str, str]]:
    """Exception handler: what came in could not be read, or is not there."""
    if trouble.status_code == 404:
        return Refusal(404, "web_not_found").response()
    return Refusal(
        trouble.status_code, "web_too_large" if trouble.status_code == 413 else "web_unreadable"
    ).response()


async def _with_first(
    first: ServerSentEventMessage, rest: AsyncIterator[ServerSentEventMessage]
) -> AsyncIterator[ServerSentEventMessage]:
    yield first
    async for message in rest:
        yield message


async def _until(woken: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(woken.wait(), seconds)
    except TimeoutError:
        return
