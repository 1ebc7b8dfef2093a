"""Making an agreement's files: its document and its calendar."""

from __future__ import annotations

from loans.documents.calendar import as_calendar
from loans.documents.content import document
from loans.documents.file import File
from loans.documents.html import as_html
from loans.documents.pdf import as_pdf
from loans.models import Agreement

FORMATS = ("html", "pdf", "ics")
MEDIA_TYPES = {"html": "text/html", "pdf": "application/pdf", "ics": "text/calendar"}


def make_file(agreement: Agreement, kind: str) -> File:
    """Return an agreement's document as `html` or `pdf`, or its calendar as `ics`.

    The same agreement, texts and lender's facts give the same bytes. Raises AgreementError when it has no calendar,
    being not in force, and KeyError for an unknown kind.
    """
    if kind == "ics":
        content = as_calendar(agreement)
    elif kind == "pdf":
        content = as_pdf(document(agreement))
    else:
        content = as_html(document(agreement)).encode()
    return File(f"agreement-{agreement.id[:8]}.{kind}", MEDIA_TYPES[kind], content)
