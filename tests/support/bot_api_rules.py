"""What Telegram refuses, in the words it uses. Stricter than Telegram in one thing: an unknown parameter is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

TEXT_LIMIT, CAPTION_LIMIT, BUTTON_DATA_LIMIT = 4096, 1024, 64
DOCUMENT_LIMIT = 50_000_000
DOWNLOAD_LIMIT = 20_000_000
IMAGE_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
PARAMETERS = {
    "sendMessage": {"chat_id", "text", "reply_markup", "link_preview_options", "parse_mode", "entities"},
    "sendPhoto": {"chat_id", "photo", "caption", "reply_markup", "parse_mode"},
    "sendDocument": {"chat_id", "document", "caption", "reply_markup", "parse_mode"},
    "getFile": {"file_id"},
    "answerCallbackQuery": {"callback_query_id", "text", "show_alert"},
    "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
    "setWebhook": {"url", "secret_token", "allowed_updates", "max_connections", "drop_pending_updates"},
    "deleteWebhook": {"drop_pending_updates"},
    "getMe": set(),
}


class Refused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def check_parameters(method: str, given: Mapping[str, Any]) -> None:
    """Refuse a method that is not known here, and parameters that it does not have."""
    if method not in PARAMETERS:
        raise Refused(404, "Not Found")
    unknown = set(given) - PARAMETERS[method]
    if unknown:
        raise Refused(400, f"Bad Request: unknown parameters {sorted(unknown)}")


def check_text(text: str, limit: int, *, what: str) -> str:
    """Return the text as Telegram keeps it: trimmed. Lengths are counted in UTF-16 units."""
    text = text.strip()
    if what == "text" and not text:
        raise Refused(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > limit:
        raise Refused(400, f"Bad Request: message {'' if what == 'text' else 'caption '}is too long")
    return text


def check_photo(content: bytes | None) -> int:
    """Return the photo's size. It must be an uploaded PNG or JPEG."""
    if not content:
        raise Refused(400, "Bad Request: there is no photo in the request")
    if not content.startswith(IMAGE_SIGNATURES):
        raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
    return len(content)


def check_document(content: bytes | None) -> int:
    """Return the document's size. It must be an uploaded file, not an empty one, of at most 50 MB."""
    if content is None:
        raise Refused(400, "Bad Request: there is no document in the request")
    if not content:
        raise Refused(400, "Bad Request: file must be non-empty")
    if len(content) > DOCUMENT_LIMIT:
        raise Refused(413, "Request Entity Too Large")
    return len(content)


def check_markup(raw: str | None) -> dict[str, Any]:
    """Return the keyboard: one kind of keyboard only, rows of buttons, each with a title and one purpose."""
    if raw is None:
        return {}
    try:
        markup = json.loads(raw)
    except ValueError:
        raise Refused(400, "Bad Request: can't parse reply keyboard markup JSON object") from None
    kinds = {"inline_keyboard", "keyboard", "remove_keyboard", "force_reply"} & set(markup)
    if len(kinds) != 1:
        raise Refused(400, "Bad Request: object expected as reply markup")
    for row in markup.get("inline_keyboard", []):
        for button in row:
            _check_inline_button(button)
    for row in markup.get("keyboard", []):
        for button in row:
            if not button.get("text"):
                raise Refused(400, "Bad Request: keyboard button text must be non-empty")
    return dict(markup)


def _check_inline_button(button: Mapping[str, Any]) -> None:
    if not button.get("text"):
        raise Refused(400, "Bad Request: inline keyboard button text is empty")
    if len({"callback_data", "url"} & set(button)) != 1:
        raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    if not 1 <= len(button.get("callback_data", "x").encode()) <= BUTTON_DATA_LIMIT:
        raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
