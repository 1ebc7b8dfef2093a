"""The channels' ways out that a process without a gateway can use, such as `tideover remind dispatch`."""

from __future__ import annotations

from bot.channels.telegram import make_bot
from bot.channels.telegram_sender import TelegramSender
from bot.channels.web_hub import Hub, WebSender
from conversations.sending import Sender
from tideover.settings import Settings


def build_senders(settings: Settings) -> dict[str, Sender]:
    """Return the senders of the channels that are configured; web messages wait in the database for the page."""
    senders: dict[str, Sender] = {"web": WebSender(Hub())}
    if settings.telegram_token:
        senders["telegram"] = TelegramSender(make_bot(settings.telegram_token, settings.telegram_base_url))
    return senders
