"""A person with Telegram in hand, talking to the bot through the Bot API server of the tests."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

from tests.support.bot_api import BotApi

_numbers = itertools.count(910_000_001)


class TelegramUser:
    """An invented person and their private chat with the bot (the chat's id is the person's, as on Telegram)."""

    def __init__(
        self, api: BotApi, *, language_code: str | None = "zh-hans", phone: str = "+8613900000000"
    ) -> None:
        self.api, self.id, self.phone = api, next(_numbers), phone
        self._person = {"id": self.id, "is_bot": False, "first_name": "Lin"}
        if language_code:
            self._person["language_code"] = language_code
        self._seen = 0
        api.chats[self.id] = "open"

    def says(self, text: str, *, chat_type: str = "private") -> int:
        """Write a message; returns the update's number."""
        return self._sends({"text": text}, chat_type=chat_type)

    def starts(self, token: str = "") -> int:
        """Open the bot, by a deep link if there is a token."""
        return self.says(f"/start {token}".strip())

    def presses(self, title: str) -> int:
        """Press the newest button of that title. A button of the keyboard below the chat writes its title."""
        for message in reversed(self.messages):
            for row in message["markup"].get("inline_keyboard", []):
                for button in row:
                    if button["text"] == title:
                        return self.presses_data(button["callback_data"], message["message_id"])
            if any(
                button["text"] == title for row in message["markup"].get("keyboard", []) for button in row
            ):
                return self.says(title)
        raise AssertionError(
            f"there is no button {title!r}; the bot wrote: {[m['text'] for m in self.messages]}"
        )

    def presses_data(self, data: str, message_id: int = 1) -> int:
        """Press a button that carries `data`, whether the bot has ever shown it or not."""
        query = f"{self.id}{self.api.next_message_id()}"
        self.api.unanswered.add(query)
        about = {
            "message_id": message_id,
            "date": int(time.time()),
            "chat": self._chat("private"),
            "text": "…",
        }
        return self.api.add_update(
            "callback_query",
            {"id": query, "from": self._person, "chat_instance": "1", "data": data, "message": about},
        )

    def shares_contact(
        self, *, phone: str | None = None, user_id: int | None = None, own: bool = True
    ) -> int:
        """Share a phone number: one's own with the button, or somebody else's from the address book."""
        contact: dict[str, Any] = {"phone_number": phone or self.phone, "first_name": "Lin"}
        whose = user_id or (self.id if own else None)
        if whose is not None:
            contact["user_id"] = whose
        return self._sends({"contact": contact})

    def sends_sticker(self) -> int:
        """Send a sticker."""
        sticker = {"file_id": "CAAC1", "file_unique_id": "AgAD1", "type": "regular", "width": 512, "height": 512,
                   "is_animated": False, "is_video": False, "emoji": "👍"}  # fmt: skip
        return self._sends({"sticker": sticker})

    def sends_photo(self, caption: str = "", *, content: bytes | None = None) -> int:
        """Send a photo, with words under it if `caption` is given; without `content` Telegram has nothing to fetch."""
        file_id = self._uploads(content, "AgAC")
        sizes = [
            {"file_id": f"{file_id}s", "file_unique_id": "AQAD0", "width": 45, "height": 45},
            {"file_id": file_id, "file_unique_id": "AQAD1", "width": 90, "height": 90},
        ]
        return self._sends({"photo": sizes, **({"caption": caption} if caption else {})})

    def sends_document(self, content: bytes, media_type: str, *, size: int | None = None) -> int:
        """Send a file of a type; `size` is what Telegram says of it, where that is not the truth."""
        about = {
            "file_id": self._uploads(content, "BQAC"),
            "file_unique_id": "AgAF1",
            "mime_type": media_type,
            "file_size": size or len(content),
        }
        return self._sends({"document": about})

    def sends_voice(self, content: bytes | None = None) -> int:
        """Send a voice message."""
        about = {"file_id": self._uploads(content, "AwAC"), "file_unique_id": "AgAE1", "duration": 3}
        return self._sends({"voice": {**about, "mime_type": "audio/ogg"}})

    def _uploads(self, content: bytes | None, prefix: str) -> str:
        file_id = f"{prefix}{len(self.api.files) + 1}"
        if content is not None:
            self.api.files[file_id] = content
        return file_id

    def sends_location(self) -> int:
        """Send where one is."""
        return self._sends({"location": {"latitude": 30.2, "longitude": 120.1}})

    def edits(self, text: str) -> int:
        """Change an earlier message."""
        return self._sends({"text": text, "edit_date": int(time.time())}, kind="edited_message")

    def changes(self, what: str, content: dict[str, Any]) -> int:
        """Change something about the chat, which Telegram reports as a message of its own."""
        return self._sends({what: content})

    def blocks_bot(self) -> None:
        """Block the bot."""
        self.api.chats[self.id] = "blocked"

    def offers(self, title: str) -> bool:
        """Tell whether the bot's newest message has a button of that title."""
        rows = self.messages[-1]["markup"].get("inline_keyboard", []) if self.messages else []
        return any(button["text"] == title for row in rows for button in row)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Everything the bot has written in this chat."""
        return [line for line in self.api.journal() if line["chat_id"] == self.id]

    async def hears(self, count: int = 1, *, within: float = 15.0) -> list[str]:
        """Wait for the next `count` messages from the bot and return their words."""
        deadline = time.monotonic() + within
        while len(self.messages) < self._seen + count:
            if time.monotonic() > deadline:
                new = [m["text"] for m in self.messages[self._seen :]]
                raise AssertionError(
                    f"after {within} s the bot has written {len(new)} of {count} messages: {new}"
                )
            await asyncio.sleep(0.02)
        heard = self.messages[self._seen : self._seen + count]
        self._seen += count
        return [message["text"] for message in heard]

    async def hears_nothing_more(self, during: float = 0.4) -> None:
        """Make sure the bot stays silent for a while."""
        await asyncio.sleep(during)
        new = [m["text"] for m in self.messages[self._seen :]]
        assert not new, f"the bot wrote what nobody asked for: {new}"

    def _sends(self, content: dict[str, Any], *, kind: str = "message", chat_type: str = "private") -> int:
        message = {
            "message_id": self.api.next_message_id(),
            "date": int(time.time()),
            "from": self._person,
            "chat": self._chat(chat_type),
            **content,
        }
        return self.api.add_update(kind, message)

    def _chat(self, kind: str) -> dict[str, Any]:
        if kind == "private":
            return {"id": self.id, "type": "private", "first_name": "Lin"}
        return {"id": -1_000_000 - self.id, "type": kind, "title": "A group"}
