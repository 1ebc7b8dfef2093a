"""`tideover agreement`: agreements, what they wait for, and staff's decisions on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from conversations import decisions
from conversations.announcing import local_time
from conversations.decisions import PARTIES, Decided
from loans.agreement_view import agreement_details
from loans.agreements import AgreementError, is_outlived, last_day, needs_approval
from loans.models import WAITING, Agreement
from policies.rulebook import RulebookError
from policies.staff import StaffError
from tideover.cli.agreement_document import document_command
from tideover.cli.agreement_print import print_agreement, print_decided, print_list
from tideover.cli.common import json_option, now_option, open_database, print_json, refuse, the_time
from tideover.cli.staff import by_option


@click.group("agreement")
def agreement() -> None:
    """See and decide agreements. 查看和审批协议。"""


agreement.add_command(document_command)


@agreement.command("list")
@click.option("--waiting", is_flag=True, help="Only those that wait for a consent or an approval.")
@now_option
@json_option
def list_command(waiting: bool, now: datetime | None, as_json: bool) -> None:
    """List agreements, the newest first. 列出协议。"""
    wanted = select(Agreement).order_by(Agreement.confirmed_at.desc(), Agreement.id)
    if waiting:
        wanted = wanted.where(Agreement.status.in_(WAITING))
    database = open_database()
    with database.read() as session:
        found = session.scalars(wanted).all()
        shown = [agreement_json(each) for each in found]
        outlived = [each.id for each in found if is_outlived(each, local_time(each.loan, the_time(now)))]
    database.close()
    if as_json:
        print_json({"agreements": shown})
    else:
        print_list(shown, outlived, Console())


@agreement.command("show")
@click.argument("agreement_id", metavar="ID")
@json_option
def show_command(agreement_id: str, as_json: bool) -> None:
    """Show all about one agreement. 查看一份协议的全部内容。"""
    database = open_database()
    try:
        with database.read() as session:
            shown = agreement_json(decisions.find(session, agreement_id))
    except AgreementError as error:
        raise refuse(f"{error.en} {error.zh}") from None
    finally:
        database.close()
    print_json(shown) if as_json else print_agreement(shown, Console())


@agreement.command("request")
@click.argument("quote_id", metavar="QUOTE")
@click.option(
    "--evidence",
    required=True,
    metavar="TEXT",
    help="How the borrower agreed: a signed letter, a recorded call.",
)
@by_option
@now_option
@json_option
def request_command(quote_id: str, evidence: str, by: str, now: datetime | None, as_json: bool) -> None:
    """Take down that a borrower agreed to a quote outside any chat; a colleague must approve it. 登记线下申请。"""

    def act(session: Session) -> Decided:
        quote = decisions.find_quote(session, quote_id)
        return decisions.request(session, quote, evidence=evidence, by=by, now=the_time(now))

    _carry_out(act, as_json)


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
@click.option(
    "--hash", "seen_hash", metavar="HASH", help="The hash of the quote you saw; refused if it is another."
)
@by_option
@now_option
@json_option
def approve_command(
    agreement_id: str, seen_hash: str | None, by: str, now: datetime | None, as_json: bool
) -> None:
    """Approve an agreement exactly as it was quoted. 批准协议。"""

    def act(session: Session, found: Agreement) -> Decided:
        return decisions.approve(session, found, by=by, now=the_time(now), seen_hash=seen_hash)

    _decide(agreement_id, act, as_json)


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


@agreement.command("reverse")
@click.argument("agreement_id", metavar="ID")
@click.option(
    "--reason", required=True, metavar="TEXT", help="Why; kept in the log, not sent to the borrower."
)
@by_option
@now_option
@json_option
def reverse_command(agreement_id: str, reason: str, by: str, now: datetime | None, as_json: bool) -> None:
    """Take an agreement back while its schedule is the latest: the one before counts again. 撤销协议。"""
    _decide(
        agreement_id,
        lambda session, found: decisions.reverse(session, found, by=by, now=the_time(now), reason=reason),
        as_json,
    )


def agreement_json(found: Agreement) -> dict[str, Any]:
    """Return an agreement in the shape of docs/schemas/agreement.json."""
    quote = found.quote
    return {
        **agreement_details(found, found.loan.ref),
        "borrower": found.loan.borrower.ref,
        "currency": found.loan.currency,
        "summary_zh": quote.summary_zh,
        "summary_en": quote.summary_en,
        "needs_approval": needs_approval(found),
        "decide_by": last_day(found).isoformat() if found.status in WAITING else None,
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


def _decide(agreement_id: str, act: Callable[[Session, Agreement], Decided], as_json: bool) -> None:
    _carry_out(lambda session: act(session, decisions.find(session, agreement_id)), as_json)


def _carry_out(act: Callable[[Session], Decided], as_json: bool) -> None:
    database = open_database()
    try:
        with database.write() as session:
            decided = act(session)
            shape = {
                "agreement": agreement_json(decided.agreement),
                "changed": decided.changed,
                "told": decided.told,
                "not_told_because": decided.not_told or None,
                "reminders_cancelled": decided.reminders_cancelled,
            }
    except AgreementError as error:
        raise refuse(f"{error.en} {error.zh}") from None
    except StaffError as error:
        raise refuse(str(error)) from None
    except RulebookError as fault:
        raise refuse(f"{fault} 规则文件有误，请用 tideover policy check 检查") from None
    finally:
        database.close()
    if decided.changed and decided.agreement.status == "expired":
        raise refuse(
            f"agreement {decided.agreement.id} has waited too long and has lapsed; the loan stays as it is. "
            "协议等待太久，已经失效，贷款保持不变；请为借款人重新算一份。"
        )
    print_json(shape) if as_json else print_decided(shape)
