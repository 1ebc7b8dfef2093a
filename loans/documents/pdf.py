"""The agreement document as PDF on A4, the font inside. The same document gives the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import textsplit
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from loans.documents.content import Document, Part, Plan, Section
from loans.documents.font import FILE, drawable
from policies.texts import texts

FONT = "TideoverCJK"
PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN, FOOT = 16 * mm, 12 * mm
FRAME_PADDING = 6  # reportlab's own
WIDTH = PAGE_WIDTH - 2 * MARGIN - 2 * FRAME_PADDING
LABEL_WIDTH = 57 * mm
CELL_SIZE, CELL_PADDING = 8.5, 3
INK, MUTED, LINE = HexColor("#17302f"), HexColor("#566866"), HexColor("#cfdbd9")
TINTS = {
    "kept": "#e3f0f0",
    "waiting": "#fdf3df",
    "plan_goes_on": "#fdf3df",
    "ended": "#fdf0ec",
    "never": "#fdf0ec",
}
EDGES = {
    "kept": "#0f6670",
    "waiting": "#8a5c0a",
    "plan_goes_on": "#8a5c0a",
    "ended": "#a5341f",
    "never": "#a5341f",
}
WATERMARK = HexColor("#f3e3de")

NEVER_FIRST = "，；：！？”’》〉%"  # at the beginning of a line; reportlab knows only some

_reportlabs = ttfonts.makeToUnicodeCMap


def as_pdf(document: Document) -> bytes:
    """Return the document as PDF. It is laid out twice, since each page tells how many there are."""
    _, pages = _build(document, 0)
    content, _ = _build(document, pages)
    return content


def _build(document: Document, pages: int) -> tuple[bytes, int]:
    _font()
    target = io.BytesIO()
    first = document.parts[0]
    template = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + FOOT,
        title=" · ".join(part.title for part in document.parts),
        author=document.lender,
        subject=document.agreement,
        lang={"zh": "zh-CN", "en": "en"}[first.language],
        invariant=1,
        initialFontName=FONT,
    )

    def decorate(canvas: Canvas, _: object) -> None:
        _mark(canvas, document)
        _number(canvas, document, pages)

    story: list[Flowable] = []
    for part in document.parts:
        story += [PageBreak()] if story else []
        story += _part(document, part)
    template.build(story, onFirstPage=decorate, onLaterPages=decorate)
    return target.getvalue(), template.page


def _mark(canvas: Canvas, document: Document) -> None:
    """Write across the page that the agreement's plan is not in force."""
    if not any(part.mark for part in document.parts):
        return
    canvas.saveState()
    canvas.translate(PAGE_WIDTH / 2, PAGE_HEIGHT / 2)
    canvas.rotate(55)
    canvas.setFillColor(WATERMARK)
    for part, height in zip(document.parts, (20, -70), strict=True):
        canvas.setFont(FONT, 60)
        canvas.drawCentredString(0, height, part.mark)
    canvas.restoreState()


def _number(canvas: Canvas, document: Document, pages: int) -> None:
    values = {
        "agreement": document.agreement[:8],
        "page": str(canvas.getPageNumber()),
        "pages": str(pages),
    }
    canvas.saveState()
    canvas.setFont(FONT, 8)
    canvas.setFillColor(MUTED)
    canvas.drawString(MARGIN, FOOT, drawable(document.lender))
    words = [texts()["document_page"].render(part.language, values) for part in document.parts]
    for line, text in enumerate(words):
        canvas.drawRightString(PAGE_WIDTH - MARGIN, FOOT + 11 * (len(words) - 1 - line), text)
    canvas.restoreState()


def _part(document: Document, part: Part) -> Iterator[Flowable]:
    yield _words(part.title, _style(part.language, 20, after=3))
    yield _words(part.two_parts, _style(part.language, 9, colour=MUTED, after=8))
    yield _banner(part, document.force)
    for section in part.sections:
        yield from _section(section, part.language)


def _banner(part: Part, force: str) -> Flowable:
    banner = Table([[_words(part.standing, _style(part.language, 11))]], colWidths=[WIDTH])
    banner.setStyle(
        TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), FONT),
                ("BACKGROUND", (0, 0), (-1, -1), HexColor(TINTS[force])),
                ("LINEBEFORE", (0, 0), (0, -1), 3, HexColor(EDGES[force])),
                ("LEFTPADDING", (0, 0), (-1, -1), 10),
                ("TOPPADDING", (0, 0), (-1, -1), 7),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
            ]
        )
    )
    return banner


def _section(section: Section, language: str) -> Iterator[Flowable]:
    """Yield a section; one without the plan stays on one page."""
    heading = _words(section.heading, _style(language, 13, colour=HexColor("#0a525a"), before=12, after=4))
    plain = _style(language, 10, after=4)
    body: list[Flowable] = [_words(paragraph, plain) for paragraph in section.paragraphs]
    if section.facts:
        body.append(_facts(section.facts, language))
    yield KeepTogether([heading, *body])
    if section.plan is not None:
        yield _plan(section.plan)
        yield Spacer(0, 4)
        yield _words(section.plan.note, _style(language, 8.5, colour=MUTED))


def _facts(facts: Sequence[tuple[str, str]], language: str) -> Flowable:
    label, value = _style(language, 9.5, colour=MUTED), _style(language, 10)
    rows = [[_words(name, label), _words(words, value)] for name, words in facts]
    table = Table(rows, colWidths=[LABEL_WIDTH, WIDTH - LABEL_WIDTH])
    table.setStyle(
        TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), FONT),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ]
        )
    )
    return table


def _plan(plan: Plan) -> Flowable:
    label, *amounts = plan.total
    rows = [list(plan.heads), *(list(row.cells) for row in plan.rows), [label, "", *amounts, ""]]
    cells = [[drawable(cell) for cell in row] for row in rows]
    size, widths = _fitted(cells)
    last = len(cells) - 1
    style: list[Any] = [
        ("FONT", (0, 0), (-1, -1), FONT, size, size * 1.3),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("TEXTCOLOR", (0, 0), (-1, 0), MUTED),
        ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, MUTED),
        ("LINEABOVE", (0, last), (-1, last), 0.8, MUTED),
        ("SPAN", (0, last), (1, last)),
        ("NOSPLIT", (0, max(last - 2, 0)), (-1, last)),
        ("LEFTPADDING", (0, 0), (-1, -1), CELL_PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), CELL_PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    paid = (number for number, row in enumerate(plan.rows, start=1) if row.paid)
    style += [("TEXTCOLOR", (0, number), (-1, number), MUTED) for number in paid]
    table = Table(cells, colWidths=widths, repeatRows=1)
    table.setStyle(TableStyle(style))
    return table


def _fitted(cells: Sequence[Sequence[str]]) -> tuple[float, list[float]]:
    """Return the size of letters and the widths of columns that fill the page; large amounts make letters smaller."""
    natural = [
        max(pdfmetrics.stringWidth(words, FONT, CELL_SIZE) for words in column)
        for column in zip(*cells[:-1], strict=True)
    ]
    room = WIDTH - 2 * CELL_PADDING * len(natural)
    size = min(CELL_SIZE, CELL_SIZE * room / sum(natural))
    spare = (room - sum(natural) * size / CELL_SIZE) / len(natural)
    return size, [width * size / CELL_SIZE + spare + 2 * CELL_PADDING for width in natural]


def _words(words: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(drawable(words)), style)


def _style(
    language: str, size: float, *, colour: Color = INK, before: float = 0, after: float = 0
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{language}-{size}",
        fontName=FONT,
        fontSize=size,
        leading=size * 1.5,
        textColor=colour,
        alignment=TA_LEFT,
        spaceBefore=before,
        spaceAfter=after,
        wordWrap="CJK" if language == "zh" else None,
    )


@cache
def _font() -> None:
    """Make the font and the habits of Chinese known to reportlab, once a process."""
    textsplit.ALL_CANNOT_START += NEVER_FIRST  # type: ignore[misc]
    ttfonts.makeToUnicodeCMap = _to_unicode
    pdfmetrics.registerFont(ttfonts.TTFont(FONT, FILE))


def _to_unicode(fontname: str, subset: Any) -> str:
    """Return the table that tells a reader which characters a font's codes are, in UTF-16 (ISO 32000-1, 9.10.3).

    reportlab writes those beyond U+FFFF, the rare ones of names, with five digits: they would be copied as others.
    """

    def utf_16(five_digits: re.Match[str]) -> str:
        return f"<{chr(int(five_digits[1], 16)).encode('utf-16-be').hex().upper()}>"

    return re.sub("<([0-9A-F]{5})>", utf_16, _reportlabs(fontname, subset))
