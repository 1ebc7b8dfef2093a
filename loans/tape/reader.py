"""Reading one CSV file of a tape into typed rows, with a fault for whatever cannot be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loans.tape.columns import Column, File
from loans.tape.faults import Fault, Note, Refused

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SHOWN_VALUE = 80
_CONTROL = {code: None for code in (*range(0x20), *range(0x7F, 0xA0))}


@dataclass(slots=True)
class Row:
    """One row: the line it begins on, its values by column, and the columns we do not know."""

    line: int
    values: dict[str, Any]
    extra: dict[str, str] = field(default_factory=dict)
    bad: bool = False


@dataclass
class Table:
    """One file as read. `readable` is False when its rows could not be made out at all."""

    file: File
    rows: list[Row] = field(default_factory=list)
    columns: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    readable: bool = True


def read_table(folder: Path, file: File) -> Table:
    """Read a file of the tape in `folder`: UTF-8, a byte order mark or none; blank lines do not count."""
    table = Table(file)
    path = folder / file.name
    if not path.is_file():
        if file.must_exist:
            _unreadable(table, 0, "", "", "missing_file")
        return table
    text, broken_lines = _decode(path.read_bytes())
    lines = _records(text, table)
    header = next(lines, None)
    if header is None:
        if not table.faults:
            _unreadable(table, 1, "", "", "empty_file")
    elif 1 in broken_lines:
        _unreadable(table, 1, "", "", "broken_encoding")
    else:
        names = [name.strip() for name in header[1]]
        if _header_is_good(table, header[0], names):
            _read_rows(table, names, lines, broken_lines)
    return table


def _unreadable(table: Table, line: int, column: str, value: str, code: str, **params: Any) -> None:
    table.faults.append(Fault(table.file.name, line, column, value, code, params))
    table.readable = False


def _decode(content: bytes) -> tuple[str, set[int]]:
    """Return the text and the lines that are not UTF-8 (in which the broken bytes are replaced)."""
    content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        return content.decode(), set()
    except UnicodeDecodeError:
        lines = content.split(b"\n")
        broken = {number for number, line in enumerate(lines, start=1) if not _is_utf8(line)}
        return content.decode(errors="replace"), broken


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _records(text: str, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _unreadable(table, line, "", "", "broken_quotes", detail=str(error))
            return
        if any(value.strip() for value in record):
            yield line, record


def _header_is_good(table: Table, line: int, names: list[str]) -> bool:
    wanted = [column.name for column in table.file.columns if column.must_exist]
    if len(names) == 1 and len(wanted) > 1 and any(mark in names[0] for mark in ";\t|"):
        _unreadable(table, line, "", names[0], "wrong_delimiter")
        return False
    for name in filter(_holds_control, names):
        _unreadable(table, line, "", name, "control_character")
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        _unreadable(table, line, name, name, "duplicate_column")
    for name in wanted:
        if name not in names:
            _unreadable(table, line, name, "", "missing_column")
    known = {column.name for column in table.file.columns}
    table.columns = frozenset(names) & known
    table.notes += [
        Note(table.file.name, line, name, "unknown_column") for name in names if name and name not in known
    ]
    return table.readable


def _read_rows(
    table: Table, names: list[str], lines: Iterator[tuple[int, list[str]]], broken_lines: set[int]
) -> None:
    known = {column.name: column for column in table.file.columns}
    places = [(at, known[name]) for at, name in enumerate(names) if name in known]
    unknown = [(at, name) for at, name in enumerate(names) if name and name not in known]
    defaults = {
        column.name: column.default for column in table.file.columns if column.name not in table.columns
    }
    pending = next(lines, None)
    while pending is not None:
        line, record = pending
        pending = next(lines, None)
        end = pending[0] if pending else line + 1 + sum(value.count("\n") for value in record)
        row = Row(line, dict(defaults))
        if broken_lines and (here := broken_lines.intersection(range(line, end))):
            _fault(table, row, "", "", "broken_encoding", line=min(here))
        elif len(record) != len(names):
            _fault(table, row, "", "", "ragged_row", wanted=len(names), found=len(record))
        if len(record) == len(names):
            _read_values(table, row, places, record)
            _read_extra(table, row, unknown, record)
        else:
            _read_reference(row, places, record, table.file.key[0])
        table.rows.append(row)


def _read_values(table: Table, row: Row, places: list[tuple[int, Column]], record: list[str]) -> None:
    already_bad = row.bad
    for at, column in places:
        value = record[at].strip()
        try:
            row.values[column.name] = _read_value(column, value)
        except Refused as refused:
            if not already_bad:
                _fault(table, row, column.name, value, refused.code, **refused.params)


def _read_extra(table: Table, row: Row, unknown: list[tuple[int, str]], record: list[str]) -> None:
    for at, name in unknown:
        value = record[at].strip()
        if _holds_control(value) and not row.bad:
            _fault(table, row, name, value, "control_character")
        elif value:
            row.extra[name] = value


def _read_reference(row: Row, places: list[tuple[int, Column]], record: list[str], key: str) -> None:
    """Find out whose row a ragged one is, so that what belongs to it is not blamed for its absence."""
    for at, column in places:
        if column.name == key and at < len(record):
            row.values[key] = record[at].strip()


def _holds_control(value: str) -> bool:
    return not value.isprintable() and value.translate(_CONTROL) != value


def _read_value(column: Column, value: str) -> Any:
    if not value:
        if column.may_be_empty:
            return column.default
        raise Refused("missing_value")
    if _holds_control(value):
        raise Refused("control_character")
    return column.read(value)


def _fault(
    table: Table, row: Row, column: str, value: str, code: str, line: int | None = None, **params: Any
) -> None:
    row.bad = True
    shown = value if len(value) <= SHOWN_VALUE else value[:SHOWN_VALUE] + "…"
    table.faults.append(Fault(table.file.name, line or row.line, column, shown, code, params))
