"""What every command shares: the database it works on, its clock, and how it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import click

from storage.engine import Database
from storage.migrate import upgrade
from tideover.settings import Settings


class Moment(click.ParamType[datetime]):
    """An instant in ISO 8601 with its offset from UTC, such as 2026-11-20T09:00:00+08:00."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not an ISO 8601 instant, such as 2026-11-20T09:00:00+08:00 "
                f"不是 ISO 8601 时间，请写成 2026-11-20T09:00:00+08:00 的样子",
                param,
                ctx,
            )
        if moment.tzinfo is None:
            example = f"{moment.isoformat()}+08:00"
            self.fail(
                f"{value!r} has no offset from UTC; write for example {example} "
                f"缺少与 UTC 的时差，请写成 {example} 的样子",
                param,
                ctx,
            )
        return moment


class Day(click.ParamType[date]):
    """A calendar day in ISO 8601, such as 2026-11-20."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a date, such as 2026-11-20 不是日期，请写成 2026-11-20 的样子", param, ctx
            )


def now_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--now ISO`, which fixes the clock; without it the real one is used."""
    return click.option("--now", type=Moment(), default=None, help="Fix the clock (ISO 8601 with offset).")(
        command
    )


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`: only JSON on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON only.")(command)


def open_database(settings: Settings | None = None) -> Database:
    """Open the database the settings name, bringing its tables up to date first."""
    settings = settings or Settings.from_environment()
    upgrade(settings.database_url)
    return Database(settings.database_url)


def the_time(now: datetime | None) -> datetime:
    """Return `now`, or the real time in UTC when it is None."""
    return now or datetime.now(UTC)


def print_json(value: Any) -> None:
    """Print one JSON document on one line, at once. Half a surrogate pair, which UTF-8 cannot carry, stays escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))
    sys.stdout.flush()


def refuse(message: str) -> click.exceptions.Exit:
    """Print what is wrong to standard error and give the exit of a wrong request (status 1) to raise."""
    click.echo(message, err=True)
    return click.exceptions.Exit(1)
