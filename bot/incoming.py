"""What a channel hands to the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["text", "button", "start", "contact", "media", "edited"]


@dataclass(frozen=True)
class Incoming:
    """One message from a borrower, as its channel received it.

    `update_key` is the channel's own key of the update: the same key is handled once. `kind` decides what `text` is:
    the words (`text`, `edited`), the token of a button, the token of a deep link or nothing (`start`), a phone number
    that the channel vouches for (`contact`), or a caption (`media`, with `details["media"]` such as "photo").
    `clock` fixes the turn's time; None is the real one. `language` is the channel's guess, for the first message only.
    """

    channel: str
    address: str
    update_key: str
    kind: Kind
    text: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    clock: datetime | None = None
    language: str | None = None
