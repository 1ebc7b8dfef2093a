"""`tideover quote`: one relief option on one loan, with the rules that decide on it and exact figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.models import Loan, Quote, Schedule
from loans.options import Option, nearest_option, option_for
from loans.positions import position_of
from loans.quotes import as_rule, freeze
from loans.relief import Position
from loans.view import active_schedule
from policies.kinds import KINDS, PARAMS
from policies.rulebook import Rulebook, RulebookError, rulebook
from tideover.cli.common import json_option, now_option, open_database, print_json, refuse, the_time

AMOUNTS = {
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
WRONG_USAGE = ("bad_param", "unknown_param")


class Param(click.ParamType[tuple[str, str]]):
    """A parameter of a relief, written name=value."""

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


@click.command("quote")
@click.option("--loan", "loan_ref", metavar="REF", required=True, help="The loan's reference on the tape.")
@click.option(
    "--option", "kinds", metavar="KIND", required=True, multiple=True, help=f"One of {', '.join(KINDS)}."
)
@click.option(
    "--param", "params", type=Param(), multiple=True, help="months=2; defaults come from the rulebook."
)
@now_option
@json_option
def quote(
    loan_ref: str,
    kinds: Sequence[str],
    params: Sequence[tuple[str, str]],
    now: datetime | None,
    as_json: bool,
) -> None:
    """Work out one option on a loan: whether it is allowed, by which rules, and exactly what it costs. 方案试算。

    An allowed option is written down as a quote with its hash and its end. Nothing is agreed: the borrower does that.
    """
    kind, given = _asked(kinds, params)
    try:
        rules = rulebook()
    except RulebookError as fault:
        raise refuse(str(fault)) from None
    database = open_database()
    try:
        with database.write() as session:
            loan = session.scalar(select(Loan).where(Loan.ref == loan_ref))
            if loan is None:
                raise refuse(f"there is no loan {loan_ref!r}; see loan_ref in loans.csv 没有这笔贷款")
            local = the_time(now).astimezone(ZoneInfo(loan.borrower.timezone))
            shape = quote_json(session, loan, rules, kind, given, local)
    finally:
        database.close()
    print_json(shape) if as_json else _print(shape, Console())


def quote_json(
    session: Session, loan: Loan, rules: Rulebook, kind: str, params: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return an option in the shape of docs/schemas/quote.json, frozen as a quote when it is allowed.

    `now` is aware, in the borrower's time zone. Raises click.UsageError for a parameter that cannot be used.
    """
    schedule = active_schedule(session, loan)
    position = position_of(loan, schedule, now.date())
    option = option_for(position, rules, [(kind, params)])
    if option.error_code in WRONG_USAGE:
        raise click.UsageError(f"{option.summary_en} {option.summary_zh}")
    decision = option.decision
    closest = nearest_option(position, rules, option)
    nearest = _figures(session, loan, schedule, position, closest, rules, now) if closest else None
    return {
        "loan": loan.ref,
        "borrower": loan.borrower.ref,
        "currency": loan.currency,
        "as_of": now.date().isoformat(),
        "kind": kind,
        "eligible": option.allowed,
        "rules": [as_rule(result) for result in decision.results] if decision else [],
        "refused_by": [result.id for result in decision.refusals] if decision else [str(option.error_code)],
        "today": _today(position),
        **_figures(session, loan, schedule, position, option, rules, now),
        "nearest": nearest,
    }


def _asked(kinds: Sequence[str], params: Sequence[tuple[str, str]]) -> tuple[str, dict[str, str]]:
    known = ", ".join(KINDS)
    if len(kinds) > 1:
        raise click.UsageError(
            f"options cannot be combined yet; ask for one of {known} 暂不支持组合方案，请一次只选一种"
        )
    kind = kinds[0]
    if kind not in KINDS:
        raise click.UsageError(
            f"there is no option {kind!r} yet; there are: {known} 暂不支持该方案，可选：{known}"
        )
    for name, _ in params:
        if name not in PARAMS[kind]:
            choices = ", ".join(sorted(PARAMS[kind]))
            raise click.UsageError(
                f"{kind} has no parameter {name!r}; it has: {choices} 没有这个参数，可用：{choices}"
            )
    return kind, dict(params)


def _figures(
    session: Session,
    loan: Loan,
    schedule: Schedule,
    position: Position,
    option: Option,
    rules: Rulebook,
    now: datetime,
) -> dict[str, Any]:
    """The option's words, and its figures from the frozen quote; null and empty where it is refused."""
    frozen = freeze(session, loan, schedule, option, rules, now) if option.allowed else None
    return {
        "params": dict(option.params),
        "summary_zh": option.summary_zh,
        "summary_en": option.summary_en,
        "rows": [row for row in frozen.rows if not row["paid"]] if frozen else [],
        "totals": frozen.totals if frozen else None,
        "new_maturity": frozen.new_maturity_on.isoformat() if frozen else None,
        "difference": _difference(frozen, position) if frozen else None,
        "apr_pct": str(frozen.apr_pct) if frozen and frozen.apr_pct is not None else None,
        "consents_needed": list(frozen.consents_needed) if frozen else [],
        "needs_approval": frozen.needs_approval if frozen else False,
        "rulebook": rules.id,
        "quote": frozen.id if frozen else None,
        "hash": frozen.hash if frozen else None,
        "expires_at": frozen.expires_at.astimezone(now.tzinfo).isoformat() if frozen else None,
    }


def _today(position: Position) -> dict[str, Any]:
    """What the schedule in force still asks for."""
    left = position.outstanding
    unpaid = [row for row in position.instalments if row.unpaid.total]
    return {
        "rows": [
            {
                "number": row.number,
                "due_on": row.due_on.isoformat(),
                "principal": str(row.unpaid.principal),
                "interest": str(row.unpaid.interest),
                "fee": str(row.unpaid.fee),
                "penalty": str(row.unpaid.penalty),
                "due": str(row.unpaid.total),
            }
            for row in unpaid
        ],
        "totals": {
            "principal": str(left.principal),
            "interest": str(left.interest),
            "fee": str(left.fee),
            "penalty": str(left.penalty),
            "due": str(left.total),
        },
        "maturity": position.maturity_on.isoformat(),
    }


def _difference(frozen: Quote, position: Position) -> dict[str, Any]:
    rows = [row for row in frozen.rows if not row["paid"]]
    return {
        "interest": str(frozen.extra_cost),
        "due": str(Decimal(frozen.totals["due"]) - position.outstanding.total),
        "instalments": len(rows) - sum(1 for row in position.instalments if row.unpaid.total),
        "maturity_days": (frozen.new_maturity_on - position.maturity_on).days,
    }


def _print(shape: dict[str, Any], console: Console) -> None:
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


def _print_figures(figures: dict[str, Any], today: dict[str, Any], console: Console) -> None:
    table = Table("期\nno.", box=SIMPLE)
    table.add_column("还款日\ndue on", no_wrap=True)
    for name, zh in AMOUNTS.items():
        table.add_column(f"{zh}\n{name}", justify="right", no_wrap=True)
    for row in figures["rows"]:
        table.add_row(str(row["number"]), row["due_on"], *(row[name] for name in AMOUNTS))
    totals = figures["totals"]
    table.add_section()
    table.add_row("", "合计 total", *(totals.get(name, "") for name in AMOUNTS))
    console.print(table)
    difference = figures["difference"]
    for line in (
        f"to pay 合计应还: {totals['due']}, today 现计划: {today['totals']['due']}, "
        f"difference 差额: {difference['due']} (interest 利息 {difference['interest']})",
        f"last instalment 最后一期: {figures['new_maturity']}, today 现计划: {today['maturity']}",
        f"APR 年化成本: {figures['apr_pct'] or '-'}%",
        f"consents 需同意: {', '.join(figures['consents_needed']) or '-'}; approval 审批: "
        f"{'needed 需要' if figures['needs_approval'] else '-'}",
        f"quote 报价 {figures['quote'][:8]}, until 有效至 {figures['expires_at']}, hash {figures['hash']}",
    ):
        console.print(Text(line))
