"""`tideover nlu`: what the system reads in messages, one a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from io import TextIOWrapper
from queue import Queue
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.intake import DEFAULT_TIMEZONE
from tideover.cli.common import json_option, now_option, print_json, refuse, the_time
from tideover.cli.nlu_add import add
from tideover.cli.nlu_export import export
from tideover.cli.nlu_promote import card, promote
from tideover.cli.nlu_review import review
from tideover.nlu import Classifier, Reader
from tideover.nlu_service import ensure_model
from tideover.settings import Settings
from tideover.training import TrainingFailed

MOST_AT_ONCE = 64


class Zone(click.ParamType[str]):
    """An IANA time zone, such as Asia/Shanghai."""

    name = "TZ"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return ZoneInfo(str(value)).key
        except (ValueError, OSError, LookupError):
            self.fail(f"{value!r} is not an IANA time zone, such as Asia/Shanghai 不是有效的时区", param, ctx)


@click.group("nlu", invoke_without_command=True)
@now_option
@click.option(
    "--timezone", type=Zone(), default=DEFAULT_TIMEZONE, show_default=True, help="Where the borrower lives."
)
@click.option("--currency", default="CNY", show_default=True, help="The loan's currency (ISO 4217).")
@json_option
@click.pass_context
def nlu(context: click.Context, now: datetime | None, timezone: str, currency: str, as_json: bool) -> None:
    """Read messages from standard input, one a line, and say what they mean. 识别每行消息的意图和信息。

    It reads with the same rules and the same trained model as the bot, without a conversation around them. The
    commands below make it better from what borrowers wrote.
    """
    if context.invoked_subcommand is not None:
        return
    try:
        model = ensure_model(Settings.from_environment(), lambda stage: click.echo(stage, err=True))
    except TrainingFailed as trouble:
        raise refuse(str(trouble)) from None
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    with Classifier(model) as classifier:
        reader = Reader(classifier, the_time(now), timezone, currency)
        for lines in _as_they_come():
            for found in reader.read(lines):
                print_json(found) if as_json else _print(found)


for command in (add, card, export, promote, review):
    nlu.add_command(command)


def _as_they_come() -> Iterator[list[str]]:
    """The lines of standard input, all that are there already at once: one typed alone is answered alone."""
    waiting: Queue[str | None] = Queue(MOST_AT_ONCE)

    def listen() -> None:
        try:
            for line in sys.stdin:
                waiting.put(line.rstrip("\r\n"))
        finally:
            waiting.put(None)

    Thread(target=listen, daemon=True).start()
    while (line := waiting.get()) is not None:
        lines: list[str] = [line]
        while len(lines) < MOST_AT_ONCE and not waiting.empty():
            another = waiting.get()
            if another is None:
                yield lines
                return
            lines.append(another)
        yield lines


def _print(found: dict[str, Any]) -> None:
    intent = found["intent"]
    parts = [f"[{found['language']}]", f"{intent['name'] or '-'} {intent['confidence']:.2f}"]
    parts += [f"also {name}" for name in found["also"]]
    parts += [f"{entity['type']}={_value(entity)}" for entity in found["entities"]]
    parts += [f"!{category}" for category in found["screen"]]
    click.echo(f"{found['text']}\n   " + "  ".join(parts))
    sys.stdout.flush()


def _value(entity: dict[str, Any]) -> str:
    value = entity["value"]
    if value is None:
        return f"? ({entity['unclear']})"
    return " ".join(str(part) for part in value.values()) if isinstance(value, dict) else str(value)
