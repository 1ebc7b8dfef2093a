"""What a person can type, set or be refused by is written down: in README.md or in docs/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from tideover.cli import main

ROOT = Path(__file__).resolve().parents[2]


def documentation() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())


def not_mentioned(names: Iterable[str]) -> list[str]:
    """The names that stand nowhere in the documentation as whole words."""
    text = documentation()
    return [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]


def commands(command: click.Command, name: str) -> Iterator[str]:
    """Every command below this one, by its full name; hidden ones are nobody's business."""
    if not isinstance(command, click.Group):
        yield name
        return
    context = click.Context(command)
    for child in command.list_commands(context):
        below = command.get_command(context, child)
        if below is not None and not below.hidden:
            yield from commands(below, f"{name} {child}")


def test_every_command_is_documented() -> None:
    found = list(commands(main, "tideover"))
    assert found, "no commands found"
    assert not_mentioned(found) == []


def test_every_make_target_is_documented() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    assert found, "no targets found"
    assert not_mentioned([f"make {target}" for target in found]) == []


def test_every_setting_is_documented() -> None:
    found = re.findall(r"TIDEOVER_[A-Z_]+", (ROOT / "tideover" / "settings.py").read_text(encoding="utf-8"))
    assert found, "no settings found"
    assert not_mentioned(sorted(set(found))) == []


def test_every_rule_is_documented() -> None:
    rule_id = re.compile(r"^\s*(?:-\s+)?id:\s*[\"']?([\w.-]+)", re.MULTILINE)
    found = [
        name
        for rulebook in sorted((ROOT / "policies").rglob("*.yml"))
        for name in rule_id.findall(rulebook.read_text(encoding="utf-8"))
    ]
    assert not_mentioned(sorted(set(found))) == []
