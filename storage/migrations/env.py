"""Alembic's environment: run the migrations on the database the caller named."""

from __future__ import annotations

from alembic import context

from storage.base import Base
from storage.engine import open_engine

engine = open_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
