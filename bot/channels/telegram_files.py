"""Fetching from Telegram the files that borrowers sent, in the background, until each is kept or cannot be had."""

from __future__ import annotations

import asyncio
import logging

from telegram import Bot
from telegram.error import BadRequest, RetryAfter, TelegramError

from bot.channels.telegram_updates import CHANNEL
from bot.evidence_files import SIZE_LIMIT, EvidenceFiles, is_wanted
from conversations.models import Evidence

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0


class TelegramFiles:
    """Fetches what waits. Pictures and PDF of at most 20 MB are kept, with `voice` also voice messages."""

    def __init__(self, bot: Bot, files: EvidenceFiles, *, voice: bool = False) -> None:
        self._bot, self._files, self._voice = bot, files, voice
        self._news = asyncio.Event()
        self._one_by_one = asyncio.Lock()

    def look(self) -> None:
        """Something has arrived: look now and not only at the next try."""
        self._news.set()

    async def keep_fetching(self) -> None:
        """Fetch until cancelled; after a failure again later, at most five minutes later."""
        failures = 0
        while True:
            self._news.clear()
            failures = 0 if await self._fetch_all() else failures + 1
            pause = FIRST_PAUSE * 2 ** min(failures - 1, 10) if failures else LONGEST_PAUSE
            try:
                await asyncio.wait_for(self._news.wait(), min(pause, LONGEST_PAUSE))
            except TimeoutError:
                continue

    async def fetch(self, evidence: Evidence) -> None:
        """Fetch one file, or note why it stays a reference. Raises TelegramError or OSError when it may yet succeed."""
        async with self._one_by_one:
            if await asyncio.to_thread(self._files.path_of, evidence) is not None:
                return
            if not is_wanted(evidence.media_type, voice=self._voice):
                return await asyncio.to_thread(self._files.leave, evidence, "wrong_type")
            if (evidence.size or 0) > SIZE_LIMIT:
                return await asyncio.to_thread(self._files.leave, evidence, "too_big")
            try:
                file = await self._bot.get_file(evidence.channel_file)
            except BadRequest as refusal:
                reason = "too_big" if "too big" in refusal.message.lower() else "gone"
                return await asyncio.to_thread(self._files.leave, evidence, reason)
            if (file.file_size or 0) > SIZE_LIMIT:
                return await asyncio.to_thread(self._files.leave, evidence, "too_big")
            content = bytes(await file.download_as_bytearray(read_timeout=60))
            if len(content) > SIZE_LIMIT:
                return await asyncio.to_thread(self._files.leave, evidence, "too_big")
            await asyncio.to_thread(self._files.keep, evidence, content)

    async def _fetch_all(self) -> bool:
        """Try everything that waits; tell whether all of it is settled. An error is named by its kind only."""
        try:
            waiting = await asyncio.to_thread(self._files.waiting, CHANNEL)
        except Exception as trouble:
            log.error("files wait to be fetched: %s", type(trouble).__name__)
            return False
        settled = True
        for evidence in waiting:
            try:
                await self.fetch(evidence)
            except RetryAfter:
                return False
            except Exception as trouble:
                settled = False
                level = logging.WARNING if isinstance(trouble, TelegramError) else logging.ERROR
                log.log(
                    level,
                    "file %s waits: %s; it is fetched again later",
                    evidence.id,
                    type(trouble).__name__,
                )
        return settled
