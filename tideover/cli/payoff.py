"""`tideover payoff`: what settles one loan in full on a day, part by part."""

from __future__ import annotations

from datetime import date, datetime, timedelta
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

from loans.classes import CLASS_NAMES_ZH, asset_class, class_floor, days_since_due
from loans.errors import LoanError
from loans.late_charges import payoff_terms_of
from loans.models import Loan
from loans.payoff import Payoff, payoff
from loans.positions import position_of
from loans.view import active_schedule
from policies.late_charges import LateChargesError
from policies.wording import day, money
from tideover.cli.common import Day, json_option, now_option, open_database, print_json, refuse, the_time

PARTS = {
    "principal": ("本金", "principal"),
    "interest": ("利息", "interest"),
    "fee": ("费用", "fees"),
    "penalty": ("罚息", "penalty"),
    "charges": ("其他费用", "other charges"),
    "prepayment_fee": ("提前还款手续费", "prepayment fee"),
}


@click.command("payoff")
@click.option("--loan", "loan_ref", metavar="REF", required=True, help="The loan's reference on the tape.")
@click.option(
    "--on",
    "on",
    type=Day(),
    default=None,
    help="The day it is paid, today by default.",
)
@now_option
@json_option
def payoff_command(loan_ref: str, on: date | None, now: datetime | None, as_json: bool) -> None:
    """Work out what settles a loan in full on a day. 提前结清试算。

    It is what is owed if nothing is paid before that day. Nothing is changed: the ledger settles the loan.
    """
    database = open_database()
    try:
        with database.read() as session:
            loan = session.scalar(select(Loan).where(Loan.ref == loan_ref))
            if loan is None:
                raise refuse(f"there is no loan {loan_ref!r}; see loan_ref in loans.csv 没有这笔贷款")
            today = the_time(now).astimezone(ZoneInfo(loan.borrower.timezone)).date()
            shape = payoff_json(session, loan, today, on or today)
    except LoanError as error:
        raise refuse(f"{error.en} {error.zh}") from None
    except LateChargesError as error:
        raise refuse(str(error)) from None
    finally:
        database.close()
    print_json(shape) if as_json else _print(shape, Console())


def payoff_json(session: Session, loan: Loan, today: date, on: date) -> dict[str, Any]:
    """Return what settles a loan on `on`, in the shape of docs/schemas/payoff.json.

    Both days are in the borrower's time zone. Raises LoanError for a day before disbursement or before `today`,
    LateChargesError when the lender's file of late charges makes no sense.
    """
    position = position_of(loan, active_schedule(session, loan), today)
    terms = payoff_terms_of(loan)
    found = payoff(position, on, terms)
    following = payoff(position, on + timedelta(days=1), terms)
    late = days_since_due(min((row.due_on for row in position.unpaid), default=None), on)
    outstanding = position.outstanding.total + found.charges
    return {
        "loan": loan.ref,
        "borrower": loan.borrower.ref,
        "currency": loan.currency,
        "as_of": today.isoformat(),
        "on": on.isoformat(),
        "days_past_due": late,
        "class": asset_class(loan.asset_class, late),
        "class_floor": class_floor(late),
        **{name: str(getattr(found, name)) for name in PARTS},
        "accrued_penalty": str(found.accrued_penalty),
        "rebate": str(found.rebate),
        "total": str(found.total),
        "refund": str(found.refund),
        "next_day": str(following.total),
        "outstanding": str(outstanding),
        "difference": str(found.total - outstanding),
        "summary_zh": _summary(found, loan.currency, "zh"),
        "summary_en": _summary(found, loan.currency, "en"),
    }


def _summary(found: Payoff, currency: str, language: str) -> str:
    """One sentence with every part that is not nothing."""
    zh = language == "zh"

    def said(amount: Decimal) -> str:
        return money(amount, currency, language)

    if not found.owed:
        return "这笔贷款已经还清。" if zh else "This loan is fully repaid."
    parts = [
        f"{names[0]}{said(getattr(found, part))}" if zh else f"{names[1]} {said(getattr(found, part))}"
        for part, names in PARTS.items()
        if getattr(found, part)
    ]
    if found.rebate:
        parts.append(
            f"减去预付利息{said(found.rebate)}" if zh else f"less interest paid ahead {said(found.rebate)}"
        )
    when = day(found.on, language)
    if zh:
        refund = f"，并退还{said(found.refund)}" if found.refund else ""
        return f"在此之前没有其他还款的话，{when}还{said(found.total)}即可结清：{'、'.join(parts)}{refund}。"
    refund = f"; {said(found.refund)} is given back" if found.refund else ""
    return f"If nothing is paid before, {said(found.total)} on {when} settles the loan: {', '.join(parts)}{refund}."


def _print(shape: dict[str, Any], console: Console) -> None:
    console.print(Text(f"{shape['loan']}  {shape['on']}", style="bold"))
    console.print(Text(f"{shape['summary_zh']}\n{shape['summary_en']}"))
    table = Table(box=SIMPLE, show_header=False)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    for part, (zh, en) in PARTS.items():
        if Decimal(shape[part]):
            table.add_row(f"{zh} {en}", shape[part])
    if Decimal(shape["rebate"]):
        table.add_row("预付利息 interest paid ahead", f"-{shape['rebate']}")
    table.add_section()
    table.add_row("结清金额 to pay", shape["total"])
    console.print(table)
    if Decimal(shape["accrued_penalty"]):
        note = "not in it: penalty accrued but not charged by the ledger 未计入：账本尚未计收的罚息"
        console.print(Text(f"{note}: {shape['accrued_penalty']}"))
    for line in (
        f"a day later 晚一天: {shape['next_day']}",
        f"the plan asks for 按现计划合计: {shape['outstanding']}, difference 差额: {shape['difference']}",
        f"{shape['days_past_due']} days past due 逾期天数, class 分类 {shape['class']} "
        f"{CLASS_NAMES_ZH[shape['class']]}",
    ):
        console.print(Text(line))
