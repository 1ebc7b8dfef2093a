"""What click says about wrong usage, in Chinese beside its English."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def in_both_languages() -> Iterator[None]:
    """Let an error of usage go on with its message in English and Chinese; one that has both stays as it is."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        said = error.format_message()
        if any("一" <= character <= "鿿" for character in said):
            raise
        raise click.UsageError(f"{said} {_in_chinese(error)}", error.ctx) from None


def _in_chinese(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}，加 --help 可查看有哪些选项。"
    if isinstance(error, click.BadParameter):
        name = error.param.get_error_hint(error.ctx) if error.param and error.ctx else ""
        wrong = "缺少参数" if isinstance(error, click.MissingParameter) else "请改正参数"
        return f"{wrong} {name}，加 --help 可查看写法。"
    return "用法有误，加 --help 可查看写法。"
