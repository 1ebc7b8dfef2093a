"""The words a dispatcher and a channel share: what to deliver, and how the delivery went."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from loans.documents.file import File

OutcomeKind = Literal["sent", "retry", "rate_limited", "blocked", "migrated", "uncertain", "refused"]


async def always() -> bool:
    """Nothing stands against going on."""
    return True


@dataclass(frozen=True)
class Delivery:
    """One message for one address. `buttons` are (title, token) pairs; `attachment` goes with the text.

    `template` is the approved text it was made from, such as greet@2; a channel may have a keyboard for it.
    A channel that sends in several parts asks `may_continue` before each further one: somebody may have taken over.
    """

    outbox_id: int
    address: str
    text: str
    buttons: Sequence[tuple[str, str]] = ()
    attachment: File | None = None
    template: str = ""
    may_continue: Callable[[], Awaitable[bool]] = always


@dataclass(frozen=True)
class Outcome:
    """How a delivery went.

    `sent`: accepted. `retry`: surely not delivered, try again. `rate_limited`: wait `retry_after` seconds.
    `blocked`: this address will never take a message. `migrated`: use `new_address` instead.
    `uncertain`: it may have arrived. `refused`: the message itself is bad.
    """

    kind: OutcomeKind
    provider_message_id: str | None = None
    retry_after: float = 0.0
    new_address: str | None = None
    error: str = ""


class Sender(Protocol):
    """A channel's way out."""

    async def send(self, delivery: Delivery) -> Outcome:
        """Deliver one message. Never raises for what a channel may answer: it is in the outcome."""
        ...
