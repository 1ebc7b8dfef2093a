"""What is taken for what, as a picture. Pure drawing: counts in, PNG out."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw, ImageFont

from loans.picture import FONT

CELL, LABELS, HEAD, MARGIN = 22, 200, 60, 16
INK, MUTED, FAINT, PAPER = "#17302f", "#566866", "#e6ecea", "#ffffff"
RIGHT, WRONG = (15, 102, 112), (176, 72, 20)


def draw_confusions(times: Mapping[tuple[str, str], int], title: str) -> bytes:
    """Return a PNG: a row for what was meant, a column for what was understood, the number of times in each cell.

    Right is blue, wrong is orange, the darker the larger the share of its row; numbers say the same without colour.
    """
    meant = sorted({row for row, _ in times})
    understood = sorted({name for pair in times for name in pair})
    width = LABELS + CELL * len(understood) + 2 * MARGIN
    height = HEAD + LABELS + CELL * len(meant) + MARGIN
    image = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(image)
    small, large = ImageFont.truetype(str(FONT), 12), ImageFont.truetype(str(FONT), 20)
    pen.text((MARGIN, HEAD // 2), title, INK, large, anchor="lm")
    left, top = MARGIN + LABELS, HEAD + LABELS
    for column, name in enumerate(understood):
        _upright(image, name, left + CELL * column, top - 4, small)
    for row, name in enumerate(meant):
        y = top + CELL * row
        pen.text((left - 6, y + CELL // 2), name, INK, small, anchor="rm")
        total = sum(count for (one, _), count in times.items() if one == name)
        for column, other in enumerate(understood):
            x, count = left + CELL * column, times.get((name, other), 0)
            shade = _shade(RIGHT if name == other else WRONG, count / total)
            pen.rectangle((x, y, x + CELL - 1, y + CELL - 1), fill=shade, outline=FAINT)
            if count:
                ink = PAPER if count / total > 0.5 else INK
                pen.text((x + CELL // 2, y + CELL // 2), str(count), ink, small, anchor="mm")
    return _png(image)


def _upright(image: Image.Image, words: str, x: int, bottom: int, font: ImageFont.FreeTypeFont) -> None:
    strip = Image.new("RGB", (LABELS, CELL), PAPER)
    ImageDraw.Draw(strip).text((0, CELL // 2), words, INK, font, anchor="lm")
    image.paste(strip.rotate(90, expand=True), (x, bottom - LABELS))


def _shade(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    strength = min(1.0, 0.15 + 0.85 * share) if share else 0.0
    red, green, blue = (round(255 - (255 - part) * strength) for part in colour)
    return red, green, blue


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
