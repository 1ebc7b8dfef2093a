"""A relay between two real servers: it writes down what passes, can be shut, and can hold a call back."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import httpx

PATIENCE = 60.0
Place = Literal["before", "after"]


class Barrier:
    """Where one call stands still: `reached` when it has come there, let on when `released`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.arrived, self.released = threading.Event(), threading.Event()

    async def reached(self) -> None:
        """Wait until a call stands here."""
        assert await asyncio.to_thread(self.arrived.wait, PATIENCE), "no call came"

    def stand(self) -> None:
        self.arrived.set()
        self.released.wait(PATIENCE)


class Relay:
    """Passes calls on to `upstream()`. While it is shut, connections are refused, as by a server that is down."""

    def __init__(self, upstream: Callable[[], str]) -> None:
        self.upstream = upstream
        self.calls: list[dict[str, Any]] = []
        self._barriers: list[Barrier] = []
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.open()
        self.url = f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Listen, at the same address as before."""
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, answer = relay.pass_on(
                    self.path, self.rfile.read(int(self.headers["Content-Length"]))
                )
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def shut(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @asynccontextmanager
    async def holding(self, place: Place) -> AsyncIterator[Barrier]:
        """Hold the next call back, `before` it is passed on or `after` it was answered, until the block ends."""
        barrier = Barrier(place)
        self._barriers.append(barrier)
        try:
            yield barrier
        finally:
            barrier.released.set()

    def pass_on(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Pass one call on and return status and body of its answer; 502 when nobody answers there."""
        self.calls.append(json.loads(body))
        barrier = self._barriers.pop(0) if self._barriers else None
        if barrier is not None and barrier.place == "before":
            barrier.stand()
        try:
            with httpx.Client(timeout=PATIENCE, trust_env=False) as http:
                headers = {"Content-Type": "application/json"}
                answer = http.post(self.upstream() + path, content=body, headers=headers)
            status, content = answer.status_code, answer.content
        except httpx.HTTPError:
            status, content = 502, b"{}"
        if barrier is not None and barrier.place == "after":
            barrier.stand()
        return status, content
