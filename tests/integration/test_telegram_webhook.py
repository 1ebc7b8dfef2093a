"""Updates by webhook, over real HTTP: only Telegram may call, and 200 means that the update is safe."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from sqlalchemy.exc import OperationalError

from bot.channels.telegram import SECRET_HEADER, WEBHOOK_PATH
from bot.gateway import Gateway
from bot.incoming import Incoming
from bot.intake import Taken
from storage.engine import Database
from tests.support.bot_api import BotApi
from tests.support.telegram_bench import Bench, assemble
from tests.support.telegram_user import TelegramUser
from tideover.engine import free_port
from tideover.serving import http_server

SECRET = "a-secret-of-the-tests"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[BotApi]:
    with BotApi(tmp_path / "journal.jsonl") as server:
        yield server


@contextlib.asynccontextmanager
async def webhook(
    database: Database, api: BotApi, gateway_class: type[Gateway] = Gateway
) -> AsyncIterator[tuple[Bench, str]]:
    """Serve the webhook on a free port and tell the Bot API server of it."""
    bench = assemble(database, api, gateway_class)
    app = Litestar([bench.channel.webhook_route(SECRET)], openapi_config=None)
    async with http_server(app, "127.0.0.1", free_port()) as base:
        await bench.channel.open_webhook(base + WEBHOOK_PATH, SECRET)
        try:
            yield bench, base + WEBHOOK_PATH
        finally:
            await bench.stop()


async def test_an_update_by_webhook_is_answered_once(database: Database, api: BotApi) -> None:
    lin = TelegramUser(api)
    async with webhook(database, api):
        lin.says("你好")
        await lin.hears()
        lin.presses("找人工")
        await lin.hears()
        await lin.hears_nothing_more()
    assert api.waiting_updates() == 0
    assert not api.unanswered


@pytest.mark.parametrize(
    "given", [{}, {SECRET_HEADER: ""}, {SECRET_HEADER: SECRET + "x"}, {SECRET_HEADER: "é"}]
)
async def test_whoever_does_not_know_the_secret_is_turned_away(
    database: Database, api: BotApi, given: dict[str, str]
) -> None:
    lin = TelegramUser(api)
    person, chat = {"id": lin.id, "is_bot": False, "first_name": "L"}, {"id": lin.id, "type": "private"}
    message = {"message_id": 1, "date": 1, "text": "你好", "chat": chat, "from": person}
    async with webhook(database, api) as (_, url), httpx.AsyncClient(trust_env=False) as client:
        headers = {name: value.encode("latin-1") for name, value in given.items()}
        answer = await client.post(url, json={"update_id": 1, "message": message}, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 401
        await lin.hears_nothing_more()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"update_id": "1"}', b"\xff"])
async def test_what_is_no_update_is_refused(database: Database, api: BotApi, body: bytes) -> None:
    async with webhook(database, api) as (_, url), httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(url, content=body, headers={SECRET_HEADER: SECRET})
        assert answer.status_code == 400


class DatabaseAwayOnce(Gateway):
    """A gateway whose database is away for the first update."""

    away = True

    async def store(self, incoming: Incoming) -> Taken:
        if self.away:
            self.away = False
            raise OperationalError("INSERT", {}, Exception("the disk is full"))
        return await super().store(incoming)


async def test_an_update_that_was_not_stored_comes_again(database: Database, api: BotApi) -> None:
    lin = TelegramUser(api)
    async with webhook(database, api, DatabaseAwayOnce):
        lin.says("你好")
        await lin.hears()
        await lin.hears_nothing_more()


async def test_telegram_is_answered_before_the_dialogue_model_is(database: Database, api: BotApi) -> None:
    lin = TelegramUser(api)
    async with webhook(database, api) as (bench, _):
        bench.model.seconds = 1.5
        lin.says("你好")
        began = time.monotonic()
        while api.waiting_updates():
            await asyncio.sleep(0.02)
            assert time.monotonic() - began < 1.0
        assert lin.messages == []
        await lin.hears()


def test_a_webhook_without_a_secret_is_not_opened(database: Database, api: BotApi) -> None:
    with pytest.raises(ValueError, match="TIDEOVER_TELEGRAM_WEBHOOK_SECRET"):
        assemble(database, api).channel.webhook_route("")
