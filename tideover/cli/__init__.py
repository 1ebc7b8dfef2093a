"""The `tideover` command. Each subject's commands live in their own file and are loaded when they are asked for."""

from __future__ import annotations

import importlib
import os
from typing import Any

import click

from tideover.cli.usage import in_both_languages

OWNER_ONLY = 0o077

COMMANDS = {
    "agreement": "tideover.cli.agreement:agreement",
    "chat": "tideover.cli.chat:chat",
    "control": "tideover.cli.control:control",
    "db": "tideover.cli.db:db",
    "export": "tideover.cli.tape:export_command",
    "import": "tideover.cli.tape:import_command",
    "link": "tideover.cli.link:link",
    "log": "tideover.cli.log:log",
    "nlu": "tideover.cli.nlu:nlu",
    "payoff": "tideover.cli.payoff:payoff_command",
    "policy": "tideover.cli.policy:policy",
    "quote": "tideover.cli.quote:quote",
    "remind": "tideover.cli.remind:remind",
    "sample": "tideover.cli.tape:sample_command",
    "schedule": "tideover.cli.schedule:schedule",
    "serve": "tideover.cli.serve:serve",
    "show": "tideover.cli.show:show",
    "train": "tideover.cli.train:train",
}


class LazyGroup(click.Group):
    """A group that imports a command's file only when that command is used: `tideover --help` stays quick.

    Errors of usage are said in both languages.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, attribute = place.split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with in_both_languages():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with in_both_languages():
            return super().invoke(ctx)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version="0.1.0", prog_name="tideover")
def main() -> None:
    """Tideover: conversations that tide borrowers over. 帮借款人渡过难关的对话系统。"""
    os.umask(OWNER_ONLY)
