"""The web's way out: a message is delivered when it is stored, and the pages that are open are woken to fetch it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from conversations.sending import Delivery, Outcome

MOST_LISTENERS = 8
ACKNOWLEDGED_AFTER = (0.02, 0.1, 0.5, 2.0)


class TooManyListeners(Exception):
    """A conversation has as many open pages as it may have."""


class Hub:
    """Wakes the open pages of a conversation, by its address. It belongs to one event loop."""

    def __init__(self) -> None:
        self._listening: dict[str, set[asyncio.Event]] = {}
        self.closed = False

    @contextmanager
    def listen(self, address: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever there may be something new. Raises TooManyListeners."""
        mine = self._listening.setdefault(address, set())
        if len(mine) >= MOST_LISTENERS:
            raise TooManyListeners
        woken = asyncio.Event()
        mine.add(woken)
        try:
            yield woken
        finally:
            mine.discard(woken)
            if not mine:
                self._listening.pop(address, None)

    def wake(self, address: str) -> None:
        """Let the pages of a conversation look again."""
        for woken in self._listening.get(address, ()):
            woken.set()

    def close(self) -> None:
        """End every open stream: a server that stops waits for them."""
        self.closed = True
        for address in list(self._listening):
            self.wake(address)

    def open_streams(self) -> int:
        """Return how many pages are listening."""
        return sum(map(len, self._listening.values()))


class WebSender:
    """The web's `Sender`. The page shows a message once the outbox has it as sent, which is a moment after `send`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def send(self, delivery: Delivery) -> Outcome:
        """Wake the conversation's pages, now and when the outbox row will have been acknowledged."""
        loop = asyncio.get_running_loop()
        for pause in ACKNOWLEDGED_AFTER:
            loop.call_later(pause, self._hub.wake, delivery.address)
        return Outcome("sent", provider_message_id=str(delivery.outbox_id))
