"""Make the font of agreement documents: Noto Sans CJK SC with TrueType outlines, which PDF libraries can embed.

It keeps every Chinese character the original has, the rare ones of names too, Latin letters and signs. Letters of
other European and Vietnamese names and currency signs that it lacks come from Noto Sans. Needs Debian's fonts-noto-cjk
and fonts-noto-core, which the application does not need:

    .venv/bin/python tools/document_font.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "loans" / "assets" / "tideover-cjk.ttf"
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
LETTERS = Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf")
SIMPLIFIED_CHINESE = 2  # the collection's faces are jp, kr, sc, tc, hk and their monospaced forms
NAME = "Tideover CJK"  # the licence reserves the original's name for the original
LARGEST_ERROR = 1.0  # of 1000 units to the em, between the old outline and the new
BLOCKS = (
    (0x0020, 0x024F),  # Latin
    (0x0300, 0x036F),  # accents
    (0x0370, 0x052F),  # Greek and Cyrillic
    (0x1E00, 0x1EFF),  # Latin with two accents, as in Vietnamese
    (0x2000, 0x22FF),  # punctuation, currencies, arrows
    (0x2460, 0x24FF),  # numbers in circles
    (0x25A0, 0x27BF),  # signs
    (0x3000, 0x303F),  # Chinese punctuation
    (0x3400, 0x4DBF),  # Chinese characters: extension A,
    (0x4E00, 0x9FFF),  # the common ones,
    (0xF900, 0xFAFF),  # compatibility forms,
    (0xFF00, 0xFFEF),  # full-width forms,
    (0x20000, 0x323AF),  # and extensions B to H
)


def main() -> None:
    """Write the font."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, default=SOURCE, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("--letters", type=Path, default=LETTERS, help="NotoSans-Regular.ttf")
    given = parser.parse_args()
    for source in (given.source, given.letters):
        if not source.exists():
            parser.error(
                f"{source} is not there: install fonts-noto-cjk and fonts-noto-core, or name the file"
            )
    font = TTFont(given.source, fontNumber=SIMPLIFIED_CHINESE, recalcTimestamp=False)
    _keep_blocks(font)
    _to_truetype(font)
    _add_letters(font, TTFont(given.letters))
    _rename(font)
    font.save(TARGET)
    print(
        f"{TARGET.relative_to(ROOT)}: {len(font.getBestCmap())} characters, {TARGET.stat().st_size:,} bytes"
    )


def _keep_blocks(font: TTFont) -> None:
    kept = [code for code in font.getBestCmap() if _is_wanted(code)]
    options = subset.Options(layout_features=[], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=kept)
    worker.subset(font)


def _is_wanted(code: int) -> bool:
    return any(first <= code <= last for first, last in BLOCKS)


def _to_truetype(font: TTFont) -> None:
    """Replace the cubic outlines (CFF) by quadratic ones (glyf)."""
    order, drawn = font.getGlyphOrder(), font.getGlyphSet()
    table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, {}
    for name in order:
        pen = TTGlyphPen(None)
        drawn[name].draw(Cu2QuPen(pen, LARGEST_ERROR, reverse_direction=True))
        table.glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), table
    del font["CFF "]
    limits = font["maxp"]
    limits.tableVersion, limits.maxZones = 0x00010000, 1
    for name in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements"):
        setattr(limits, f"max{name}", 0)
    limits.maxSizeOfInstructions = limits.maxComponentElements = 0
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"


def _add_letters(font: TTFont, letters: TTFont) -> None:
    """Add the wanted characters that `font` lacks and `letters` has. Both have 1000 units to the em."""
    there, drawn, widths = font.getBestCmap(), letters.getGlyphSet(), letters["hmtx"]
    lacking = {
        code: name for code, name in letters.getBestCmap().items() if _is_wanted(code) and code not in there
    }
    order = font.getGlyphOrder()
    for code, name in lacking.items():
        pen = DecomposingRecordingPen(drawn)
        drawn[name].draw(pen)
        outline = TTGlyphPen(None)
        pen.replay(outline)
        added = f"letter{code:04X}"
        order.append(added)
        font["glyf"].glyphs[added] = outline.glyph()
        font["hmtx"][added] = widths[name]
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[code] = added
    font.setGlyphOrder(order)
    font["glyf"].setGlyphOrder(order)


def _rename(font: TTFont) -> None:
    for record in font["name"].names:
        if record.nameID in (1, 3, 4):
            record.string = NAME
        elif record.nameID == 6:
            record.string = NAME.replace(" ", "")


if __name__ == "__main__":
    main()
