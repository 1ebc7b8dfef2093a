"""`tideover train`: make the dialogue model, unless it is there already."""

from __future__ import annotations

import time
from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tideover.cli.common import refuse
from tideover.settings import Settings
from tideover.training import TrainingFailed, ensure_model


@click.command()
@click.option("--force", is_flag=True, help="Train even when nothing the model depends on has changed.")
def train(force: bool) -> None:
    """Train the dialogue model, unless nothing it depends on has changed. 训练对话模型。"""
    settings = Settings.from_environment()
    console = Console()
    try:
        if console.is_terminal:
            columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
            with Progress(*columns, console=console) as bar:
                task = bar.add_task("")
                ensure_model(settings, lambda stage: bar.update(task, description=stage), force)
        else:
            ensure_model(settings, timed_lines(), force)
    except TrainingFailed as problem:
        raise refuse(str(problem)) from None


def timed_lines() -> Callable[[str], None]:
    """Return a progress that prints a line for each stage, with the seconds since now."""
    began = time.monotonic()
    return lambda stage: click.echo(f"[{time.monotonic() - began:5.1f} s] {stage}")
