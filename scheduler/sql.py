"""The few things SQLite and PostgreSQL do differently: statements, locks, and what to do after a deadlock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Table, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from conversations.models import Conversation, OutboxMessage
from storage.base import Base
from storage.engine import Database
from storage.types import UtcDateTime

T = TypeVar("T")

DEADLOCK_OR_CONFLICT = ("40P01", "40001")
MOST_TRIES = 6
FIRST_PAUSE = 0.02


def in_transaction(database: Database, work: Callable[[Session], T]) -> T:
    """Run `work` in one transaction; run it again when PostgreSQL took it back to end a deadlock, five times at most.

    Raises what `work` or the database raises otherwise.
    """
    for tried in range(MOST_TRIES):
        try:
            with database.write() as session:
                return work(session)
        except DBAPIError as fault:
            if getattr(fault.orig, "sqlstate", None) not in DEADLOCK_OR_CONFLICT or tried == MOST_TRIES - 1:
                raise
        time.sleep(random.uniform(0, FIRST_PAUSE * 2**tried))
    raise AssertionError("the last try returns or raises")


def lock_conversations(session: Session, outbox_ids: Sequence[int]) -> None:
    """Lock the conversations of outbox rows, in one order: the first locks of a transaction that writes their log."""
    if not outbox_ids:
        return
    theirs = select(OutboxMessage.conversation_id).where(OutboxMessage.id.in_(outbox_ids))
    locked = select(Conversation.id).where(Conversation.id.in_(theirs)).order_by(Conversation.id)
    session.execute(locked.with_for_update(key_share=True))


def insert_into(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT on the session's kind of database."""
    insert = postgresql.insert if is_postgres(session) else sqlite.insert
    return insert(cast(Table, table.__table__))


def is_postgres(session: Session) -> bool:
    """Tell whether the session works on PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


# Written out in the statement, not as a parameter: only then can SQLite use an index on the pending rows alone.
PENDING = OutboxMessage.status == literal("pending", literal_execute=True)


class seconds_after(FunctionElement[datetime]):
    """The instant a whole number of seconds after a `UtcDateTime` column that itself has whole seconds."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, instant: ColumnElement[datetime] | Any, seconds: ColumnElement[int]) -> None:
        super().__init__(instant, seconds)


@compiles(seconds_after, "sqlite")
def _on_sqlite(element: seconds_after, compiler: SQLCompiler, **options: Any) -> str:
    instant, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%S.000000', {instant}, ({seconds}) || ' seconds')"


@compiles(seconds_after, "postgresql")
def _on_postgres(element: seconds_after, compiler: SQLCompiler, **options: Any) -> str:
    instant, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({instant} + ({seconds}) * interval '1 second')"
