"""The repayment plan as a picture, for chat windows without tables. Pure drawing: rows in, PNG out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from policies.wording import day, money

FONT = Path(__file__).parent / "assets" / "tideover-cjk-subset.otf"
SCALE = 3  # pixels to a point: sharp on a phone, and letters of a size to be read there
WIDTH, MARGIN, LINE, HEAD = 420, 20, 48, 80
BAR_WIDTH, BAR_HEIGHT = 110, 8
MOST_ROWS, SHOWN_OF_MANY = 24, 18
MISSING = "\uffff"  # no font has a glyph for it

INK, MUTED, FAINT, PALE, PAPER = "#17302f", "#566866", "#dbe5e3", "#d9eaee", "#ffffff"
COLOURS = {"paid": "#4d6f5f", "overdue": "#a5341f", "next": "#0f6670", "upcoming": "#3f6d86"}
TINTS = {"overdue": "#fdf0ec", "next": "#e6f3f3"}


@dataclass(frozen=True)
class PictureRow:
    """One instalment: what falls due on a day, and what of it is unpaid, in the loan's currency."""

    number: int
    due_on: date
    due: Decimal
    unpaid: Decimal


@dataclass(frozen=True)
class _Line:
    """One line of the picture: an instalment, or several put together."""

    state: str
    when: str
    words: str
    due: Decimal
    unpaid: Decimal
    has_bar: bool = True


def draw_schedule(
    rows: Sequence[PictureRow],
    *,
    title: str,
    labels: Mapping[str, str],
    language: str,
    currency: str,
    as_of: date,
) -> bytes:
    """Return a PNG of the plan, 1260 pixels wide: a line for each instalment, what is left, and the last date.

    Paid, overdue and upcoming differ in shape, bar and words, not in colour alone. An instalment is overdue from the
    day after its due date; `as_of` is a date in the borrower's time zone. Of more than 24 instalments the paid ones
    at the beginning become one line, and so do those after the next 18. `labels` are the texts picture_*, unfilled.
    Raises ValueError when there are no rows.
    """
    if not rows:
        raise ValueError("a plan without instalments cannot be drawn")
    lines = _lines(rows, labels, language, currency, as_of)
    totals = _totals(rows, labels, language, currency, as_of)
    height = HEAD + LINE * len(lines) + 20 + 28 * len(totals) + 14
    image = Image.new("RGB", (WIDTH * SCALE, height * SCALE), PAPER)
    pen = _Pen(image)
    pen.text(MARGIN, 32, title, 20, bold=True)
    pen.text(MARGIN, 58, labels["picture_as_of"].format(date=day(as_of, language)), 13, MUTED)
    largest = max((line.due for line in lines if line.has_bar), default=Decimal(0)) or Decimal(1)
    for number, line in enumerate(lines):
        _draw_line(pen, HEAD + LINE * number, line, largest, _money(line.due, currency, language))
    top = HEAD + LINE * len(lines) + 10
    pen.rule(top)
    for number, (label, value) in enumerate(totals):
        middle = top + 22 + 28 * number
        pen.text(MARGIN, middle, label, 15, MUTED)
        pen.text(WIDTH - MARGIN, middle, value, 16, bold=True, right=True)
    return pen.png()


def state_of(row: PictureRow, as_of: date) -> str:
    """Tell whether an instalment is paid, overdue or upcoming on a day."""
    if not row.unpaid:
        return "paid"
    return "overdue" if row.due_on < as_of else "upcoming"


def _lines(
    rows: Sequence[PictureRow], labels: Mapping[str, str], language: str, currency: str, as_of: date
) -> list[_Line]:
    upcoming = next((row for row in rows if state_of(row, as_of) == "upcoming"), None)

    def line(row: PictureRow) -> _Line:
        state = "next" if row is upcoming else state_of(row, as_of)
        words = labels[f"picture_{state}"]
        if 0 < row.unpaid < row.due:
            part = "picture_overdue_part" if state == "overdue" else "picture_part_paid"
            words = labels[part].format(left=_money(row.unpaid, currency, language))
        return _Line(state, day(row.due_on, language), words, row.due, row.unpaid)

    if len(rows) <= MOST_ROWS:
        return [line(row) for row in rows]
    first_open = next((place for place, row in enumerate(rows) if row.unpaid), len(rows))
    shown = rows[first_open : first_open + SHOWN_OF_MANY]
    later = rows[first_open + SHOWN_OF_MANY :]
    lines = []
    if first_open:
        lines.append(_together("paid", "picture_earlier", "picture_paid", rows[:first_open], labels))
    lines += [line(row) for row in shown]
    if later:
        lines.append(_together("upcoming", "picture_later", "picture_upcoming", later, labels))
    return lines


def _together(
    state: str, head: str, words: str, rows: Sequence[PictureRow], labels: Mapping[str, str]
) -> _Line:
    due, unpaid = sum((row.due for row in rows), Decimal(0)), sum((row.unpaid for row in rows), Decimal(0))
    return _Line(state, labels[head].format(count=len(rows)), labels[words], due, unpaid, has_bar=False)


def _totals(
    rows: Sequence[PictureRow], labels: Mapping[str, str], language: str, currency: str, as_of: date
) -> list[tuple[str, str]]:
    left = sum((row.unpaid for row in rows), Decimal(0))
    late = sum((row.unpaid for row in rows if state_of(row, as_of) == "overdue"), Decimal(0))
    if not left:
        return [(labels["picture_all_paid"], day(max(row.due_on for row in rows), language))]
    totals = [(labels["picture_overdue_total"], _money(late, currency, language))] if late else []
    totals.append((labels["picture_left_total"], _money(left, currency, language)))
    totals.append((labels["picture_last_date"], day(max(row.due_on for row in rows), language)))
    return totals


def _draw_line(pen: _Pen, top: int, line: _Line, largest: Decimal, amount: str) -> None:
    colour = COLOURS[line.state]
    if line.state in TINTS:
        pen.band(top, TINTS[line.state])
    pen.marker(MARGIN, top + LINE // 2, line.state)
    pen.text(MARGIN + 32, top + 16, line.when, 16)
    pen.text(MARGIN + 32, top + 35, line.words, 13, colour)
    right = WIDTH - MARGIN
    pen.text(right, top + 16, amount, 16, MUTED if line.state == "paid" else INK, right=True)
    if line.has_bar:
        length = max(BAR_HEIGHT, int(BAR_WIDTH * line.due / largest))
        paid = int(length * (line.due - line.unpaid) / line.due) if line.due else length
        pen.bar(right - length, top + 35, length, paid, line.state)


def _money(amount: Decimal, currency: str, language: str) -> str:
    """An amount as everywhere else; with the currency's code where the font lacks its sign (₹, ₱)."""
    words = money(amount, currency, language)
    return words if all(map(in_font, words)) else f"{currency} {amount:,.2f}"


class _Pen:
    """Draws in points on an image of `SCALE` pixels to the point."""

    def __init__(self, image: Image.Image) -> None:
        self._image, self._draw = image, ImageDraw.Draw(image)

    def text(
        self,
        x: int,
        middle: int,
        words: str,
        size: int,
        colour: str = INK,
        *,
        bold: bool = False,
        right: bool = False,
    ) -> None:
        """Write one line around the height `middle`. What the font lacks is left out rather than drawn as a box."""
        known = "".join(filter(in_font, words))
        anchor = "rm" if right else "lm"
        weight = 0.5 if bold else 0
        where = (x * SCALE, middle * SCALE)
        self._draw.text(where, known, colour, _font(size), anchor, stroke_width=weight, stroke_fill=colour)

    def band(self, top: int, colour: str) -> None:
        """Tint a whole line."""
        box = (
            MARGIN // 2 * SCALE,
            (top + 1) * SCALE,
            (WIDTH - MARGIN // 2) * SCALE,
            (top + LINE - 1) * SCALE,
        )
        self._draw.rounded_rectangle(box, 8 * SCALE, colour)

    def rule(self, y: int) -> None:
        """Draw a thin line across."""
        self._draw.line((MARGIN * SCALE, y * SCALE, (WIDTH - MARGIN) * SCALE, y * SCALE), FAINT, SCALE)

    def bar(self, left: int, middle: int, length: int, paid: int, state: str) -> None:
        """Draw an instalment's bar: its paid part filled, the rest open, striped when overdue."""
        colour = COLOURS[state]
        x, y = left * SCALE, (middle - BAR_HEIGHT // 2) * SCALE
        width, height = length * SCALE, BAR_HEIGHT * SCALE
        bar = Image.new("RGB", (width, height), PAPER if state == "overdue" else PALE)
        ink = ImageDraw.Draw(bar)
        if state == "overdue":
            for start in range(-height, width, 6 * SCALE):
                ink.line((start, height, start + height, 0), colour, 2 * SCALE)
        if paid:
            ink.rectangle((0, 0, paid * SCALE - 1, height), COLOURS["paid"])
        shape = Image.new("L", (width, height), 0)
        ImageDraw.Draw(shape).rounded_rectangle((0, 0, width - 1, height - 1), height // 2, 255)
        self._image.paste(bar, (x, y), shape)
        edge = COLOURS["paid"] if paid == length else colour
        self._draw.rounded_rectangle(
            (x, y, x + width - 1, y + height - 1), height // 2, outline=edge, width=SCALE
        )

    def marker(self, left: int, middle: int, state: str) -> None:
        """Draw the sign of a state: a tick, a triangle with a mark, an arrow for the next one, an open ring."""
        sign = _marker(state)
        self._image.paste(COLOURS[state], (left * SCALE, (middle - 11) * SCALE), sign)

    def png(self) -> bytes:
        """Return the picture."""
        target = io.BytesIO()
        self._image.save(target, "PNG", optimize=True)
        return target.getvalue()


@cache
def _marker(state: str) -> Image.Image:
    """A sign as a mask, drawn four times as large so that its edges are smooth."""
    size = 22 * SCALE * 4
    unit = size / 22
    sign = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(sign)

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * unit, y * unit) for x, y in points]

    thick = int(2.4 * unit)
    if state == "paid":
        draw.ellipse(at((1, 1), (21, 21)), fill=255)
        draw.line(at((6, 11.5), (9.7, 15.2), (16.2, 7.6)), 0, thick, joint="curve")
    elif state == "overdue":
        draw.polygon(at((11, 1), (21.5, 20.5), (0.5, 20.5)), fill=255)
        draw.line(at((11, 8), (11, 14)), 0, thick)
        draw.ellipse(at((9.7, 15.8), (12.3, 18.4)), fill=0)
    elif state == "next":
        draw.ellipse(at((1, 1), (21, 21)), fill=255)
        draw.polygon(at((8.5, 6), (16, 11), (8.5, 16)), fill=0)
    else:
        draw.ellipse(at((2, 2), (20, 20)), outline=255, width=int(2 * unit))
    return sign.resize((22 * SCALE, 22 * SCALE), Image.Resampling.LANCZOS)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size * SCALE, layout_engine=ImageFont.Layout.BASIC)


@cache
def in_font(character: str) -> bool:
    """Tell whether the picture's font has a character."""
    font = _font(16)
    return character == " " or bytes(font.getmask(character)) != bytes(font.getmask(MISSING))
