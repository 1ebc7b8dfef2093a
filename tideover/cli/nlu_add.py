"""`tideover nlu add`: put labelled turns among the examples and the held-out messages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from tideover import nlu_data
from tideover.cli.common import json_option, print_json, refuse
from tideover.nlu_add import Addition, plan, write
from tideover.nlu_lines import LineFault, read_lines

HELD_OUT_SHARE = 0.2


@click.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--held-out",
    "share",
    type=click.FloatRange(0, 1),
    default=HELD_OUT_SHARE,
    show_default=True,
    help="The share kept for measuring, never trained on.",
)
@json_option
def add(file: Path, share: float, as_json: bool) -> None:
    """Put the labelled turns of FILE among the examples, a share of them held out: all or none. 加入语料。"""
    try:
        additions = plan(read_lines(file), share)
    except LineFault as fault:
        raise refuse(
            f"{fault}\nnothing was added; correct {file} and try again 未加入任何一条，请改正后重试"
        ) from None
    write(additions)
    if as_json:
        print_json(
            {
                "examples": sum(not addition.held_out for addition in additions),
                "held_out": sum(addition.held_out for addition in additions),
                "files": [{"file": name, "lines": lines} for name, lines in _files(additions).items()],
            }
        )
        return
    for name, lines in _files(additions).items():
        click.echo(f"{name}: +{lines}")
    click.echo("next 下一步: tideover nlu promote" if additions else "there is nothing to add 没有可加入的")


def _files(additions: list[Addition]) -> dict[str, Any]:
    base = nlu_data.NLU_DATA.parent
    names = (a.file.relative_to(base) if a.file.is_relative_to(base) else a.file for a in additions)
    return dict(sorted(Counter(map(str, names)).items()))
