"""What a Telegram update means to us. Only private chats are answered: a debt is no group's business."""

from __future__ import annotations

from telegram import CallbackQuery, Message, Update, User
from telegram.constants import ChatType
from telegram.ext import filters

from bot.incoming import Incoming

CHANNEL = "telegram"
ALLOWED_UPDATES = ["message", "edited_message", "callback_query"]
# In this order: a GIF is also a document, a venue is also a location.
MEDIA = (
    "animation", "photo", "document", "voice", "audio", "video", "video_note", "sticker", "venue", "location",
    "dice", "game", "poll", "checklist", "story", "paid_media", "invoice",
)  # fmt: skip
SAME_AS = {"venue": "location", "animation": "video"}
MENU_COMMANDS = ("/help", "/menu")


def read_update(update: Update, bot_id: int) -> Incoming | None:
    """Return what the gateway should take in, or None for an update that is nobody's message to us."""
    if update.callback_query is not None:
        return _pressed(update, update.callback_query, bot_id)
    message = update.message or update.edited_message
    if message is None or message.from_user is None or message.chat.type != ChatType.PRIVATE:
        return None
    if update.edited_message is not None:
        return _edited(update, message, bot_id)
    if filters.StatusUpdate.ALL.check_update(update):
        return None
    if message.contact is not None:
        own = message.contact.user_id == message.from_user.id and message.forward_origin is None
        with_country_code = "+" + message.contact.phone_number.lstrip("+")
        return _incoming(update, message, bot_id, "contact", with_country_code, own=own)
    if message.text is not None:
        return _written(update, message, message.text, bot_id)
    return _incoming(update, message, bot_id, "media", message.caption or "", **_media(message))


def describe(update: Update) -> str:
    """Say what kind of update this is, without a word of its contents."""
    kind = next((name for name in Update.ALL_TYPES if getattr(update, name, None) is not None), "unknown")
    chat = update.effective_chat
    return f"{kind} in a {chat.type} chat" if chat else kind


def _written(update: Update, message: Message, text: str, bot_id: int) -> Incoming:
    first, *rest = text.split(maxsplit=1) or [""]
    command = first.split("@", 1)[0].lower()
    if command == "/start":
        return _incoming(update, message, bot_id, "start", rest[0].strip() if rest else "")
    if command in MENU_COMMANDS:
        return _incoming(update, message, bot_id, "text", "/menu")
    if command.startswith("/") and not rest:
        return _incoming(update, message, bot_id, "text", text.split("@", 1)[0])
    return _incoming(update, message, bot_id, "text", text)


def _media(message: Message) -> dict[str, object]:
    """Say what was sent, with Telegram's own id of the file, its type and its size in bytes, as far as they are known.

    Telegram makes every photo a JPEG and names no type for it.
    """
    kind = next((kind for kind in MEDIA if getattr(message, kind)), "other")
    sent = message.photo[-1] if message.photo else getattr(message, kind, None)
    media_type = "image/jpeg" if message.photo else getattr(sent, "mime_type", None)
    about = {
        "file_id": getattr(sent, "file_id", None),
        "media_type": (media_type or "").lower()[:100] or None,
        "size": getattr(sent, "file_size", None),
    }
    return {"media": SAME_AS.get(kind, kind), **{key: value for key, value in about.items() if value}}


def _edited(update: Update, message: Message, bot_id: int) -> Incoming | None:
    """A moving live location is edited every few seconds; only changed words are somebody's message."""
    words = message.text or message.caption
    return _incoming(update, message, bot_id, "edited", words) if words else None


def _pressed(update: Update, query: CallbackQuery, bot_id: int) -> Incoming | None:
    if query.message is None or query.message.chat.type != ChatType.PRIVATE:
        return None
    return Incoming(
        channel=CHANNEL,
        address=str(query.message.chat.id),
        update_key=f"{bot_id}:{update.update_id}:{query.id}",
        kind="button",
        text=query.data or "",
        language=_language(query.from_user),
    )


def _incoming(
    update: Update, message: Message, bot_id: int, kind: str, text: str, **details: object
) -> Incoming:
    return Incoming(
        channel=CHANNEL,
        address=str(message.chat.id),
        # Telegram may choose its numbers anew after a quiet week, so the message's own number is in the key too.
        update_key=f"{bot_id}:{update.update_id}:{message.message_id}",
        kind=kind,  # type: ignore[arg-type]
        text=text,
        details=details,
        language=_language(message.from_user),
    )


def _language(user: User | None) -> str | None:
    code = (user.language_code or "") if user else ""
    if not code:
        return None
    return "zh" if code.lower().startswith(("zh", "yue")) else "en"
