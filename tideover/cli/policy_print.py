"""How `tideover policy simulate` prints: as JSON in the shape of docs/schemas/simulate.json, or as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loans.simulate import Answer, Change, Simulation, Tally

CHANGES_SHOWN = 20
NOTHING = Decimal("0.00")


def simulation_json(found: Simulation) -> dict[str, Any]:
    """The simulation as JSON; amounts are decimal strings by currency."""
    return {
        "before": _tally(found.before),
        "after": _tally(found.after),
        "changed": len(found.changes),
        "changes": [
            {
                "loan": change.loan_ref,
                "currency": change.currency,
                "before": _answer(change.before),
                "after": _answer(change.after),
            }
            for change in found.changes
        ],
    }


def print_simulation(found: Simulation, console: Console) -> None:
    """Print counts and totals of both rulebooks side by side, and the first loans that differ."""
    before, after = found.before, found.after
    table = Table("", box=SIMPLE)
    for title, tally in (("before 变更前", before), ("after 变更后", after)):
        table.add_column(f"{title}\n{tally.rulebook}", justify="right")
    for name, zh in (
        ("loans", "贷款"),
        ("with_offer", "有方案"),
        ("needs_approval", "首选需审批"),
        ("needs_consent", "首选需同意"),
    ):
        table.add_row(f"{name} {zh}", str(getattr(before, name)), str(getattr(after, name)))
    _section(table, "offers 方案", before.offers, after.offers)
    _section(table, "refused by 不能办理", before.refusals, after.refusals)
    _totals(table, "extra interest 多付利息", before.extra_interest, after.extra_interest)
    _totals(table, "waived 减免", before.waived, after.waived)
    console.print(table)
    console.print(Text(f"{len(found.changes)} loans change 笔贷款有变化"))
    for change in found.changes[:CHANGES_SHOWN]:
        console.print(Text(_change(change)), soft_wrap=True)
    if len(found.changes) > CHANGES_SHOWN:
        console.print(Text(f"… {len(found.changes) - CHANGES_SHOWN} more; --json lists all 其余见 --json"))


def _section(table: Table, title: str, before: Counter[str], after: Counter[str]) -> None:
    names = sorted({*before, *after}, key=lambda name: (-before[name] - after[name], name))
    if names:
        table.add_section()
        table.add_row(Text(title, style="bold"))
    for name in names:
        table.add_row(f"  {name}", str(before[name]), str(after[name]))


def _totals(table: Table, title: str, before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> None:
    table.add_section()
    for currency in sorted({*before, *after}):
        figures = (str(amounts.get(currency, NOTHING)) for amounts in (before, after))
        table.add_row(f"{title} {currency}", *figures)


def _change(change: Change) -> str:
    return f"{change.loan_ref}: {_short(change.before)} → {_short(change.after)}"


def _short(answer: Answer) -> str:
    if not answer.options:
        return f"refused 不能办理 ({', '.join(answer.refused_by)})"
    return ", ".join(
        f"{option.kind} ({option.approval_level})" if option.approval_level else option.kind
        for option in answer.options
    )


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "rulebook": tally.rulebook,
        "loans": tally.loans,
        "with_offer": tally.with_offer,
        "needs_approval": tally.needs_approval,
        "needs_consent": tally.needs_consent,
        "offers": _counts(tally.offers),
        "refusals": _counts(tally.refusals),
        "extra_interest": _amounts(tally.extra_interest),
        "waived": _amounts(tally.waived),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "options": [
            {
                "kind": option.kind,
                "params": dict(option.params),
                "approval_level": option.approval_level,
                "consents_needed": list(option.consents_needed),
                "extra_interest": str(option.extra_interest),
                "waived": str(option.waived),
            }
            for option in answer.options
        ],
        "refused_by": list(answer.refused_by),
    }


def _counts(counts: Counter[str]) -> dict[str, int]:
    return dict(counts.most_common())


def _amounts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: str(amounts[currency]) for currency in sorted(amounts)}
