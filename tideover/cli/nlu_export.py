"""`tideover nlu export`: turns worth a look, for annotation, without anything that leads back to a borrower."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tideover.cli.common import Moment, json_option, open_database, print_json, refuse
from tideover.nlu import Classifier
from tideover.nlu_intents import named
from tideover.nlu_lines import write_lines
from tideover.nlu_queue import REASONS, worth_a_look
from tideover.nlu_service import ensure_model
from tideover.settings import Settings
from tideover.training import TrainingFailed

MOST = 200


@click.command("export")
@click.option("--since", type=Moment(), help="Only what was written since (ISO 8601 with offset).")
@click.option("--limit", type=click.IntRange(min=1), default=MOST, show_default=True, help="At most so many.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the lines to this file.")
@json_option
def export(since: datetime | None, limit: int, out: Path | None, as_json: bool) -> None:
    """Collect turns worth a look: doubtful, misunderstood or corrected ones. 导出值得标注的话。

    Names, numbers and references that lead back to a borrower are taken out. With --out the lines go to a file for
    `tideover nlu review`.
    """
    settings = Settings.from_environment()
    database = open_database(settings)
    try:
        with database.read() as session:
            lines = worth_a_look(session, lambda texts: _ask(settings, texts), since=since, limit=limit)
    except TrainingFailed as problem:
        raise refuse(str(problem)) from None
    finally:
        database.close()
    if out is not None:
        write_lines(out, lines)
    if out is None and as_json:
        for line in lines:
            print_json(line)
    elif as_json:
        print_json({"file": str(out), "turns": len(lines), "why": _times(lines)})
    else:
        _print(lines, out)


def _ask(settings: Settings, texts: Sequence[str]) -> list[dict[str, Any]]:
    with Classifier(ensure_model(settings, lambda stage: click.echo(stage, err=True))) as classifier:
        return classifier.read(texts)


def _times(lines: Sequence[dict[str, Any]]) -> dict[str, int]:
    times = Counter(reason for line in lines for reason in line["why"])
    return {reason: times[reason] for reason in REASONS}


def _print(lines: Sequence[dict[str, Any]], out: Path | None) -> None:
    if out is None:
        for line in lines:
            count = f" ×{line['count']}" if line["count"] > 1 else ""
            guess = f"{named(line['predicted'])} {line['confidence']:.2f}"
            click.echo(f"{line['text']}{count}\n   {guess}  {', '.join(line['why'])}")
    for reason, times in _times(lines).items():
        if times:
            click.echo(f"{times:>5}  {REASONS[reason]}")
    if out is not None:
        click.echo(f"{len(lines)} turns 条 in {out}; next 下一步: tideover nlu review {out}")
    elif not lines:
        click.echo("there is nothing to look at 没有需要标注的")
