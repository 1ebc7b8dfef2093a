"""Writing many rows at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

IDS_AT_ONCE = 2000


def insert_many(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows`, which all have the same columns; plain column defaults fill in the rest.

    PostgreSQL takes them by COPY, some twenty times faster than one INSERT a row; SQLite has no such difference.
    """
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        _copy(connection, table.__table__, rows)
    else:
        session.execute(insert(table), rows)


def _copy(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    defaults = {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in rows[0] and isinstance(column.default, ScalarElementColumnDefault)
    }
    columns = [table.columns[name] for name in (*rows[0], *defaults)]
    dialect = connection.dialect
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    preparer = dialect.identifier_preparer
    names = ", ".join(preparer.format_column(column) for column in columns)
    driver: Any = connection.connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {preparer.format_table(table)} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            filled = row | defaults
            copy.write_row(
                [
                    process(filled[column.name]) if process else filled[column.name]
                    for column, process in zip(columns, processors, strict=True)
                ]
            )


def refresh_statistics(session: Session, *tables: Any) -> None:
    """Let PostgreSQL see what was just loaded: without it the planner guesses, and reads whole tables."""
    if session.connection().dialect.name == "postgresql":
        for table in tables:
            session.execute(text(f"ANALYZE {table.__tablename__}"))


def in_chunks(ids: Collection[int]) -> Iterator[list[int]]:
    """Cut `ids` into lists short enough for one SQL statement."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), IDS_AT_ONCE):
        yield ordered[start : start + IDS_AT_ONCE]
