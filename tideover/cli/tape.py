"""`tideover import`, `tideover export` and `tideover sample`: the loan tape in, what was signed out."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from loans.export import export
from loans.models import Loan
from loans.sample import SampleSize, write_sample
from loans.tape.load import LENDER_ZONE, import_tape
from loans.tape.outcome import Outcome, Tell
from loans.tape.report import as_json, print_report
from tideover.cli.common import Day, Moment, json_option, now_option, open_database, print_json, the_time
from tideover.settings import Settings

STEPS = (
    "borrowers.csv",
    "loans.csv",
    "instalments.csv",
    "payments.csv",
    "charges.csv",
    "checks",
    "borrowers",
    "loans",
    "schedules",
    "payments",
    "allocation",
)


def _import(folder: Path, now: datetime | None, skip_invalid: bool) -> Outcome:
    database = open_database()
    columns = (TextColumn("{task.description:<16}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            tell = _teller(progress)
            return import_tape(database, folder, the_time(now), skip_invalid=skip_invalid, tell=tell)
    finally:
        database.close()


def _teller(progress: Progress) -> Tell:
    task = progress.add_task("import 导入", total=len(STEPS))

    def tell(step: str, done: int, total: int) -> None:
        progress.update(task, description=step, completed=STEPS.index(step) + done / max(total, 1))

    return tell


def _report(outcome: Outcome, as_json_only: bool) -> None:
    if as_json_only:
        print_json(as_json(outcome))
    else:
        print_report(outcome, Console())


@click.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--skip-invalid", is_flag=True, help="Leave faulty rows out, and what depends on them.")
@now_option
@json_option
@click.pass_context
def import_command(
    context: click.Context, folder: Path, skip_invalid: bool, now: datetime | None, as_json: bool
) -> None:
    """Import the loan tape in DIR: all of it, or nothing and a report of every fault. 导入贷款数据。

    The report goes to standard output. Exit status 1 when the tape has faults.
    """
    outcome = _import(folder, now, skip_invalid)
    _report(outcome, as_json)
    context.exit(1 if outcome.faults and not outcome.written else 0)


@click.command("export")
@click.option("--since", type=Moment(), required=True, help="ISO 8601 with offset; what happened since then.")
@click.option(
    "--out", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), required=True
)
@json_option
def export_command(since: datetime, folder: Path, as_json: bool) -> None:
    """Write what was agreed, promised and opened since a moment as CSV for the lender's ledger. 导出已签约的内容。"""
    database = open_database()
    try:
        with database.read() as session:
            rows = export(session, since, folder)
    finally:
        database.close()
    if as_json:
        print_json(
            {"folder": str(folder), "files": [{"file": name, "rows": count} for name, count in rows.items()]}
        )
        return
    for name, count in rows.items():
        click.echo(f"{folder / name}: {count}")


def _has_loans() -> bool:
    database = open_database()
    try:
        with database.read() as session:
            return session.scalar(select(Loan.id).limit(1)) is not None
    finally:
        database.close()


@click.command("sample")
@click.option("--seed", type=int, default=2020, show_default=True, help="The same seed makes the same book.")
@click.option("--borrowers", type=click.IntRange(1, 100_000), default=300, show_default=True)
@click.option("--today", type=Day(), default=None, help="The day the book is seen from.")
@click.option(
    "--out", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), default=None
)
@click.option("--if-empty", is_flag=True, help="Do nothing when there are loans already.")
@now_option
@json_option
@click.pass_context
def sample_command(
    context: click.Context,
    seed: int,
    borrowers: int,
    today: date | None,
    folder: Path | None,
    if_empty: bool,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Make a believable loan book of invented people, as a tape, and import it. 生成示例数据并导入。"""
    if if_empty and _has_loans():
        click.echo("the loan book has loans already; no sample was made 账簿里已有贷款，未生成示例", err=True)
        return
    day = today or the_time(now).astimezone(LENDER_ZONE).date()
    folder = folder or Settings.from_environment().home / "sample"
    write_sample(folder, SampleSize(seed=seed, borrowers=borrowers), day)
    outcome = _import(folder, now, skip_invalid=False)
    _report(outcome, as_json)
    context.exit(0 if outcome.written else 1)
