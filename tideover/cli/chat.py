"""`tideover chat`: talk to the full stack on standard input and output."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import datetime

import click
from sqlalchemy import select

from loans.models import Borrower
from tideover.cli.common import json_option, now_option, open_database, refuse
from tideover.engine import EngineError
from tideover.settings import Settings
from tideover.terminal import Terminal, Turned
from tideover.training import TrainingFailed

CHANNELS = ("terminal", "telegram", "web")


@click.command()
@click.option("--borrower", required=True, metavar="REF", help="Speak as this borrower.")
@click.option("--verified", is_flag=True, help="Begin with the identity check already passed.")
@click.option(
    "--channel", type=click.Choice(CHANNELS), default="terminal", help="Pretend to come from this channel."
)
@click.option("--url", help="Use this Rasa server instead of finding or starting one.")
@now_option
@json_option
def chat(
    borrower: str, verified: bool, channel: str, url: str | None, now: datetime | None, as_json: bool
) -> None:
    """Talk to the whole system: one message a line. 在终端里和系统对话，每行一句。

    A line `!button PAYLOAD` presses a button (in a terminal its number is enough), `!photo PATH` and `!voice PATH` send
    media.
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    settings = Settings.from_environment()
    database = open_database(settings)
    with database.read() as session:
        if session.scalar(select(Borrower.id).where(Borrower.ref == borrower)) is None:
            raise refuse(
                f"there is no borrower {borrower!r} in the loan book; 贷款账簿中没有借款人 {borrower!r}"
            )
    terminal = Terminal(settings, database, borrower, channel=channel, now=now, url=url)
    try:
        asyncio.run(_converse(terminal, verified, as_json))
    except (EngineError, TrainingFailed) as trouble:
        raise refuse(str(trouble)) from trouble
    except KeyboardInterrupt:
        click.echo("", err=True)
    finally:
        database.close()


async def _converse(terminal: Terminal, verified: bool, as_json: bool) -> None:
    await terminal.open(verified=verified, say=lambda line: click.echo(line, err=True))
    try:
        while line := await asyncio.to_thread(_next_line, as_json):
            text = line.rstrip("\r\n")
            turned = await terminal.take(text)
            _show_json(turned) if as_json else _show(turned)
    finally:
        await terminal.close()


def _next_line(as_json: bool) -> str:
    if not as_json and sys.stdin.isatty():
        click.echo("> ", nl=False)
    return sys.stdin.readline()


def _show_json(turned: Turned) -> None:
    click.echo(json.dumps(turned.as_json(), ensure_ascii=False))
    sys.stdout.flush()


def _show(turned: Turned) -> None:
    if not sys.stdin.isatty():
        click.echo(f"> {turned.text}")
    for reply in turned.replies:
        click.echo(reply["text"])
        for number, button in enumerate(reply["buttons"], start=1):
            click.echo(f"   [{number}] {button['title']}")
    if not turned.replies:
        click.echo("(no answer: a person is in control 由人工接管，机器人不回复)")
    sys.stdout.flush()
