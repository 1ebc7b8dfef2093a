"""What the web chat lets in: messages from its own page, not too fast; and the headers that keep other pages out."""

from __future__ import annotations

import hashlib
import math
import re
import secrets
import time
from collections import OrderedDict
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from policies.lender import lender
from policies.texts import LANGUAGES, texts

SESSION_DAYS = 30
COOKIE, SECURE_COOKIE = "tideover_chat", "__Host-tideover_chat"
MESSAGES_PER_MINUTE, BURST = 20, 10
REMEMBERED_SESSIONS = 10_000

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Refusal(Exception):
    """A request that is not taken. It is answered in both languages with an approved text."""

    def __init__(self, status: int, text_id: str, **values: str) -> None:
        super().__init__(text_id)
        self.status, self.text_id, self.values = status, text_id, values

    def response(self) -> Response[dict[str, str]]:
        """Return the answer: a code, and the words in each language."""
        text = texts()[self.text_id]
        words = {
            language: text.render(language, {**lender().values(language), **self.values})
            for language in LANGUAGES
        }
        wait = {"Retry-After": self.values["seconds"]} if "seconds" in self.values else None
        return Response(
            {"error": self.text_id.removeprefix("web_"), **words}, status_code=self.status, headers=wait
        )


class SafeHeaders(ASGIMiddleware):
    """Puts the security headers on every answer, refusals too."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on and mark the answer."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await next_app(scope, receive, marked)


def session_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """Return the random id this browser was given, or None when it has none that is well formed."""
    given = connection.cookies.get(_cookie_name(connection), "")
    return given if re.fullmatch(r"[A-Za-z0-9_-]{43}", given) else None


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the conversation's address: the SHA-256 of the session id, so that no table holds one that could be used.

    Raises Refusal when the browser has no session.
    """
    session = session_of(connection)
    if session is None:
        raise Refusal(401, "web_no_session")
    return hashlib.sha256(session.encode()).hexdigest()


def session_cookie(
    connection: ASGIConnection[Any, Any, Any, Any], value: str, days: int = SESSION_DAYS
) -> Cookie:
    """Return the cookie with a session id; 0 days removes it."""
    return Cookie(
        key=_cookie_name(connection),
        value=value,
        max_age=days * 86_400,
        path="/",
        httponly=True,
        samesite="lax",
        secure=_is_secure(connection),
    )


def new_session() -> str:
    """Return a fresh session id of 256 random bits."""
    return secrets.token_urlsafe(32)


def from_our_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: refuse what another site's page makes the browser send. Programs that are no browsers send neither header.

    Fetch metadata is what browsers say themselves; Origin is for those that do not (OWASP CSRF prevention, 2024).
    """
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Refusal(403, "web_foreign")
        return
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise Refusal(403, "web_foreign")


class Pace:
    """Guard: how fast one session may write. Ten at once, then twenty a minute."""

    def __init__(self, per_minute: int = MESSAGES_PER_MINUTE, burst: int = BURST) -> None:
        self._interval, self._burst = 60 / per_minute, burst
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Raises Refusal with the seconds to wait when it is too fast."""
        address = address_of(connection)
        now = time.monotonic()
        full_at = max(now, self._full_at.get(address, now))
        wait = full_at - now - (self._burst - 1) * self._interval
        if wait > 0:
            raise Refusal(429, "web_too_fast", seconds=str(math.ceil(wait)))
        self._full_at[address] = full_at + self._interval
        self._full_at.move_to_end(address)
        if len(self._full_at) > REMEMBERED_SESSIONS:
            self._full_at.popitem(last=False)


def refused(_: Request[Any, Any, Any], refusal: Refusal) -> Response[dict[str, str]]:
    """Exception handler: say no in words."""
    return refusal.response()


def _cookie_name(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return SECURE_COOKIE if _is_secure(connection) else COOKIE


def _is_secure(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    return connection.scope["scheme"] == "https"
