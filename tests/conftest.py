"""What every test can ask for: a fresh database, once on SQLite and once on PostgreSQL; and how long properties run."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from storage.engine import Database
from storage.migrate import upgrade

# No property has a time limit of its own: on a busy machine that would fail at random.
settings.register_profile("default", deadline=None)
settings.load_profile("default")
# `pytest --hypothesis-profile=long` gives every property a larger budget; see `make test-long`.
settings.register_profile("long", max_examples=5000, deadline=None, print_blob=True)

POSTGRES_VARIABLE = "TIDEOVER_TEST_POSTGRES_URL"


def _write_out(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _as_administrator(server: URL, *statements: str) -> None:
    engine = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no rows, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[URL]:
    """A PostgreSQL database with every table and no rows, made once and copied for each test."""
    given = os.environ.get(POSTGRES_VARIABLE)
    if not given:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{POSTGRES_VARIABLE} is not set: in CI the tests must run on PostgreSQL too")
        pytest.skip(f"set {POSTGRES_VARIABLE} to run this on PostgreSQL too")
    server = make_url(given)
    name = f"tideover_template_{uuid.uuid4().hex[:12]}"
    _as_administrator(server, f"CREATE DATABASE {name}")
    try:
        template = server.set(database=name)
        upgrade(_write_out(template))
        yield template
    finally:
        _as_administrator(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database with every table."""
    path = tmp_path / "tideover.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_template: URL) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with every table; it is dropped after the test."""
    server = make_url(os.environ[POSTGRES_VARIABLE])
    name = f"tideover_test_{uuid.uuid4().hex[:12]}"
    _as_administrator(server, f"CREATE DATABASE {name} TEMPLATE {postgres_template.database}")
    try:
        yield _write_out(server.set(database=name))
    finally:
        _as_administrator(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database with every table, on each kind of database in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with every table, on each kind of database in turn."""
    opened = Database(database_url)
    yield opened
    opened.close()
