"""`tideover show`: everything the loan book knows about one borrower."""

from __future__ import annotations

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

from conversations.evidence import evidence_of_cases
from conversations.models import Conversation
from conversations.state import reminders_of
from loans.classes import CLASS_NAMES_ZH
from loans.models import Borrower
from loans.view import borrower_view
from tideover.cli.common import json_option, now_option, open_database, print_json, refuse, the_time
from transcripts.models import LogEntry

AMOUNTS = {
    "principal": "本金",
    "interest": "利息",
    "fee": "费用",
    "penalty": "罚息",
    "due": "应还",
    "unpaid": "未还",
}
BRIEFLY = {
    "agreements": ("id", "loan", "kind", "status", "new_maturity", "confirmed_at", "decided_at", "ended_at"),
    "evidence": ("case_kind", "kind", "received_at", "state", "path"),
}
LAST_MESSAGES = 10
ALWAYS_SHOWN = ("principal", "interest", "due", "unpaid")


@click.command("show")
@click.option("--borrower", "ref", metavar="REF", required=True, help="The borrower's reference on the tape.")
@now_option
@json_option
def show(ref: str, now: datetime | None, as_json: bool) -> None:
    """Show a borrower's loans, agreements, promises, cases, their files and contact points. 查看一位借款人。"""
    database = open_database()
    try:
        with database.read() as session:
            borrower = session.scalar(select(Borrower).where(Borrower.ref == ref))
            if borrower is None:
                raise refuse(
                    f"There is no borrower {ref!r}; see borrower_ref in borrowers.csv. 没有这位借款人。"
                )
            moment = the_time(now).astimezone(ZoneInfo(borrower.timezone))
            view = borrower_view(session, ref, moment.date()) | _contact(session, borrower, moment)
    finally:
        database.close()
    if as_json:
        print_json(view)
    else:
        _print(view, Console())


def _contact(session: Session, borrower: Borrower, now: datetime) -> dict[str, Any]:
    """What has passed between us: whether reminders go out, the conversations, and the last messages in and out."""
    conversations = session.scalars(
        select(Conversation).where(Conversation.borrower_id == borrower.id).order_by(Conversation.created_at)
    ).all()
    messages = session.scalars(
        select(LogEntry)
        .where(
            LogEntry.conversation_id.in_([conversation.id for conversation in conversations]),
            LogEntry.kind.in_(("message_in", "message_out")),
        )
        .order_by(LogEntry.occurred_at.desc(), LogEntry.conv_seq.desc())
        .limit(LAST_MESSAGES)
    ).all()
    return {
        "evidence": evidence_of_cases(session, borrower.id),
        "reminders": reminders_of(session, borrower, now),
        "conversations": [
            {
                "id": conversation.id,
                "channel": conversation.channel,
                "control": conversation.control,
                "owner": conversation.owner,
                "handover": conversation.handover,
            }
            for conversation in conversations
        ],
        "last_messages": [
            {
                "conversation": entry.conversation_id,
                "at": entry.occurred_at.isoformat(),
                "from": entry.actor_role,
                "text": entry.payload.get("text", ""),
            }
            for entry in reversed(messages)
        ],
    }


def _print(view: dict[str, Any], console: Console) -> None:
    borrower = view["borrower"]
    about = ("language", "timezone", "region", "industry")
    console.print(Text(f"{borrower['ref']}  {borrower['name']}", style="bold"))
    console.print(Text("  ".join(borrower[name] for name in about if borrower[name])))
    for point in view["contact_points"]:
        console.print(Text(f"  {point['kind']}: {point['value']}{' ✓' if point['verified_at'] else ''}"))
    for loan in view["loans"]:
        _print_loan(loan, view["as_of"], console)
    console.print()
    console.print(f"reminders 提醒: {view['reminders']}")
    for name in ("agreements", "promises", "cases", "evidence", "conversations", "last_messages"):
        if view[name]:
            _print_list(name, view[name], console)


def _print_loan(loan: dict[str, Any], as_of: str, console: Console) -> None:
    standing = (
        f"{loan['ref']}  {loan['currency']} {loan['principal']}  {loan['annual_rate_pct']}%  {loan['method']}  "
        f"{loan['status']}\n"
        f"as of {as_of}: {loan['days_past_due']} days past due 逾期天数, class 分类 {loan['class']} "
        f"{CLASS_NAMES_ZH[loan['class']]}, overdue 逾期 {loan['overdue']}, "
        f"outstanding 未还 {loan['outstanding']['total']}, credit 余款 {loan['credit']}"
    )
    console.print()
    console.print(Text(standing))
    for schedule in loan["schedules"]:
        console.print(_schedule_table(schedule))


def _schedule_table(schedule: dict[str, Any]) -> Table:
    """The instalments of one version; components that are nil throughout are left out."""
    rows = schedule["instalments"]
    shown = [name for name in AMOUNTS if name in ALWAYS_SHOWN or any(Decimal(row[name]) for row in rows)]
    title = f"version {schedule['version']}, {schedule['status']}, from {schedule['effective_on']}"
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False, collapse_padding=True)
    table.add_column("期\nno.")
    table.add_column("还款日\ndue on", no_wrap=True)
    for name in shown:
        table.add_column(f"{AMOUNTS[name]}\n{name}", justify="right", no_wrap=True)
    table.add_column("结清\nsettled", no_wrap=True)
    for row in rows:
        table.add_row(
            str(row["number"]), row["due_on"], *(row[name] for name in shown), row["settled_on"] or ""
        )
    return table


def _print_list(name: str, rows: list[dict[str, Any]], console: Console) -> None:
    """A table of what fits in one: `tideover agreement show` has all of an agreement."""
    shown = BRIEFLY.get(name) or [key for key, value in rows[0].items() if not isinstance(value, list | dict)]
    table = Table(*shown, title=name, title_justify="left")
    for row in rows:
        table.add_row(*(Text("" if row[key] is None else str(row[key])) for key in shown))
    console.print()
    console.print(table)
