"""The tables of tests/nlu/entities*.yml, and how well the rules read the one written without sight of them.

Run it to see the rows that are read wrongly, and the share and speed by kind: `python -m tests.support.entity_tables`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bot.entities import Entity, resolve

FOLDER = Path(__file__).parents[1] / "nlu"
SETTING = yaml.safe_load((FOLDER / "entities.yml").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(SETTING["now"])
FIGURES = ("amount", "date", "duration")
MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True)
class Row:
    """A message and the readings that are right: each lists what is in it as "type: surface = value"."""

    language: str
    kind: str
    text: str
    readings: tuple[Sequence[str], ...]


def read_all(text: str, language: str = "zh", *, now: datetime = NOW, currency: str = "CNY") -> list[Entity]:
    """Resolve a text at the tables' clock, zone and currency."""
    return resolve(text, now=now, timezone=SETTING["timezone"], currency=currency, language=language)


def read(text: str, language: str = "zh", *, now: datetime = NOW, currency: str = "CNY") -> list[Entity]:
    """Resolve a text and keep its amounts, dates and durations."""
    return [one for one in read_all(text, language, now=now, currency=currency) if one.type in FIGURES]


def table(name: str) -> dict[str, Any]:
    """Return a table as it stands in its file."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return found


def unseen() -> Iterator[Row]:
    """Yield the rows written without sight of the rules."""
    for language in ("zh", "en"):
        kinds = table(f"entities_unseen_{language}")
        for kind, rows in kinds.items():
            if isinstance(rows, list):
                for text, *told in rows:
                    first = [one for one in told if isinstance(one, str)]
                    others = [one for one in told if isinstance(one, list)]
                    yield Row(language, kind, text, (first, *others))


def in_words(entity: Entity) -> str:
    """Return an entity as the tables write it."""
    return f"{entity.type}: {entity.text} = {_value(entity)}"


def is_right(row: Row, found: Sequence[Entity]) -> bool:
    """Tell whether what was found is one of the row's readings."""
    return any(_agrees(row.text, reading, found) for reading in row.readings)


def _value(entity: Entity) -> str:
    if entity.unclear is not None:
        return f"? {entity.unclear}"
    if isinstance(entity.value, str):
        return entity.value
    assert entity.value is not None
    return " ".join(map(str, entity.value.values()))


def _agrees(text: str, reading: Sequence[str], found: Sequence[Entity]) -> bool:
    if len(reading) != len(found):
        return False
    for told, entity in zip(reading, found, strict=True):
        kind, _, rest = told.partition(": ")
        surface, _, value = rest.rpartition(" = ")
        overlaps = (
            text.find(surface, max(0, entity.start - len(surface) + 1), entity.end + len(surface) - 1) >= 0
        )
        if not overlaps or entity.type != kind or _plain(value) != _plain(_value(entity)):
            return False
    return True


def _plain(value: str) -> str:
    """Two values are the same when this is: all that is unclear, and a year and twelve months."""
    if value.startswith("?"):
        return "?"
    n, _, unit = value.partition(" ")
    return f"{int(n) * MONTHS_OF_A_YEAR} month" if unit == "year" else value


def _share(rows: Sequence[tuple[Row, bool]]) -> str:
    right = sum(ok for _, ok in rows)
    return f"{right}/{len(rows)} = {right / len(rows):.1%}"


def main() -> None:
    """Print what is read wrongly, then the shares, then the time a message takes."""
    judged = []
    for row in unseen():
        found = read(row.text, row.language)
        judged.append((row, is_right(row, found)))
        if not judged[-1][1]:
            print(f"{row.language} {row.kind}: {row.text}\n    told {list(row.readings[0])}")
            print(f"    read {[in_words(entity) for entity in found]}")
    for kind in dict.fromkeys(row.kind for row, _ in judged):
        of_kind = [each for each in judged if each[0].kind == kind]
        print(f"{kind:12}", *(_share([e for e in of_kind if e[0].language == lang]) for lang in ("zh", "en")))
    print("all         ", *(_share([e for e in judged if e[0].language == lang]) for lang in ("zh", "en")))
    print("both        ", _share(judged))
    times = []
    for row, _ in judged * 5:
        before = time.perf_counter()
        read(row.text, row.language)
        times.append(1000 * (time.perf_counter() - before))
    print(f"milliseconds a message: median {statistics.median(times):.2f},", end=" ")
    print(f"95 of 100 under {statistics.quantiles(times, n=20)[-1]:.2f}")


if __name__ == "__main__":
    main()
