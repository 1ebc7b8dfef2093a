"""The few things SQLite and PostgreSQL write differently."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from conversations.models import OutboxMessage
from storage.base import Base
from storage.types import UtcDateTime


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
