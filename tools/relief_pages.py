"""Writes docs/reliefs.md: `python -m tools.relief_pages`. Its quotes are run on the sample book, by a test too."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner

from policies.kinds import PARAMS
from policies.rulebook import rulebook
from tideover.cli import main
from tideover.settings import ROOT
from tools.relief_kinds import KINDS, Kind

PAGE = ROOT / "docs" / "reliefs.md"
TODAY = "2026-11-20"
NOW = "2026-11-20T10:00:00+08:00"
WIDTH = "120"

HEAD = """\
# Reliefs 纾困方案

What each kind of relief does, its rule of arithmetic, its parameters, and a real quote on the sample book. Who may have
which, and who must agree, is for the [rulebook](rules.md) to say; how an agreement lives on, in
[agreements.md](agreements.md).

每种方案做什么、怎么算、有哪些参数，以及在示例账簿上的真实试算。谁能办、谁来批，由[规则](rules.md)决定。

- Kinds combine, up to three in one quote: what is owed comes first, then the rate, then the dates. A parameter goes to
  every kind asked for that has it, or to one as in `deferral.months=2`.
- No relief creates or destroys money but by a stated waiver. Paid rows stay as they were paid.
- A quote holds 72 hours after the end of its day, and ends earlier when the loan changes. `hash` covers all it says.
- **Extra cost** is how much more is paid in all than under today's plan: the interest added, less everything waived.
  **Smallest** and **largest** are the least and the most that falls due on a day; days without a payment do not count.

This page is generated: `.venv/bin/python -m tools.relief_pages`. In the quotes below, `...` stands for rules that are
met, and `········` for a quote's id and hash.

```
$ tideover sample --today {today} --now {now}
```
"""

TOGETHER = Kind(
    "Together 组合",
    "Penalties waived and more time, in one quote.",
    "免除罚息并推迟还款，一次试算。",
    "",
    {},
    "L00066",
    ("penalty=100", "months=2"),
)
REFUSED = """\
## Refusals 不能办理时

What is refused says why, and what is allowed instead.
拒绝会说明原因，并给出最接近的可行方案。
"""
REFUSALS = (
    ("affordable", "L00046", ("pay=500",)),
    ("affordable", "L00046", ("pay=3000",)),
    ("extension", "L00046", ("months=9",)),
)


def page() -> str:
    """Return the whole page, every quote run anew."""
    with sample_book() as runner:
        parts = [HEAD.format(today=TODAY, now=NOW)]
        for name, kind in KINDS.items():
            parts.append(_kind(name, kind))
            parts.append(quote(runner, [name], kind.loan, kind.asked))
        parts.append(f"## {TOGETHER.title}\n\n{TOGETHER.en}\n{TOGETHER.zh}\n")
        parts.append(quote(runner, ["waive", "extension"], TOGETHER.loan, TOGETHER.asked))
        parts.append(REFUSED)
        parts += [quote(runner, [name], loan, asked) for name, loan, asked in REFUSALS]
    return "\n".join(parts)


@contextmanager
def sample_book() -> Iterator[CliRunner]:
    """A runner of commands on the sample book, in a folder of its own that goes afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "TIDEOVER_HOME": folder,
            "TIDEOVER_DATABASE_URL": f"sqlite:///{Path(folder) / 'sample.db'}",
            "COLUMNS": WIDTH,
        }
        with patch.dict(os.environ, settings):
            runner = CliRunner()
            run(runner, "sample", "--today", TODAY, "--now", NOW)
            yield runner


def run(runner: CliRunner, *arguments: str) -> str:
    """Return what a command prints. Raises RuntimeError with it when the command fails."""
    result = runner.invoke(main, arguments, catch_exceptions=False)
    if result.exit_code:
        raise RuntimeError(f"tideover {' '.join(arguments)}: exit {result.exit_code}\n{result.output}")
    return result.stdout


def quote(runner: CliRunner, kinds: Sequence[str], loan: str, asked: Sequence[str]) -> str:
    """Return a quote as a block: the command and what it prints, without the rules that are met."""
    options = [word for kind in kinds for word in ("--option", kind)]
    params = [word for param in asked for word in ("--param", param)]
    arguments = ["quote", "--loan", loan, *options, *params, "--now", NOW]
    printed = _shortened(run(runner, *arguments))
    return f"```\n$ tideover {' '.join(arguments)}\n{printed}```\n"


def _shortened(printed: str) -> str:
    """The output with `...` for rules that are met, and without ids and hashes, which are others each time."""
    lines = [
        re.sub(r"(quote 报价|hash) [0-9a-f]{8,}", r"\1 ········", line.rstrip())
        for line in printed.splitlines()
    ]
    kept: list[str] = []
    is_met = False
    for line in lines:
        if line.startswith("✓ "):
            is_met = True
            if kept[-1] != "...":
                kept.append("...")
        elif not (is_met and line.startswith("    ")):
            is_met = False
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"


def _kind(name: str, kind: Kind) -> str:
    defaults = rulebook().defaults.get(name, {})
    rows = [
        f"| `{param}` | {kind.params[param]} | {f'`{defaults[param]}`' if param in defaults else ''} |"
        for param in PARAMS[name]
    ]
    table = "\n".join(["| parameter 参数 | meaning | rulebook's default 默认 |", "|---|---|---|", *rows])
    return f"## `{name}`: {kind.title}\n\n{kind.en}\n{kind.zh}\n\n**Arithmetic 算法.** {kind.arithmetic}\n\n{table}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
