"""An option on the terminal, in both languages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

COLUMNS = {
    "principal": "本金",
    "interest": "利息",
    "fee": "费用",
    "penalty": "罚息",
    "due": "应还",
    "balance": "剩余本金",
}
MARKS = {
    "refuses": ("✗", "red"),
    "consent": ("needs consent 需同意", "yellow"),
    "approval": ("needs approval 需审批", "yellow"),
}


CLASSES = {
    "keep": "不变\nunchanged",
    "at_least_special_mention": "至少关注\nspecial mention",
    "restructured_watch": "关注，观察\nwatched",
}


def print_quote(shape: dict[str, Any], console: Console) -> None:
    """Print what `quote_json` returns."""
    verdict = ("allowed 可以办理", "bold green") if shape["eligible"] else ("refused 不能办理", "bold red")
    console.print(Text(f"{shape['loan']}  {shape['kind']}  {shape['as_of']}: "), Text(*verdict))
    console.print(Text(f"{shape['summary_zh']}\n{shape['summary_en']}"))
    for rule in shape["rules"]:
        mark, style = MARKS["refuses"] if not rule["allowed"] else MARKS.get(rule["needs"], ("✓", "green"))
        console.print(Text(f"{mark} {rule['id']}", style=style))
        console.print(Text(f"    {rule['reason_zh']}\n    {rule['reason_en']}"))
    if shape["eligible"]:
        _print_figures(shape, shape["today"], console)
    elif shape["nearest"]:
        console.print(Text("\nThe nearest that is allowed 最接近的可行方案", style="bold"))
        console.print(Text(f"{shape['nearest']['summary_zh']}\n{shape['nearest']['summary_en']}"))
        _print_figures(shape["nearest"], shape["today"], console)
    if shape["comparison"]:
        _print_comparison(shape["comparison"], console)


def _print_figures(figures: dict[str, Any], today: dict[str, Any], console: Console) -> None:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(
        "期\nno.", no_wrap=True, min_width=max(len(str(row["number"])) for row in figures["rows"])
    )
    table.add_column("还款日\ndue on", no_wrap=True)
    for name, zh in COLUMNS.items():
        table.add_column(f"{zh}\n{name}", justify="right", no_wrap=True)
    for row in figures["rows"]:
        table.add_row(str(row["number"]), row["due_on"], *(row[name] for name in COLUMNS))
    totals = figures["totals"]
    table.add_section()
    table.add_row("", "合计 total", *(totals.get(name, "") for name in COLUMNS))
    console.print(table)
    difference, waived = figures["difference"], figures["waived"]
    forgiven = [f"{COLUMNS[name]} {name} {amount}" for name, amount in waived.items() if Decimal(amount)]
    lines = [
        f"to pay 合计应还: {totals['due']}, today 现计划: {today['totals']['due']}, "
        f"difference 差额: {difference['due']} (interest 利息 {difference['interest']})",
        f"waived 减免: {', '.join(forgiven) or '-'}; charges beside the plan 计划外费用: {today['charges']}",
        f"last instalment 最后一期: {figures['new_maturity']}, today 现计划: {today['maturity']}",
        f"APR 年化成本: {figures['apr_pct'] or '-'}%",
        f"consents 需同意: {', '.join(figures['consents_needed']) or '-'}; "
        f"approval 审批: {figures['approval_level'] or '-'}",
        f"quote 报价 {figures['quote'][:8]}, until 有效至 {figures['expires_at']}",
        f"hash {figures['hash']}",
    ]
    if effects := figures["effects"]:
        lines[-2:-2] = [
            f"class 分类: {effects['class_zh']} {effects['class_en']}",
            f"credit record 征信: {effects['record_zh']} {effects['record_en']}",
        ]
    for line in lines:
        console.print(Text(line))


def _print_comparison(options: list[dict[str, Any]], console: Console) -> None:
    console.print(Text("\nCompared with what the rulebook offers 方案比较", style="bold"))
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    heads = (
        "方案\noption",
        "每期最少\nsmallest",
        "每期最多\nlargest",
        "总成本差\nextra cost",
        "结束\nends on",
    )
    for head in heads:
        table.add_column(head, no_wrap=head != "方案\noption")
    table.add_column("分类\nclass")
    table.add_column("需要\nneeds")
    for option in options:
        needs = [*option["consents_needed"], option["approval_level"]]
        table.add_row(
            ("▸ " if option["asked"] else "") + option["kind"],
            option["smallest"],
            option["largest"],
            option["extra_cost"],
            option["ends_on"],
            CLASSES.get(option["asset_class"], "-"),
            ", ".join(need for need in needs if need) or "-",
        )
    console.print(table)
