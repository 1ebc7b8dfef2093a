"""`tideover agreement`: agreements that wait for a consent or an approval, and staff's decisions on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations import decisions
from conversations.decisions import PARTIES, Decided
from loans.agreements import AgreementError
from loans.models import WAITING, Agreement
from loans.view import agreement_view
from tideover.cli.agreement_document import document_command
from tideover.cli.common import json_option, now_option, open_database, print_json, refuse, the_time
from tideover.cli.staff import by_option

STATUS_ZH = {
    "pending_consent": "等待同意",
    "pending_approval": "等待审批",
    "active": "已生效",
    "completed": "已履行",
    "broken": "已违约",
    "rejected": "未批准",
    "expired": "已失效",
    "reversed": "已撤销",
}


@click.group("agreement")
def agreement() -> None:
    """See and decide agreements. 查看和审批协议。"""


agreement.add_command(document_command)


@agreement.command("list")
@click.option("--waiting", is_flag=True, help="Only those that wait for a consent or an approval.")
@json_option
def list_command(waiting: bool, as_json: bool) -> None:
    """List agreements, the newest first. 列出协议。"""
    wanted = select(Agreement).order_by(Agreement.confirmed_at.desc(), Agreement.id)
    if waiting:
        wanted = wanted.where(Agreement.status.in_(WAITING))
    database = open_database()
    with database.read() as session:
        shown = [agreement_json(found) for found in session.scalars(wanted)]
    database.close()
    if as_json:
        print_json({"agreements": shown})
    else:
        _print_list(shown, Console())


@agreement.command("consent")
@click.argument("agreement_id", metavar="ID")
@click.option("--party", type=click.Choice(PARTIES), required=True, help="Whose written consent it is.")
@click.option(
    "--evidence", required=True, metavar="TEXT", help="What shows it: a letter and its date, a file number."
)
@by_option
@now_option
@json_option
def consent_command(
    agreement_id: str, party: str, evidence: str, by: str, now: datetime | None, as_json: bool
) -> None:
    """Record the written consent of a guarantor or provider of security. 登记保证人或抵押人的书面同意。"""

    def act(session: Session, found: Agreement) -> Decided:
        return decisions.consent(session, found, party=party, evidence=evidence, by=by, now=the_time(now))

    _decide(agreement_id, act, as_json)


@agreement.command("approve")
@click.argument("agreement_id", metavar="ID")
@by_option
@now_option
@json_option
def approve_command(agreement_id: str, by: str, now: datetime | None, as_json: bool) -> None:
    """Approve an agreement exactly as it was quoted. 批准协议。"""
    _decide(
        agreement_id,
        lambda session, found: decisions.approve(session, found, by=by, now=the_time(now)),
        as_json,
    )


@agreement.command("reject")
@click.argument("agreement_id", metavar="ID")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the log, not sent to the borrower.")
@by_option
@now_option
@json_option
def reject_command(agreement_id: str, reason: str, by: str, now: datetime | None, as_json: bool) -> None:
    """Reject an agreement that waits; the schedule stays as it is. 不批准协议。"""
    _decide(
        agreement_id,
        lambda session, found: decisions.reject(session, found, by=by, now=the_time(now), reason=reason),
        as_json,
    )


def agreement_json(found: Agreement) -> dict[str, Any]:
    """Return an agreement in the shape of docs/schemas/agreement.json."""
    given = {consent.party for consent in found.consents}
    missing = [party for party in found.quote.consents_needed if party not in given]
    return {
        **agreement_view(found, found.loan.ref),
        "borrower": found.loan.borrower.ref,
        "quote": found.quote_id,
        "hash": found.quote.hash,
        "summary_zh": found.quote.summary_zh,
        "summary_en": found.quote.summary_en,
        "waits_for": _waits_for(found.status, missing),
        "needs_approval": found.quote.needs_approval,
        "confirmed_at": found.confirmed_at.isoformat(),
        "decided_at": found.decided_at.isoformat() if found.decided_at else None,
        "consents": [
            {
                "party": consent.party,
                "evidence": consent.evidence,
                "by": consent.recorded_by,
                "at": consent.recorded_at.isoformat(),
            }
            for consent in found.consents
        ],
    }


def _waits_for(status: str, missing: Sequence[str]) -> list[str]:
    if status == "pending_consent":
        return list(missing)
    return ["approval"] if status == "pending_approval" else []


def _decide(agreement_id: str, act: Callable[[Session, Agreement], Decided], as_json: bool) -> None:
    database = open_database()
    try:
        with database.write() as session:
            decided = act(session, decisions.find(session, agreement_id))
            shape = {
                "agreement": agreement_json(decided.agreement),
                "changed": decided.changed,
                "told": decided.told,
                "not_told_because": decided.not_told or None,
                "reminders_cancelled": decided.reminders_cancelled,
            }
    except AgreementError as error:
        raise refuse(f"{error.en} {error.zh}") from None
    finally:
        database.close()
    if decided.changed and decided.agreement.status == "expired":
        raise refuse(
            f"agreement {decided.agreement.id} has waited too long and has lapsed; the loan stays as it is. "
            "协议等待太久，已经失效，贷款保持不变；请为借款人重新算一份。"
        )
    if as_json:
        print_json(shape)
    else:
        _print_decided(shape)


def _print_decided(shape: dict[str, Any]) -> None:
    found = shape["agreement"]
    standing = f"{found['id'][:8]}  {found['loan']}  {found['status']} {STATUS_ZH[found['status']]}"
    click.echo(standing if shape["changed"] else f"{standing}  (nothing changed 无变化)")
    if found["waits_for"]:
        click.echo(f"waits for 仍需: {', '.join(found['waits_for'])}")
    if shape["told"]:
        click.echo("the borrower is being told in their chat 已在聊天中告知借款人")
    elif shape["changed"]:
        click.echo(f"the borrower was not written to 未告知借款人: {shape['not_told_because']}")
    if shape["reminders_cancelled"]:
        click.echo(f"reminders cancelled 已取消的提醒: {shape['reminders_cancelled']}")


def _print_list(shown: Sequence[dict[str, Any]], console: Console) -> None:
    if not shown:
        console.print("no agreements 没有协议")
        return
    table = Table("id", "borrower\n借款人", "loan\n贷款", "kind\n种类", box=SIMPLE)
    table.add_column("status\n状态", no_wrap=True)
    table.add_column("waits for\n等待")
    table.add_column("new maturity\n新到期日")
    for found in shown:
        cells = (
            found["id"][:8],
            found["borrower"],
            found["loan"],
            found["kind"],
            f"{found['status']}\n{STATUS_ZH[found['status']]}",
            ", ".join(found["waits_for"]),
            found["new_maturity"],
        )
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
