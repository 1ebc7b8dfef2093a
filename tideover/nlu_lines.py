"""Files of one JSON object a line: read with the place of every fault, and written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tideover.nlu_data import LANGUAGES


class LineFault(ValueError):
    """Lines that cannot be used. Each fault says where it is, what is wrong and what to do, in both languages."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file, empty lines left out. Raises LineFault for lines that are no message."""
    found, faults = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if (
            isinstance(value, dict)
            and isinstance(value.get("text"), str)
            and value.get("language") in LANGUAGES
        ):
            found.append({**value, "line": number})
        else:
            faults.append(
                f"{path}:{number}: this is no JSON object with text and language (zh or en); "
                "use the files that `tideover nlu export` and `review` write "
                "不是含 text 和 language 的 JSON 对象，请使用 export 或 review 生成的文件"
            )
    if faults:
        raise LineFault(faults)
    return found


def write_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Replace a file in one step: whoever reads it, or is interrupted, has the old lines or the new ones."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        for line in lines:
            shown = {key: value for key, value in line.items() if key != "line"}
            file.write(json.dumps(shown, ensure_ascii=False) + "\n")
    draft.replace(path)
