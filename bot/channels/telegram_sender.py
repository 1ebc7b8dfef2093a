"""Telegram's way out: text in pieces it takes, a picture or file, buttons; what its answers mean for the outbox."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import httpx
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram import seconds
from bot.language import detect_language
from conversations.sending import Delivery, Outcome
from loans.documents.file import File
from policies.lender import lender
from policies.texts import texts

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
PATIENCE_SECONDS = 6.0
ASK_FOR_CONTACT = ("welcome_unlinked", "not_linked", "contact_not_own")
CONTACT_SETTLED = ("welcome_linked", "welcome_back")
NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
NOBODY_THERE = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "peer_id_invalid",
    "have no rights to send",
)
ENDS = (re.compile(r"\n"), re.compile(r"[。！？；…]|[.!?;](?=\s)"), re.compile(r"[\s，、]"))
WITHHELD = Outcome(
    "refused", error="withheld with what follows, control has changed; what came before was sent"
)

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None


@dataclass(frozen=True)
class Part:
    """One call to Telegram: a text, or a picture or file with a caption."""

    text: str
    attachment: File | None = None
    markup: Markup = None


class TelegramSender:
    """Sends for the outbox. It tries nothing twice by itself: the outbox knows what may be sent again."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(self, delivery: Delivery) -> Outcome:
        """Deliver a message, in several parts when it is long; the buttons are under the last one.

        Once the first part has arrived the message cannot be sent again as a whole, so a later part that was surely
        not taken is waited for a little; if it still cannot be sent, the outcome is `uncertain`. So it is when a person
        takes over between two parts: what has been sent stays, and the rest is not said.
        """
        parts = make_parts(delivery)
        if not parts or not re.fullmatch(r"-?\d+", delivery.address):
            return Outcome(
                "refused", error="nothing to send" if not parts else "the address is not a Telegram chat"
            )
        chat = int(delivery.address)
        outcome = await self._send(chat, parts[0])
        for number, part in enumerate(parts[1:], start=2):
            if outcome.kind != "sent":
                break
            before, outcome = outcome, await self._send_patiently(delivery, chat, part)
            if outcome.kind != "sent":
                error = f"part {number} of {len(parts)}: {outcome.error}"
                return Outcome("uncertain", provider_message_id=before.provider_message_id, error=error)
        return outcome

    async def _send_patiently(self, delivery: Delivery, chat: int, part: Part) -> Outcome:
        waited = 0.0
        while True:
            if not await delivery.may_continue():
                return WITHHELD
            outcome = await self._send(chat, part)
            pause = outcome.retry_after or 1.0
            if outcome.kind not in ("retry", "rate_limited") or waited + pause > PATIENCE_SECONDS:
                return outcome
            await asyncio.sleep(pause)
            waited += pause

    async def _send(self, chat: int, part: Part) -> Outcome:
        try:
            message = await self._call(chat, part)
        except TelegramError as error:
            return read_error(error)
        return Outcome("sent", provider_message_id=str(message.message_id))

    async def _call(self, chat: int, part: Part) -> Message:
        if part.attachment is not None:
            send = self._bot.send_photo if part.attachment.is_picture else self._bot.send_document
            return await send(
                chat,
                part.attachment.content,
                caption=part.text or None,
                reply_markup=part.markup,
                filename=part.attachment.name,
            )
        no_preview = LinkPreviewOptions(is_disabled=True)
        return await self._bot.send_message(
            chat, part.text, reply_markup=part.markup, link_preview_options=no_preview
        )


def make_parts(delivery: Delivery) -> list[Part]:
    """Return the calls a delivery takes, in order."""
    if delivery.attachment is not None and _units(delivery.text) <= CAPTION_LIMIT:
        return [Part(delivery.text.strip(), delivery.attachment, _markup(delivery))]
    parts = [Part("", delivery.attachment)] if delivery.attachment is not None else []
    parts += [Part(piece) for piece in split_text(delivery.text)]
    return [*parts[:-1], replace(parts[-1], markup=_markup(delivery))] if parts else []


def split_text(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """Return `text` in pieces of at most `limit` UTF-16 units, cut after a line, a sentence or a word."""
    pieces, rest = [], text.strip()
    while _units(rest) > limit:
        window = _first(rest, limit)
        cut = next((end for ends in ENDS if (end := _last_end(ends, window)) > len(window) // 4), len(window))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def read_error(error: TelegramError) -> Outcome:
    """Return what an error of the Bot API means for a message: above all, whether it may have arrived."""
    words = _short(error)
    if isinstance(error, RetryAfter):
        return Outcome("rate_limited", retry_after=seconds(error), error=words)
    if isinstance(error, ChatMigrated):
        return Outcome("migrated", new_address=str(error.new_chat_id), error=words)
    if isinstance(error, Forbidden):
        return Outcome("blocked", error=words)
    if isinstance(error, BadRequest):
        gone = any(sign in error.message.lower() for sign in NOBODY_THERE)
        return Outcome("blocked" if gone else "refused", error=words)
    if isinstance(error, InvalidToken) or isinstance(error.__cause__, NEVER_SENT):
        return Outcome("retry", error=words)
    if error.message.startswith("Too Many Requests"):
        return Outcome("rate_limited", retry_after=1.0, error=words)
    return Outcome("uncertain", error=words)


def _short(error: TelegramError) -> str:
    """Say what went wrong in a few words. Only Telegram's own refusals are quoted: others may hold the token."""
    if isinstance(error, BadRequest | Forbidden):
        return f"{type(error).__name__}: {error.message[:200]}"
    cause = f" ({type(error.__cause__).__name__})" if error.__cause__ else ""
    return f"{type(error).__name__}{cause}"


def _markup(delivery: Delivery) -> Markup:
    template = delivery.template.partition("@")[0]
    titles = [title for title, _ in delivery.buttons]
    if template in ASK_FOR_CONTACT:
        return _contact_keyboard(delivery.text, titles)
    if delivery.buttons:
        rows = [[InlineKeyboardButton(title, callback_data=token)] for title, token in delivery.buttons]
        return InlineKeyboardMarkup(rows)
    return ReplyKeyboardRemove() if template in CONTACT_SETTLED else None


def _contact_keyboard(text: str, titles: Sequence[str]) -> ReplyKeyboardMarkup:
    """Return a keyboard that shares the phone number. A message has one keyboard, so other buttons send words."""
    language = detect_language(text, None)
    share = texts()["button_share_phone"].render(language, lender().values(language))
    rows = [[KeyboardButton(share, request_contact=True)], *([KeyboardButton(title)] for title in titles)]
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)


def _units(text: str) -> int:
    """Count as Telegram does, in UTF-16 units: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _first(text: str, limit: int) -> str:
    used = 0
    for position, character in enumerate(text):
        used += 2 if ord(character) > 0xFFFF else 1
        if used > limit:
            return text[:position]
    return text


def _last_end(pattern: re.Pattern[str], window: str) -> int:
    return max((found.end() for found in pattern.finditer(window)), default=0)
