"""`tideover link`: a one-time deep link that connects a borrower's chat with their loans."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import select

from conversations.identity import LINK_VALID, make_link
from loans.models import Borrower
from tideover.cli.common import json_option, now_option, open_database, print_json, refuse, the_time
from tideover.settings import Settings


@click.command("link")
@click.option("--borrower", "ref", metavar="REF", required=True, help="Whose chat it will become.")
@click.option("--telegram-bot", metavar="NAME", help="The bot's user name: print a link that opens Telegram.")
@click.option(
    "--url",
    "base",
    metavar="BASE",
    help="Where the web chat is reached; TIDEOVER_HOST and TIDEOVER_PORT otherwise.",
)
@now_option
@json_option
def link(ref: str, telegram_bot: str | None, base: str | None, now: datetime | None, as_json: bool) -> None:
    """Print a link for one borrower: it works once, for seven days. 生成一次性绑定链接。

    Send it only to the borrower it is for. Whoever opens it must still pass the identity check.
    """
    if telegram_bot and base:
        raise click.UsageError("give either --telegram-bot or --url 二者只能选一个")
    settings = Settings.from_environment()
    database = open_database(settings)
    clock = the_time(now)
    with database.write() as session:
        borrower = session.scalar(select(Borrower).where(Borrower.ref == ref))
        if borrower is None:
            raise refuse(f"there is no borrower {ref!r} in the loan book 贷款账簿中没有这位借款人")
        token = make_link(session, borrower, clock)
    database.close()
    if telegram_bot:
        address = f"https://t.me/{telegram_bot.removeprefix('@')}?start={token}"
    else:
        address = f"{(base or f'http://{settings.host}:{settings.port}').rstrip('/')}/?token={token}"
    until = clock + LINK_VALID
    if as_json:
        print_json({"borrower": ref, "url": address, "expires_at": until.isoformat()})
    else:
        click.echo(address)
