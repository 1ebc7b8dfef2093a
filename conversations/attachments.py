"""What goes with a message besides its words: a picture of the plan, an agreement's document, a calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from conversations import pictures
from loans.documents.file import File
from loans.documents.make import make_file
from loans.models import Agreement
from policies.texts import texts
from storage.engine import Database

PAPERS = {"agreement": "pdf", "calendar": "ics"}


def make(session: Session, spec: Mapping[str, Any], language: str, at: datetime) -> File:
    """Return the file that a message's `spec` describes, as of the borrower's day at the instant `at`.

    `spec` is {"kind": "schedule", "loan": ref} (see `pictures.render`), or "agreement" or "calendar" with the id of
    the "agreement". Raises LookupError for what is unknown, and AgreementError when there is no calendar (any more).
    """
    if spec.get("kind") in PAPERS:
        agreement = session.get(Agreement, str(spec.get("agreement")))
        if agreement is None:
            raise LookupError(f"there is no agreement {spec.get('agreement')!r}")
        return make_file(agreement, PAPERS[spec["kind"]])
    today = at.astimezone(ZoneInfo(pictures.loan_of(session, spec).borrower.timezone)).date()
    return File("tideover.png", "image/png", pictures.render(session, spec, language, today))


def is_picture(spec: Mapping[str, Any]) -> bool:
    """Tell whether a message's attachment is a picture."""
    return spec.get("kind") not in PAPERS


def title(spec: Mapping[str, Any], language: str) -> str:
    """Return what an attachment that is no picture is called."""
    return texts()[f"file_{spec['kind']}"].render(language, {})


def maker(
    database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Callable[[Mapping[str, Any]], File]:
    """Return a function that makes an attachment as of now, in spec["language"] or else the borrower's language."""

    def make_now(spec: Mapping[str, Any]) -> File:
        with database.read() as session:
            language = str(spec.get("language") or pictures.loan_of(session, spec).borrower.language)
            return make(session, spec, language, clock())

    return make_now
