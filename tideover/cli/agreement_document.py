"""`tideover agreement document`: an agreement as papers to keep, and its due dates as a calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from conversations import decisions
from loans.agreements import AgreementError
from loans.documents.file import File
from loans.documents.make import FORMATS, make_file
from loans.models import Agreement
from tideover.cli.common import json_option, open_database, print_json, refuse


@click.command("document")
@click.argument("agreement_id", metavar="ID")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write to."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS, "all"]),
    default="all",
    show_default=True,
    help="What to write.",
)
@json_option
def document_command(agreement_id: str, out: Path, kind: str, as_json: bool) -> None:
    """Write an agreement's document, zh and en, and its calendar. 导出协议文件和还款日历。"""
    database = open_database()
    try:
        with database.read() as session:
            found = decisions.find(session, agreement_id)
            files, without = _files(found, kind)
            shape = {"agreement": found.id, "loan": found.loan.ref, "status": found.status}
    except AgreementError as error:
        raise refuse(f"{error.en} {error.zh}") from None
    finally:
        database.close()
    try:
        written = [_write(file, out) for file in files]
    except OSError as error:
        raise refuse(f"{out} cannot be written: {error.strerror} 无法写入 {out}") from None
    if as_json:
        print_json({**shape, "files": written, "no_calendar_because": without or None})
        return
    for line in written:
        click.echo(f"{line['file']}  {line['bytes']:,} bytes  sha256 {line['sha256']}")
    if without:
        click.echo(f"no calendar 没有日历: {without}")


def _files(agreement: Agreement, kind: str) -> tuple[list[File], str]:
    """Return the files that were asked for; of all, the calendar only if there is one, else why there is none."""
    if kind != "all":
        return [make_file(agreement, kind)], ""
    papers = [make_file(agreement, name) for name in FORMATS if name != "ics"]
    try:
        return [*papers, make_file(agreement, "ics")], ""
    except AgreementError as error:
        return papers, f"{error.en} {error.zh}"


def _write(file: File, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file.name
    path.write_bytes(file.content)
    return {"file": str(path), "bytes": len(file.content), "sha256": file.sha256}
