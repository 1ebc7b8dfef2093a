"""Alembic's environment: run the migrations on the database the caller named, in one transaction.

SQLite changes a column by writing the table anew; its foreign keys are off meanwhile, or dropping the old table would
take the rows that refer to it along, and are checked before anything is committed.
"""

from __future__ import annotations

from alembic import context

from storage.base import Base
from storage.engine import open_engine

engine = open_engine(context.config.attributes["url"])
is_sqlite = engine.dialect.name == "sqlite"
with engine.connect() as connection:
    if is_sqlite:
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite and (dangling := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise RuntimeError(f"the migration would leave rows that refer to nothing: {dangling[:5]}")
    connection.commit()
engine.dispose()
