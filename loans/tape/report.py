"""The report of an import: for people in both languages, and as JSON (docs/schemas/import.json)."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loans.tape.columns import FILES
from loans.tape.faults import Fault, Note
from loans.tape.outcome import Outcome

MOST_LINES = 200


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return the report ready for JSON: complete, with dates and money as text."""
    return {
        "folder": outcome.folder,
        "valid": not outcome.faults,
        "written": outcome.written,
        "files": [
            {
                "file": file.name,
                "rows": outcome.rows[file.name],
                "added": outcome.added[file.name],
                "updated": outcome.updated[file.name],
            }
            for file in FILES
        ],
        "allocations": outcome.allocations,
        "faults": [_fault(fault) for fault in outcome.faults],
        "skipped": [_fault(fault) for fault in outcome.skipped],
        "notes": [_note(note) for note in outcome.notes],
        "changes": [
            {
                "file": change.file,
                "key": change.key,
                "field": change.field,
                "old": _plain(change.old),
                "new": _plain(change.new),
            }
            for change in outcome.changes
        ],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "file": fault.file,
        "line": fault.line,
        "column": fault.column,
        "value": fault.value,
        "code": fault.code,
        "reason_zh": fault.reason_zh,
        "reason_en": fault.reason_en,
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "file": note.file,
        "line": note.line,
        "column": note.column,
        "code": note.code,
        "text_zh": note.text_zh,
        "text_en": note.text_en,
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | list | dict) else str(value)


def print_report(outcome: Outcome, console: Console) -> None:
    """Print the report for people. Long lists are cut after 200 lines; the JSON report is always whole."""
    counts = Table(
        "file 文件", "rows 行", "added 新增", "changed 更改", title=Text(outcome.folder), title_justify="left"
    )
    for file in FILES:
        name = file.name
        numbers = (outcome.rows[name], outcome.added[name], outcome.updated[name])
        counts.add_row(name, *(str(number) for number in numbers))
    console.print(counts)
    _faults(outcome.faults, "faults 错误", console)
    _faults(outcome.skipped, "left out with them 连带略过", console)
    if outcome.changes:
        table = Table("file 文件", "key 键", "field 字段", "old 原值", "new 新值", title="changes 更改")
        for change in outcome.changes[:MOST_LINES]:
            cells = (change.file, change.key, change.field, str(change.old), str(change.new))
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)
        _cut(len(outcome.changes), console)
    for note in outcome.notes[:MOST_LINES]:
        place = ":".join(part for part in (note.file, str(note.line or ""), note.column) if part)
        console.print(Text(f"{place}: {note.text_en} / {note.text_zh}", style="dim"))
    _cut(len(outcome.notes), console)
    console.print(Text(_verdict(outcome), style="green" if outcome.written else "bold red"))


def _faults(faults: list[Fault], title: str, console: Console) -> None:
    if not faults:
        return
    table = Table("place 位置", "column 列", "value 值", "reason 原因", title=f"{title}: {len(faults)}")
    for fault in faults[:MOST_LINES]:
        reason = f"{fault.reason_en}\n{fault.reason_zh}"
        cells = (f"{fault.file}:{fault.line}", fault.column, _visible(fault.value), reason)
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    _cut(len(faults), console)


def _visible(value: str) -> str:
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in value)


def _cut(count: int, console: Console) -> None:
    if count > MOST_LINES:
        console.print(
            f"… {count - MOST_LINES} more; --json shows all / 其余 {count - MOST_LINES} 条见 --json"
        )


def _verdict(outcome: Outcome) -> str:
    if not outcome.written:
        return (
            "Nothing was imported: correct the faults above, or leave the faulty rows out with --skip-invalid.\n"
            "没有导入任何数据：请改正以上错误，或用 --skip-invalid 略过有误的行。"
        )
    if outcome.faults:
        return "Imported without the faulty rows and what depends on them. 已导入，有误及连带的行已略过。"
    if outcome.changes or outcome.added.total():
        return "Imported. 已导入。"
    return "Nothing has changed since the last import. 与上次导入相比没有变化。"
