"""Agreements and decisions on them, printed for people in both languages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

STATUS_ZH = {
    "pending_consent": "等待同意",
    "pending_approval": "等待审批",
    "active": "已生效",
    "completed": "已履行",
    "broken": "未按约履行",
    "rejected": "未批准",
    "expired": "已失效",
    "reversed": "已撤销",
    "replaced": "已被取代",
}
A_DAY = "2026-11-20"
AMOUNTS = {"principal": "本金", "interest": "利息", "fee": "费用", "due": "应还"}


def print_agreement(shown: dict[str, Any], console: Console) -> None:
    """Print all about one agreement."""
    console.print(Text(_standing(shown), style="bold"))
    console.print(Text(f"{shown['summary_zh']}\n{shown['summary_en']}"))
    for line in _about(shown):
        console.print(Text(line))
    table = Table("期\nno.", box=SIMPLE)
    table.add_column("还款日\ndue on", no_wrap=True)
    for name, zh in AMOUNTS.items():
        table.add_column(f"{zh}\n{name}", justify="right", no_wrap=True)
    for row in shown["instalments"]:
        table.add_row(str(row["number"]), row["due_on"], *(row[name] for name in AMOUNTS))
    console.print(table)


def _about(shown: dict[str, Any]) -> Iterator[str]:
    if shown["waits_for"]:
        yield (
            f"waits for 等待: {', '.join(_waits_for(shown))}, since 自 {shown['waiting_since']}, "
            f"decide by 最晚 {shown['decide_by']}"
        )
    yield f"confirmed 确认: {shown['confirmed_at']}{_by(shown['requested_by'], ' taken down by 登记人')}"
    for consent in shown["consents"]:
        yield f"consent 同意: {consent['party']}, {consent['evidence']}, {consent['by']}, {consent['at']}"
    if shown["decided_at"]:
        yield f"decided 决定: {shown['decided_at']}{_by(shown['decided_by'], ' by')}"
    if shown["ended_at"]:
        yield f"ended 结束: {shown['ended_at']}: {shown['ended_because']}{_by(shown['ended_by'], ', by 操作人')}"
    if shown["replaces"]:
        yield f"replaces 取代: {shown['replaces']}"
    waived = {name: amount for name, amount in shown["waived"].items() if Decimal(amount)}
    if waived:
        yield f"waived 减免: {', '.join(f'{name} {amount}' for name, amount in waived.items())}"
    for name, zh in (("watch_until", "观察期至"), ("credit_protected_until", "征信保护至")):
        if shown["effects"].get(name):
            yield f"{name} {zh}: {shown['effects'][name]}"
    yield f"quote 报价 {shown['quote'][:8]}, hash {shown['hash']}"


def _by(name: str | None, how: str) -> str:
    return f"{how} {name}" if name else ""


def _standing(found: dict[str, Any]) -> str:
    return f"{found['id'][:8]}  {found['loan']}  {found['status']} {STATUS_ZH[found['status']]}"


def _waits_for(found: dict[str, Any]) -> list[str]:
    """What is waited for; an approval with the level it takes."""
    level = f" ({found['approval_level']})" if found["approval_level"] else ""
    return [f"{party}{level}" if party == "approval" else party for party in found["waits_for"]]


def print_decided(shape: dict[str, Any]) -> None:
    """Print what a decision did and whether the borrower is told."""
    found = shape["agreement"]
    standing = _standing(found)
    click.echo(standing if shape["changed"] else f"{standing}  (nothing changed 无变化)")
    if found["waits_for"]:
        click.echo(f"waits for 仍需: {', '.join(_waits_for(found))}")
    if shape["told"]:
        click.echo("the borrower is being told in their chat 已在聊天中告知借款人")
    elif shape["changed"]:
        click.echo(f"the borrower was not written to 未告知借款人: {shape['not_told_because']}")
    if shape["reminders_cancelled"]:
        click.echo(f"reminders cancelled 已取消的提醒: {shape['reminders_cancelled']}")


def print_list(shown: Sequence[dict[str, Any]], outlived: Collection[str], console: Console) -> None:
    """Print agreements as a table; `outlived` are the ids of those that have waited too long to be decided."""
    if not shown:
        console.print("no agreements 没有协议")
        return
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for head in ("id", "loan, of\n贷款，借款人"):
        table.add_column(head, no_wrap=True)
    table.add_column("kind, status\n种类，状态", min_width=max(map(len, STATUS_ZH)), overflow="fold")
    table.add_column("waits for, since\n等待，自", min_width=len(A_DAY), overflow="fold")
    for head in ("decide by\n最晚决定", "matures\n新到期日"):
        table.add_column(head, no_wrap=True, min_width=len(A_DAY))
    for found in shown:
        cells = (
            found["id"][:8],
            f"{found['loan']}\n{found['borrower']}",
            f"{found['kind']}\n{found['status']}\n{STATUS_ZH[found['status']]}",
            "\n".join([*_waits_for(found), (found["waiting_since"] or "")[:10]]),
            (found["decide_by"] or "") + ("\ntoo late\n已过期" if found["id"] in outlived else ""),
            found["new_maturity"],
        )
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
