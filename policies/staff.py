"""Who on the lender's staff may approve up to which level."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "staff.yml"
# Characters that take no ink and that Python nevertheless calls printable: joiners, fillers, variation selectors.
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


class StaffError(Exception):
    """The staff file cannot be used; the message says what is wrong and what to do, in both languages."""


def staff_name(given: str) -> str:
    """Return a staff id in the one way it is kept and compared: Unicode NFKC, without outer spaces, in small letters.

    Raises ValueError for an empty one and for characters that cannot be seen: two ids that look alike are one.
    """
    name = unicodedata.normalize("NFKC", given.strip()).casefold().strip()
    if not name or not name.isprintable() or INVISIBLE.search(name):
        raise ValueError("a staff id is made of characters that can be seen")
    return name


def staff_file() -> Path:
    """Return the file that names them: TIDEOVER_STAFF_FILE or policies/staff.yml."""
    return Path(os.environ.get("TIDEOVER_STAFF_FILE") or FILE)


def load_levels(path: Path) -> dict[str, str]:
    """Read the level of everyone who is listed, by `staff_name`. Raises StaffError."""
    try:
        given = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("levels")
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        raise StaffError(
            f"{path.name} cannot be read ({type(error).__name__}); it is YAML with a table `levels` "
            f"无法读取 {path.name}：它应是带有 levels 表的 YAML"
        ) from None
    if not isinstance(given, Mapping) or not all(isinstance(value, str) for value in given.values()):
        raise StaffError(
            f"{path.name}: levels: must be a table of staff ids and levels, such as u18: manager "
            "levels 应是员工编号和级别的对照表，例如 u18: manager"
        )
    try:
        return {staff_name(str(name)): level for name, level in given.items()}
    except ValueError as error:
        raise StaffError(f"{path.name}: levels: {error}") from None


def level_of(name: str, levels: Sequence[str]) -> str:
    """Return the level of a member of staff; `levels` go from the lowest to the highest.

    Whoever is not listed has the lowest. The file is read every time: a change counts at once. Raises StaffError for
    a level that is none of `levels`.
    """
    level = load_levels(staff_file()).get(staff_name(name), levels[0])
    if level not in levels:
        raise StaffError(
            f"{staff_file().name}: levels.{name}: {level!r} is unknown; use one of {', '.join(levels)} "
            f"没有 {level!r} 这个级别，请用 {'、'.join(levels)} 之一"
        )
    return level


def may_approve(name: str, needed: str | None, levels: Sequence[str]) -> bool:
    """Tell whether somebody may approve what needs the level `needed` (None: any)."""
    return needed is None or levels.index(level_of(name, levels)) >= levels.index(needed)
