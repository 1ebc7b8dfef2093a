"""Make the font of the schedule picture: the few glyphs it needs from Noto Sans CJK, to look the same anywhere.

Needs fonttools and Debian's fonts-noto-cjk, neither of which the application needs:

    uv run --no-project --with fonttools --with pyyaml python tools/subset_font.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import yaml
from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT / "policies" / "texts" / "picture.yml"
TARGET = ROOT / "loans" / "assets" / "tideover-cjk-subset.otf"
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIMPLIFIED_CHINESE = 2  # the collection's faces are jp, kr, sc, tc, hk and their monospaced forms
ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "·–—…“”，。：；（）年月日元¥£€"
NAME = "Tideover CJK Subset"  # the licence reserves the original's name for the original


def characters() -> str:
    """Return every character the picture may have to draw."""
    labels = yaml.safe_load(LABELS.read_text(encoding="utf-8"))
    return ALWAYS + "".join(label[language] for label in labels for language in ("zh", "en"))


def main() -> None:
    """Write the font."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, default=SOURCE, help="NotoSansCJK-Regular.ttc")
    source: Path = parser.parse_args().source
    if not source.exists():
        parser.error(f"{source} is not there: install fonts-noto-cjk, or name the file with --source")
    font = TTFont(source, fontNumber=SIMPLIFIED_CHINESE, recalcTimestamp=False)
    options = subset.Options(
        layout_features=["kern", "tnum", "mark", "ccmp"], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14]
    )
    options.desubroutinize = True
    worker = subset.Subsetter(options)
    worker.populate(text=characters())
    worker.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6):
            record.string = NAME if record.nameID != 6 else NAME.replace(" ", "")
    font["CFF "].cff.fontNames = [NAME.replace(" ", "")]
    font.save(TARGET)
    print(f"{TARGET.relative_to(ROOT)}: {len(font.getGlyphOrder())} glyphs, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
