"""`tideover train`: make the dialogue model, unless it is there already."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tideover import training
from tideover.cli.common import refuse
from tideover.cli.nlu_print import print_outcome
from tideover.nlu_service import ensure_model, weigh
from tideover.settings import Settings
from tideover.training import TrainingFailed


@click.command()
@click.option("--force", is_flag=True, help="Train even when nothing the model depends on has changed.")
@click.option("--candidate", is_flag=True, help="Train and compare, but put nothing in service.")
def train(force: bool, candidate: bool) -> None:
    """Train the dialogue model, unless nothing it depends on has changed. 训练对话模型。

    It takes the place of the model in service only when the held-out gate holds; see `tideover nlu promote`.
    """
    settings = Settings.from_environment()
    try:
        with shown_progress() as progress:
            if not candidate:
                ensure_model(settings, progress, force)
                return
            weighed = weigh(settings, progress)
    except TrainingFailed as problem:
        raise refuse(str(problem)) from None
    print_outcome(weighed)


@contextmanager
def shown_progress() -> Iterator[training.Progress]:
    """Show stages as they begin: one line that turns in a terminal, and a line each elsewhere."""
    console = Console()
    if not console.is_terminal:
        yield timed_lines()
        return
    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("")
        yield lambda stage: bar.update(task, description=stage)


def timed_lines() -> Callable[[str], None]:
    """Return a progress that prints a line for each stage, with the seconds since now."""
    began = time.monotonic()
    return lambda stage: click.echo(f"[{time.monotonic() - began:5.1f} s] {stage}")
