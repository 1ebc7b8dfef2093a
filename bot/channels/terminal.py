"""The terminal as a channel: what is sent is handed to whoever prints it."""

from __future__ import annotations

from collections.abc import Callable

from conversations.sending import Delivery, Outcome


class TerminalSender:
    """Hands each delivery to `show`."""

    def __init__(self, show: Callable[[Delivery], None]) -> None:
        self._show = show

    async def send(self, delivery: Delivery) -> Outcome:
        """Show the message; it is delivered when `show` returns."""
        self._show(delivery)
        return Outcome("sent", provider_message_id=str(delivery.outbox_id))
