"""The agreement document as one HTML page with nothing outside it, for screens and for A4 paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from loans.documents.content import Document
from loans.documents.font import embedded

LANG: Mapping[str, str] = {"zh": "zh-CN", "en": "en"}
TAGS = re.compile("<[^>]*>")


def as_html(document: Document) -> str:
    """Return the document as HTML. Everything in it is escaped; the same document gives the same text."""
    template = _template()
    words = TAGS.sub("", template.render(document=document, lang=LANG, font=""))
    return template.render(document=document, lang=LANG, font=embedded(words))


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("agreement.html.j2")
