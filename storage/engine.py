"""Engines and transactions for SQLite (the embedded default) and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

BUSY_TIMEOUT_MS = 30_000


def open_engine(url: str) -> Engine:
    """Return an engine for `url`; the folder of a SQLite file is made if it is missing.

    SQLite runs in WAL mode with foreign keys on, fires triggers for the rows a REPLACE removes too, and every
    transaction begins with BEGIN IMMEDIATE, so that two writers wait for each other instead of failing half-way. Errors
    never quote values: they may be a borrower's words.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        driver = "postgresql+psycopg" if parsed.drivername == "postgresql" else parsed.drivername
        return create_engine(
            parsed.set(drivername=driver),
            pool_pre_ping=True,
            hide_parameters=True,
            pool_size=10,
            max_overflow=20,
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    wait = {"timeout": BUSY_TIMEOUT_MS / 1000}
    engine = create_engine(parsed, connect_args=wait, hide_parameters=True, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if not _is_reading(connection) else "BEGIN")


def _is_reading(connection: Any) -> bool:
    return bool(connection.get_execution_options().get("read_only"))


class Database:
    """A database and its two ways in: `write()` for one transaction, `read()` for a look that changes nothing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_engine(url)
        self._writer = sessionmaker(self.engine, expire_on_commit=False)
        self._reader = sessionmaker(self.engine.execution_options(read_only=True), expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back whole if anything raises."""
        with self._writer.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; whatever is changed in it is thrown away."""
        with self._reader() as session:
            yield session

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
