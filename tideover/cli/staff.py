"""What commands for staff share: who is acting, and the epoch they have seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from policies.staff import staff_name

LONGEST_NAME = 40


class Who(click.ParamType[str]):
    """A member of staff as the log names them: 1 to 40 characters, a staff id rather than a full name.

    However it is written, the same id is kept (`policies.staff.staff_name`).
    """

    name = "WHO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            who = staff_name(str(value))
        except ValueError:
            who = ""
        if not 1 <= len(who) <= LONGEST_NAME:
            self.fail(
                f"give 1 to {LONGEST_NAME} characters that can be seen, such as a staff id "
                f"请填 1 到 {LONGEST_NAME} 个看得见的字",
                param,
                ctx,
            )
        return who


def by_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--by WHO`: the member of staff who acts; the log keeps it."""
    return click.option("--by", type=Who(), required=True, help="Your staff id; the log keeps it.")(command)


def epoch_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--epoch N`: refuse when control has changed since the caller looked."""
    return click.option(
        "--epoch",
        "seen_epoch",
        type=click.IntRange(min=0),
        help="The epoch you saw; refused if it has changed since.",
    )(command)
