"""`tideover quote`: one relief, or several together, on one loan: the rules that decide on it and exact figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from sqlalchemy import select

from loans.models import Loan
from policies.kinds import KINDS
from policies.rulebook import RulebookError, rulebook
from tideover.cli.common import json_option, now_option, open_database, print_json, refuse, the_time
from tideover.cli.quote_print import print_quote
from tideover.cli.quote_request import Param, wanted
from tideover.cli.quote_shape import quote_json


@click.command("quote")
@click.option("--loan", "loan_ref", metavar="REF", required=True, help="The loan's reference on the tape.")
@click.option(
    "--option",
    "kinds",
    metavar="KIND",
    required=True,
    multiple=True,
    help=f"One of {', '.join(KINDS)}; several are combined.",
)
@click.option(
    "--param",
    "params",
    type=Param(),
    multiple=True,
    help="months=2, or deferral.months=2 for one of several; defaults come from the rulebook.",
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
    """Work out an option on a loan: whether it is allowed, by which rules, and exactly what it costs. 方案试算。

    Several options are worked out together. An allowed one is written down as a quote with its hash and its end.
    Nothing is agreed: the borrower does that.
    """
    asked = wanted(kinds, params)
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
            shape = quote_json(session, loan, rules, asked, local)
    finally:
        database.close()
    print_json(shape) if as_json else print_quote(shape, Console())
