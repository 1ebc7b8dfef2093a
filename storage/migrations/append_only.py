"""Triggers that let rows be added to a table and refuse to change or remove any."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

REFUSAL = "rows of {table} are never changed or removed"


def forbid_changes(table: str) -> None:
    """Create the triggers for `table` on the database the migration runs on."""
    message = REFUSAL.format(table=table)
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )


def forbid_replacing(table: str, *keys: Sequence[str]) -> None:
    """On SQLite, refuse to insert a row of `table` that has one of its unique `keys` in common with a row there.

    INSERT OR REPLACE would otherwise remove that row, and fires no trigger for it unless `recursive_triggers` is on.
    """
    if op.get_bind().dialect.name != "sqlite":
        return
    same = " OR ".join(
        "(" + " AND ".join(f"{table}.{column} = NEW.{column}" for column in key) + ")" for key in keys
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL.format(table=table)}'); END"
    )
