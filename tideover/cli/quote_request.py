"""What `tideover quote` is asked for: kinds of relief, each with the parameters that are meant for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from loans.relief import Wanted
from policies.kinds import KINDS, MOST_COMBINED, PARAMS


class Param(click.ParamType[tuple[str, str]]):
    """A parameter of a relief, written name=value or kind.name=value."""

    name = "k=v"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, sign, given = str(value).partition("=")
        if not (name and sign and given):
            self.fail(f"{value!r} is not name=value, such as months=2 请写成 months=2 这样", param, ctx)
        return name, given


def wanted(kinds: Sequence[str], params: Sequence[tuple[str, str]]) -> list[Wanted]:
    """Return each kind with its parameters, in the order asked.

    `name=value` goes to every kind that has it, `kind.name=value` to that kind alone and before the other.
    Raises click.UsageError naming what can be asked instead.
    """
    _check_kinds(kinds)
    given: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    for name, value in sorted(params, key=lambda param: "." in param[0]):
        for kind in _receivers(name, kinds):
            given[kind][name.rpartition(".")[2]] = value
    names = [name for name, _ in params]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(
                f"--param {name} is given twice; give it once 参数 {name} 重复，请只写一次"
            )
    return list(given.items())


def _check_kinds(kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise click.UsageError(
                f"there is no option {kind!r}; there are: {', '.join(KINDS)} "
                f"没有“{kind}”这种方案，可选：{'、'.join(KINDS)}"
            )
        if kinds.count(kind) > 1:
            raise click.UsageError(
                f"option {kind} is given twice; give it once, with all its parameters "
                f"方案 {kind} 重复，请只写一次，参数写在一起"
            )
    if len(kinds) > MOST_COMBINED:
        raise click.UsageError(
            f"at most {MOST_COMBINED} options can be combined, not {len(kinds)} "
            f"最多可以组合 {MOST_COMBINED} 种方案，不能是 {len(kinds)} 种"
        )


def _receivers(name: str, kinds: Sequence[str]) -> list[str]:
    """The asked kinds a parameter is meant for."""
    kind, _, bare = name.rpartition(".")
    if kind and kind not in kinds:
        asked = ", ".join(kinds)
        raise click.UsageError(
            f"{name} is for {kind!r}, which is not asked for; asked for: {asked} "
            f"{name} 指向的方案没有被选，已选：{asked}"
        )
    receivers = [each for each in ([kind] if kind else kinds) if bare in PARAMS[each]]
    if not receivers:
        has = "; ".join(f"{each}: {', '.join(PARAMS[each])}" for each in ([kind] if kind else kinds))
        raise click.UsageError(
            f"there is no parameter {bare!r} here; there are {has} 没有这个参数，可用：{has}"
        )
    return receivers
