"""`tideover policy`: whether a rulebook can be used, and what a change of it would offer on this book."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from loans.simulate import Simulation, Tell, simulate
from policies.rulebook import FOLDER, Rulebook, RulebookError, load_rulebook, rulebook
from tideover.cli.common import json_option, now_option, open_database, print_json, refuse, the_time
from tideover.cli.policy_print import print_simulation, simulation_json

FILE = click.Path(path_type=Path)


@click.group("policy")
def policy() -> None:
    """The relief rulebook: check a file, and try a change on this book. 纾困规则。"""


@policy.command("check")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=FILE)
@json_option
@click.pass_context
def check(context: click.Context, files: Sequence[Path], as_json: bool) -> None:
    """Say whether rulebooks can be used; without FILE, all of policies/relief/. 检查规则文件。

    For a wrong one: the file, the line, the key and what to do. Exit status 1 when any is wrong.
    """
    found = [_checked(path) for path in files or sorted(FOLDER.glob("*.yml"))]
    if as_json:
        print_json({"files": found})
    else:
        for one in found:
            click.echo(_line(one))
    if not all(one["valid"] for one in found):
        context.exit(1)


@policy.command("simulate")
@click.option("--rulebook", "changed", metavar="FILE", type=FILE, required=True, help="The changed rulebook.")
@click.option(
    "--against", metavar="FILE", type=FILE, help="The one to compare with; by default the one in use."
)
@now_option
@json_option
def simulate_command(changed: Path, against: Path | None, now: datetime | None, as_json: bool) -> None:
    """What a changed rulebook would have offered on all open loans, before and after. 规则变更试算。

    Only reads: no quote is made and nothing is changed.
    """
    try:
        after = load_rulebook(changed)
        before = load_rulebook(against) if against else rulebook()
    except RulebookError as fault:
        raise refuse(_line(_wrong(fault))) from None
    found = _simulate(before, after, the_time(now))
    print_json(simulation_json(found)) if as_json else print_simulation(found, Console())


def _simulate(before: Rulebook, after: Rulebook, now: datetime) -> Simulation:
    columns = (TextColumn("simulate 试算"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    database = open_database()
    try:
        with (
            Progress(*columns, console=Console(stderr=True), transient=True) as progress,
            database.read() as session,
        ):
            return simulate(session, before, after, now, _teller(progress))
    finally:
        database.close()


def _teller(progress: Progress) -> Tell:
    task = progress.add_task("loans")

    def tell(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    return tell


def _checked(path: Path) -> dict[str, Any]:
    try:
        book = load_rulebook(path)
    except RulebookError as fault:
        return _wrong(fault)
    unconfirmed = sum(1 for rule in book.rules if rule.provenance.confirmed_by is None)
    return {
        "file": str(path),
        "valid": True,
        "rulebook": book.id,
        "rules": len(book.rules),
        "unconfirmed": unconfirmed,
        "fault": None,
    }


def _wrong(fault: RulebookError) -> dict[str, Any]:
    return {
        "file": str(fault.file),
        "valid": False,
        "rulebook": None,
        "rules": 0,
        "unconfirmed": 0,
        "fault": {"line": fault.line or None, "key": fault.key, "what": fault.what},
    }


def _line(one: dict[str, Any]) -> str:
    name = Path(one["file"]).name
    if one["valid"]:
        unconfirmed = f"{one['unconfirmed']} not confirmed by a lawyer 未经律师确认"
        return f"in order 正常: {name}: {one['rules']} rules 条规则, {unconfirmed}"
    fault = one["fault"]
    at = f"{one['file']}:{fault['line']}" if fault["line"] else one["file"]
    return f"wrong 有误: {at}: {fault['key']}: {fault['what']}"
