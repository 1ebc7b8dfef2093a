"""How a candidate compares with the model in service, for people."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tideover.nlu_gate import NAMES, TOLERANCE
from tideover.nlu_service import Weighed

LINES_SHOWN = 12


def print_outcome(weighed: Weighed) -> None:
    """Print every check of the gate, and messages that only one of the two models understands."""
    outcome, console = weighed.outcome, Console()
    table = Table(box=SIMPLE, pad_edge=False)
    for column in ("", "in service\n在用", "candidate\n候选", "needed\n要求", ""):
        table.add_column(column, justify="left" if not column else "right")
    for check in outcome.checks:
        sign = "≤" if check.measure == "out_of_scope_accepted" else "≥"
        table.add_row(
            f"{check.language} {NAMES[check.measure]}",
            "-" if check.present is None else f"{check.present:.1%}",
            f"{check.candidate:.1%}",
            f"{sign} {check.limit:.1%}",
            "✓" if check.holds else "✗",
        )
    console.print(table)
    console.print(f"tolerance 容差: {TOLERANCE:.1%}")
    for title, lines in (("better 变好", outcome.better), ("worse 变差", outcome.worse)):
        console.print(f"{title}: {len(lines)}")
        for line in lines[:LINES_SHOWN]:
            change = f"{line['in_service']} → {line['candidate']}, is 应为 {line['is']}"
            console.print(Text(f"  {line['text']}   {change}"), soft_wrap=True)
        if len(lines) > LINES_SHOWN:
            console.print(f"  … {len(lines) - LINES_SHOWN}")
