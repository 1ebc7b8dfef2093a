"""A small strict Bot API server on loopback, for python-telegram-bot's real client.

It keeps a journal of every message it accepts in a file of its own, so that what was delivered can be compared with
what the application believes, also when the application was killed. Faults are asked for by `fail_next`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
from multipart import MultipartParser, parse_options_header  # type: ignore[import-untyped]

from tests.support.bot_api_rules import (
    CAPTION_LIMIT,
    DOWNLOAD_LIMIT,
    TEXT_LIMIT,
    Refused,
    check_document,
    check_markup,
    check_parameters,
    check_photo,
    check_text,
)

TOKEN = "7000000001:AAtest-token_of_an_invented_bot"
UPDATE_KINDS = ("message", "edited_message", "callback_query")


@dataclass(frozen=True)
class Fault:
    """What happens to one call instead of, or after, being accepted.

    `refuse` answers with `code`, `description` and `parameters`. `drop_after_accepting` keeps the message and
    closes the connection without an answer; `reset` tears it down before accepting; `delay` answers after
    `seconds`; `garbage` answers with something that is not JSON.
    """

    kind: str
    code: int = 0
    description: str = ""
    parameters: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0


def refuse(code: int, description: str, **parameters: int) -> Fault:
    """An answer with `ok: false`."""
    return Fault("refuse", code, description, tuple(parameters.items()))


DROP_AFTER_ACCEPTING = Fault("drop_after_accepting")
RESET = Fault("reset")
GARBAGE = Fault("garbage")


def delay(seconds: float) -> Fault:
    """Accept, and answer late."""
    return Fault("delay", seconds=seconds)


class BotApi:
    """The server. Use it as a context manager; `base_url` is what TIDEOVER_TELEGRAM_BASE_URL is set to."""

    def __init__(self, journal: Path, *, per_second: int = 30, per_chat_seconds: float = 0.0) -> None:
        self.journal_file = journal
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.webhook: dict[str, Any] = {}
        self.unanswered: set[str] = set()
        self.chats: dict[int, str] = {}  # chat id → "open" or "blocked"
        self.files: dict[str, bytes] = {}  # file id → content, of what users have sent
        self.base_url = ""
        self._per_second, self._per_chat_seconds = per_second, per_chat_seconds
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._updates: list[dict[str, Any]] = []
        self._update_ids, self._message_ids = itertools.count(500_001), itertools.count(1)
        self._allowed = UPDATE_KINDS
        self._accepted_at: deque[float] = deque()
        self._chat_accepted_at: dict[int, float] = {}
        self._polling: object | None = None
        self._lock = threading.RLock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> BotApi:
        self._thread.start()
        self._server = self._on_loop(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._on_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def fail_next(self, method: str, *faults: Fault) -> None:
        """Let the next calls of a method fail, one fault each."""
        self._faults[method].extend(faults)

    def journal(self) -> list[dict[str, Any]]:
        """Return every message that was accepted, oldest first."""
        if not self.journal_file.exists():
            return []
        return [json.loads(line) for line in self.journal_file.read_text(encoding="utf-8").splitlines()]

    def add_update(self, kind: str, content: dict[str, Any], *, update_id: int | None = None) -> int:
        """Let something happen that the bot is to be told; returns the update's number."""
        with self._lock:
            number = update_id if update_id is not None else next(self._update_ids)
            if kind in self._allowed:
                self._updates.append({"update_id": number, kind: content})
        if self.webhook:
            asyncio.run_coroutine_threadsafe(self._push(), self._loop)
        return number

    def waiting_updates(self) -> int:
        """Count the updates that the bot has not confirmed."""
        return len(self._updates)

    def next_message_id(self) -> int:
        """Return a number for a message; users' and bot's messages share the count, as in a real chat."""
        return next(self._message_ids)

    # The methods of the Bot API.

    def _get_me(self, _: dict[str, str]) -> dict[str, Any]:
        return {
            "id": int(TOKEN.split(":")[0]),
            "is_bot": True,
            "first_name": "Tideover",
            "username": "tideover_bot",
        }

    async def _get_updates(self, given: dict[str, str]) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refused(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
            )
        me = self._polling = object()
        if "allowed_updates" in given:
            self._allowed = tuple(json.loads(given["allowed_updates"])) or UPDATE_KINDS
        offset, limit = int(given.get("offset", 0)), int(given.get("limit", 100))
        deadline = time.monotonic() + float(given.get("timeout", 0))
        with self._lock:
            if offset < 0:
                self._updates = self._updates[offset:]
            self._updates = [update for update in self._updates if update["update_id"] >= offset]
        while not self._updates and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
            if self._polling is not me:
                raise Refused(409, "Conflict: terminated by other getUpdates request")
        with self._lock:
            return self._updates[:limit]

    def _set_webhook(self, given: dict[str, str]) -> bool:
        """Take any address: the real one insists on https, which a test on this machine does not have."""
        self.webhook = {"url": given["url"], "secret": given.get("secret_token", "")}
        if "allowed_updates" in given:
            self._allowed = tuple(json.loads(given["allowed_updates"])) or UPDATE_KINDS
        asyncio.run_coroutine_threadsafe(self._push(), self._loop)
        return True

    def _delete_webhook(self, given: dict[str, str]) -> bool:
        self.webhook = {}
        if given.get("drop_pending_updates") == "true":
            self._updates = []
        return True

    def _send_message(self, given: dict[str, str]) -> dict[str, Any]:
        chat = self._chat(given)
        text = check_text(given.get("text", ""), TEXT_LIMIT, what="text")
        return self._accept(chat, {"method": "sendMessage", "text": text}, given)

    def _send_photo(self, given: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(given)
        size = check_photo(given.get("photo"))
        caption = check_text(given.get("caption", ""), CAPTION_LIMIT, what="caption")
        return self._accept(chat, {"method": "sendPhoto", "text": caption, "photo_bytes": size}, given)

    def _send_document(self, given: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(given)
        size = check_document(given.get("document"))
        caption = check_text(given.get("caption", ""), CAPTION_LIMIT, what="caption")
        sent = {"document_bytes": size, "file_name": getattr(given["document"], "name", "")}
        return self._accept(chat, {"method": "sendDocument", "text": caption, **sent}, given)

    def _get_file(self, given: dict[str, str]) -> dict[str, Any]:
        """Say where a file can be downloaded. A bot is given nothing above 20 MB."""
        file_id = given.get("file_id", "")
        if file_id not in self.files:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.files[file_id])
        if size > DOWNLOAD_LIMIT:
            raise Refused(400, "Bad Request: file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": size,
            "file_path": f"files/{file_id}",
        }

    def _download(self, path: str) -> bytes:
        """Answer what is under /file/bot<token>/: the bytes of a file, or why there are none."""
        fault = self._faults["download"].popleft() if self._faults["download"] else None
        bot, _, file_path = unquote(path).removeprefix("/file/").partition("/")
        content = self.files.get(file_path.removeprefix("files/"))
        if fault is not None:
            return _response(fault.code or 502, b"<html>Bad Gateway</html>")
        if bot != f"bot{TOKEN}" or content is None or len(content) > DOWNLOAD_LIMIT:
            return _response(404, b'{"ok":false,"error_code":404,"description":"Not Found"}')
        self.calls.append(("download", {"path": file_path}))
        return _response(200, content)

    def _answer_callback_query(self, given: dict[str, str]) -> bool:
        query = given.get("callback_query_id", "")
        if query not in self.unanswered:
            raise Refused(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self.unanswered.discard(query)
        return True

    def _chat(self, given: dict[str, str]) -> int:
        try:
            chat = int(given["chat_id"])
        except (KeyError, ValueError):
            raise Refused(400, "Bad Request: chat_id is empty") from None
        if chat not in self.chats:
            raise Refused(400, "Bad Request: chat not found")
        if self.chats[chat] == "blocked":
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return chat

    def _accept(self, chat: int, message: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
        markup = check_markup(given.get("reply_markup"))
        self._check_rate(chat)
        number = self.next_message_id()
        line = {
            "chat_id": chat,
            "message_id": number,
            **message,
            "markup": markup,
            "parse_mode": given.get("parse_mode"),
            "link_preview": json.loads(given.get("link_preview_options", "{}")),
            "at": time.time(),
        }
        with self.journal_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        now = int(time.time())
        return {
            "message_id": number,
            "date": now,
            "chat": {"id": chat, "type": "private"},
            "text": message["text"],
        }

    def _check_rate(self, chat: int) -> None:
        now = time.monotonic()
        while self._accepted_at and now - self._accepted_at[0] >= 1.0:
            self._accepted_at.popleft()
        too_soon = now - self._chat_accepted_at.get(chat, -1e9) < self._per_chat_seconds
        if too_soon or len(self._accepted_at) >= self._per_second:
            raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
        self._accepted_at.append(now)
        self._chat_accepted_at[chat] = now

    # HTTP, by hand, because faults need the bare connection.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in head[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                answer = await self._call(head[0].split()[1], headers.get("content-type", ""), body, writer)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        writer.close()

    async def _call(
        self, path: str, content_type: str, body: bytes, writer: asyncio.StreamWriter
    ) -> bytes | None:
        if path.startswith("/file/"):
            return self._download(path)
        _, bot, method = path.split("/", 2)
        fault = self._faults[method].popleft() if self._faults[method] else None
        try:
            if fault is not None and fault.kind == "reset":
                _reset(writer)
                return None
            if fault is not None and fault.kind == "garbage":
                return _response(502, b"<html>Bad Gateway</html>")
            if fault is not None and fault.kind == "refuse":
                raise Refused(fault.code, fault.description, **dict(fault.parameters))
            if bot != f"bot{TOKEN}":
                raise Refused(401, "Unauthorized")
            given = _form(content_type, body)
            self.calls.append((method, {k: v for k, v in given.items() if not isinstance(v, Upload)}))
            check_parameters(method, given)
            answer = self._methods()[method](given)
            result = await answer if asyncio.iscoroutine(answer) else answer
        except Refused as no:
            content: dict[str, Any] = {"ok": False, "error_code": no.code, "description": no.description}
            if no.parameters:
                content["parameters"] = no.parameters
            return _response(no.code, json.dumps(content).encode())
        if fault is not None and fault.kind == "drop_after_accepting":
            return None
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        return _response(200, json.dumps({"ok": True, "result": result}).encode())

    def _methods(self) -> dict[str, Any]:
        return {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "sendDocument": self._send_document,
            "getFile": self._get_file,
            "answerCallbackQuery": self._answer_callback_query,
        }

    async def _push(self) -> None:
        """Send the waiting updates to the webhook, in order; one that is not taken is sent again."""
        async with httpx.AsyncClient(trust_env=False) as client:
            while self.webhook and self._updates:
                update = self._updates[0]
                headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret"]}
                with contextlib.suppress(httpx.HTTPError):
                    answer = await client.post(self.webhook["url"], json=update, headers=headers)
                    if answer.is_success:
                        self._updates = [u for u in self._updates if u["update_id"] != update["update_id"]]
                        continue
                await asyncio.sleep(0.2)

    def _on_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _stop(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class Upload(bytes):
    """An uploaded file: its content, and its `name`."""

    name: str

    @classmethod
    def of(cls, part: Any) -> Upload:
        """Read one part of a form."""
        upload = cls(part.raw)
        upload.name = part.filename
        return upload


def _form(content_type: str, body: bytes) -> dict[str, Any]:
    kind, options = parse_options_header(content_type)
    if kind == "multipart/form-data":
        parts = MultipartParser(BytesIO(body), options["boundary"])
        return {part.name: Upload.of(part) if part.filename else part.value for part in parts}
    return {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}


def _response(code: int, content: bytes) -> bytes:
    head = ("HTTP/1.1 {} -", "Content-Type: application/json", "Content-Length: {}", "", "")
    return "\r\n".join(head).format(code, len(content)).encode() + content


def _reset(writer: asyncio.StreamWriter) -> None:
    plain = writer.get_extra_info("socket")
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
