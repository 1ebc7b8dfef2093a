"""The full stack for conversation tests: one Rasa and one action server for the whole run, a fresh book each test."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.engine import Database
from tests.support.book import load_book
from tests.support.fragile import FragileEngine
from tests.support.talk import Talk, talking
from tideover.engine import is_healthy, read_state
from tideover.settings import ROOT, Settings

START_SECONDS = 300
Start = Callable[..., AbstractAsyncContextManager[Talk]]


@pytest.fixture(scope="session")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A running dialogue engine with a home of its own; only the trained models are shared with the repository's."""
    home = tmp_path_factory.mktemp("engine")
    models = ROOT / ".engine" / "models"
    models.mkdir(parents=True, exist_ok=True)
    (home / "models").symlink_to(models)
    settings = replace(Settings.from_environment(), engine_home=home)
    log = (home / "engine.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tideover", "serve", "--only", "rasa,actions"],
        cwd=ROOT,
        env={**os.environ, "TIDEOVER_ENGINE_HOME": str(home)},
        stdout=log,
        stderr=log,
    )
    until = time.monotonic() + START_SECONDS
    while True:
        state = read_state(settings)
        if state is not None and asyncio.run(is_healthy(state)):
            break
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            pytest.fail(f"the engine did not start:\n{(home / 'engine.log').read_text()[-3000:]}")
        time.sleep(0.5)
    yield home
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    log.close()


@pytest.fixture(scope="session")
def own_engine(engine_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FragileEngine]:
    """A second Rasa server between relays, for tests that hold calls back, shut servers down or kill them."""
    shared = replace(Settings.from_environment(), engine_home=engine_home)
    engine = FragileEngine(shared, tmp_path_factory.mktemp("fragile"))
    try:
        asyncio.run(engine.start())
        yield engine
    finally:
        engine.close()


@pytest.fixture
def fragile(own_engine: FragileEngine) -> Iterator[FragileEngine]:
    """The second Rasa server, with everything working at the start of the test."""
    own_engine.mend()
    yield own_engine


@pytest.fixture
def book(sqlite_url: str, tmp_path: Path) -> Iterator[Database]:
    """A fresh database with the small loan book in it."""
    database = Database(sqlite_url)
    load_book(database, tmp_path / "tape")
    yield database
    database.close()


@pytest.fixture
def settings(engine_home: Path, book: Database, tmp_path: Path) -> Settings:
    """The settings of a home of its own that uses the shared engine."""
    return replace(Settings.from_environment(), home=tmp_path, engine_home=engine_home, database_url=book.url)


@pytest.fixture
def talk(settings: Settings, book: Database) -> Start:
    """Open chats: `async with talk("ZH-DUE", verified=True) as chat`."""

    def start(borrower_ref: str, **options: Any) -> AbstractAsyncContextManager[Talk]:
        return talking(settings, book, borrower_ref, **options)

    return start
