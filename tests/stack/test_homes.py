"""Several homes share one dialogue engine, and each borrower's words stay in their own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from storage.engine import Database
from storage.migrate import upgrade
from tests.support.book import load_book
from tests.support.talk import talking
from tideover.settings import Settings


async def test_two_homes_talk_at_once_and_neither_changes_the_other(
    settings: Settings, book: Database, tmp_path: Path
) -> None:
    other_url = f"sqlite:///{tmp_path / 'other.db'}"
    upgrade(other_url)
    other = Database(other_url)
    load_book(other, tmp_path / "other-tape")
    other_settings = replace(settings, database_url=other_url)
    async with (
        talking(settings, book, "ZH-DUE", verified=True) as here,
        talking(other_settings, other, "ZH-DUE", verified=True) as there,
    ):
        await asyncio.gather(here.says("能不能延期两个月"), there.says("我下个月5号还钱"))
        await asyncio.gather(here.presses("选2"), there.says("好的"))
        await here.presses("确认办理")
        with book.read() as session:
            assert [agreement.status for agreement in here.agreements(session)] == ["active"]
            assert here.promises(session) == []
        with other.read() as session:
            assert there.agreements(session) == []
            assert [promise.status for promise in there.promises(session)] == ["open"]
    other.close()
