"""Homes that share one Rasa server: which database a conversation belongs to.

Rasa is told a conversation's id as `HOME.CONVERSATION`. The home's key is looked up in a folder beside the Rasa
server, readable only by its owner, where each home has written its database's address.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sqlalchemy.engine import make_url

from storage.engine import Database

KEY_LENGTH = 12


def register(folder: Path, database_url: str) -> str:
    """Write a database's address into `folder` and return the home's key. The same address gives the same key."""
    key = hashlib.sha256(database_url.encode()).hexdigest()[:KEY_LENGTH]
    folder.mkdir(parents=True, exist_ok=True)
    target, draft = folder / key, folder / f".{key}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(database_url)
    draft.replace(target)
    return key


class Homes:
    """Opens the database of a home by its key, once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[Database, int]] = {}

    def database(self, key: str) -> Database:
        """Return the home's database, opened anew if its file has been replaced.

        Raises LookupError for a key nobody has registered.
        """
        database, file = self._open.get(key, (None, 0))
        if database is not None and file == _file_number(database.url):
            return database
        place = self._folder / key
        if len(key) != KEY_LENGTH or not key.isalnum() or not place.is_file():
            raise LookupError(f"no home is registered as {key!r} in {self._folder}")
        if database is not None:
            database.close()
        opened = Database(place.read_text())
        self._open[key] = (opened, _file_number(opened.url))
        return opened


def _file_number(url: str) -> int:
    """Return the number of a SQLite file on its disk; 0 for other databases, and for a file not there yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return 0
    try:
        return os.stat(parsed.database).st_ino
    except FileNotFoundError:
        return 0


def sender_id(home_key: str, conversation_id: str) -> str:
    """Return the id under which Rasa knows a conversation."""
    return f"{home_key}.{conversation_id}"


def split_sender(sender: str) -> tuple[str, str]:
    """Return home key and conversation id. Raises LookupError for anything else."""
    home, dot, conversation = sender.partition(".")
    if not dot or not conversation:
        raise LookupError(f"{sender!r} is not HOME.CONVERSATION")
    return home, conversation
