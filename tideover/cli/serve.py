"""`tideover serve`: run it all, or a part."""

from __future__ import annotations

import asyncio
import logging

import click

from tideover.cli.common import refuse
from tideover.engine import EngineError
from tideover.serving import PARTS
from tideover.serving import serve as serve_parts
from tideover.settings import Settings
from tideover.training import TrainingFailed


@click.command()
@click.option("--only", help=f"Comma-separated parts to run: {', '.join(PARTS)}.")
@click.option(
    "--idle-minutes", type=float, help="End when the dialogue engine has not been used for so long."
)
def serve(only: str | None, idle_minutes: float | None) -> None:
    """Run Tideover: web chat, Telegram, scheduler, Rasa and its actions. 启动全部服务。"""
    parts = [part.strip() for part in only.split(",")] if only else list(PARTS)
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise click.UsageError(f"--only knows {', '.join(PARTS)}; not {', '.join(unknown)}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpcore", "apscheduler", "alembic", "rasa_sdk"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        asyncio.run(serve_parts(Settings.from_environment(), parts, say=_say, idle_minutes=idle_minutes))
    except (EngineError, TrainingFailed, OSError) as trouble:
        raise refuse(str(trouble)) from trouble


def _say(line: str) -> None:
    click.echo(f"tideover: {line}", err=True)
