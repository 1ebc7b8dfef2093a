"""Keeping the files that borrowers send: by the hash of their content, for the owner only, never opened here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from conversations.evidence import note_fetched
from conversations.models import Conversation, Evidence, EvidenceFile
from storage.engine import Database

SIZE_LIMIT = 20_000_000
FOLDER = "evidence"


def is_wanted(media_type: str | None, *, voice: bool) -> bool:
    """Tell whether files of a type are fetched: pictures and PDF, and with `voice` what a recogniser is to hear."""
    kind = media_type or ""
    return kind.startswith("image/") or kind == "application/pdf" or (voice and kind.startswith("audio/"))


class EvidenceFiles:
    """The files of one home."""

    def __init__(self, database: Database, home: Path) -> None:
        self._database, self._home = database, home

    def waiting(self, channel: str) -> Sequence[Evidence]:
        """Return what a channel has announced and nobody has tried to the end to fetch, oldest first."""
        wanted = (
            select(Evidence)
            .join(Conversation, Conversation.id == Evidence.conversation_id)
            .outerjoin(EvidenceFile, EvidenceFile.evidence_id == Evidence.id)
            .where(Conversation.channel == channel, EvidenceFile.evidence_id.is_(None))
            .order_by(Evidence.message_id)
        )
        with self._database.read() as session:
            return session.scalars(wanted).all()

    def of_message(self, message_id: int) -> Evidence | None:
        """Return the file of a message, if it has one."""
        with self._database.read() as session:
            return session.scalar(select(Evidence).where(Evidence.message_id == message_id).limit(1))

    def path_of(self, evidence: Evidence) -> Path | None:
        """Return where a file is kept, or None when it is not."""
        with self._database.read() as session:
            file = session.get(EvidenceFile, evidence.id)
        return self._home / file.path if file is not None and file.path else None

    def keep(self, evidence: Evidence, content: bytes) -> None:
        """Keep a file's content, whole or not at all, and note it. Raises OSError when it cannot be written."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = Path(FOLDER) / sha256[:2] / sha256
        _write(self._home / path, content)
        with self._database.write() as session:
            note_fetched(
                session,
                evidence,
                "kept",
                datetime.now(UTC),
                sha256=sha256,
                path=path.as_posix(),
                size=len(content),
            )

    def leave(self, evidence: Evidence, reason: str) -> None:
        """Note that a file stays a reference: it is `too_big`, of the `wrong_type`, or `gone` from the channel."""
        with self._database.write() as session:
            note_fetched(session, evidence, reason, datetime.now(UTC))


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    with suppress(FileNotFoundError):
        part.unlink()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
