"""`tideover control`: who answers in a conversation. A person takes it, speaks, and gives it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.normalise import clean
from conversations import staff
from conversations.control import ControlError, describe, find, hand_back, take_over
from conversations.models import Conversation, OutboxMessage
from conversations.staff import Glance, check_epoch
from conversations.state import state_of
from conversations.suppression import standing
from loans.models import Borrower
from storage.engine import Database
from tideover.cli.common import json_option, now_option, open_database, print_json, refuse, the_time
from tideover.cli.staff import by_option, epoch_option
from tideover.settings import Settings
from transcripts import log

SPOKEN = ("message_in", "message_out")


@click.group("control")
def control() -> None:
    """Take conversations over from the bot and give them back. 人工接管会话。"""


@control.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@json_option
def list_command(limit: int, as_json: bool) -> None:
    """List conversations, those that need a person first. 列出会话，需要人工的在前。"""
    with _database() as database, database.read() as session:
        shown = [_glance(found) for found in staff.glances(session, limit)]
    if as_json:
        print_json({"conversations": shown})
    else:
        _print_list(shown)


@control.command("show")
@click.argument("conversation")
@click.option(
    "--last", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many messages."
)
@now_option
@json_option
def show_command(conversation: str, last: int, now: datetime | None, as_json: bool) -> None:
    """Show who is in control, where the borrower stands, and the last messages. 查看会话。"""
    with _database() as database, database.read() as session, _told():
        found = session.get_one(Conversation, staff.named(session, conversation))
        spoken = [entry for entry in log.entries(session, found.id) if entry.kind in SPOKEN]
        sent = select(OutboxMessage.log_entry_id, OutboxMessage.status).where(
            OutboxMessage.conversation_id == found.id
        )
        status = {entry_id: state for entry_id, state in session.execute(sent)}
        shape = {
            **_controlled(session, found),
            "state": state_of(session, found, the_time(now)),
            "messages": [
                {
                    "seq": entry.conv_seq,
                    "at": entry.occurred_at.isoformat(),
                    "who": entry.actor_role,
                    "actor": entry.actor or None,
                    "text": entry.payload.get("text") or "",
                    "status": status.get(entry.id),
                }
                for entry in spoken[-last:]
            ],
        }
    if as_json:
        print_json(shape)
        return
    _print_controlled(shape)
    for message in shape["messages"]:
        note = f"  [{message['status']}]" if message["status"] not in (None, "sent") else ""
        click.echo(f"{message['at'][:16]}  {message['actor'] or message['who']}: {message['text']}{note}")


@control.command("take")
@click.argument("conversation")
@by_option
@epoch_option
@now_option
@json_option
def take_command(
    conversation: str, by: str, seen_epoch: int | None, now: datetime | None, as_json: bool
) -> None:
    """Take a conversation: the bot is silent in it from now on. 接管会话，机器人不再回复。"""

    def act(session: Session, found: Conversation) -> bool:
        if found.control == "human" and found.owner == by:
            return False
        if found.control == "human":
            raise ControlError(
                f"conversation {found.id} is held by {found.owner}; "
                "ask them to give it back first 会话由他人负责，请先让其交还"
            )
        take_over(session, found.id, owner=by, seen_epoch=found.control_epoch, at=the_time(now))
        return True

    _change(conversation, seen_epoch, act, as_json)


@control.command("give-back")
@click.argument("conversation")
@by_option
@epoch_option
@click.option(
    "--drop-unsent", is_flag=True, help="Give it back even though words of yours have not been sent."
)
@now_option
@json_option
def give_back_command(
    conversation: str, by: str, seen_epoch: int | None, drop_unsent: bool, now: datetime | None, as_json: bool
) -> None:
    """Give a conversation back to the bot. 把会话交还机器人。"""

    def act(session: Session, found: Conversation) -> bool:
        if found.control == "bot":
            return False
        left = staff.unsent(session, found.id)
        if left and found.owner == by and not drop_unsent:
            raise ControlError(
                f"{left} of your messages have not been sent and would be dropped; wait for the scheduler, "
                "or say --drop-unsent 还有消息未发出，交还后将不再发送；请稍候，或加 --drop-unsent"
            )
        hand_back(session, found.id, owner=by, seen_epoch=found.control_epoch, at=the_time(now))
        return True

    _change(conversation, seen_epoch, act, as_json)


@control.command("say")
@click.argument("conversation")
@click.argument("text")
@by_option
@epoch_option
@click.option(
    "--key",
    metavar="TEXT",
    help="Said once, however often it is run with the same key (up to 80 characters).",
)
@click.option("--send", is_flag=True, help="Send it now; without it the running scheduler or gateway does.")
@now_option
@json_option
def say_command(
    conversation: str,
    text: str,
    by: str,
    seen_epoch: int | None,
    key: str | None,
    send: bool,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Write to the borrower in a conversation you have taken. 在已接管的会话中发言。"""
    if key is not None and not 1 <= len(key) <= 80:
        raise click.BadParameter("give 1 to 80 characters", param_hint="--key")
    with _database() as database, _told():
        with database.write() as session:
            row = staff.say(
                session,
                staff.named(session, conversation),
                clean(text),
                owner=by,
                at=the_time(now),
                seen_epoch=seen_epoch,
                key=key,
            )
            conversation_id = str(row.conversation_id)
        if send:
            asyncio.run(_send(database, conversation_id))
        with database.read() as session:
            row = session.get_one(OutboxMessage, row.id)
            shape = {
                **_controlled(session, session.get_one(Conversation, conversation_id)),
                "message": {"outbox_id": row.id, "status": row.status, "error": row.last_error},
            }
    if as_json:
        print_json(shape)
    else:
        click.echo(f"{row.status} 状态; outbox #{row.id}" + (f": {row.last_error}" if row.last_error else ""))


@control.command("unlock")
@click.argument("borrower_ref")
@by_option
@now_option
@json_option
def unlock_command(borrower_ref: str, by: str, now: datetime | None, as_json: bool) -> None:
    """Let a borrower try the identity check again after five wrong tries. 解除身份核实锁定。"""
    with _database() as database, database.write() as session:
        borrower = session.scalar(select(Borrower).where(Borrower.ref == borrower_ref))
        if borrower is None:
            raise refuse(f"there is no borrower {borrower_ref!r} in the loan book 贷款账簿中没有这位借款人")
        changed = staff.unlock(session, borrower, by=by, at=the_time(now))
    if as_json:
        print_json({"borrower": borrower_ref, "changed": changed})
    else:
        click.echo("unlocked 已解除" if changed else "it was not locked; nothing changed 未锁定，无变化")


@control.command("lift")
@click.argument("borrower_ref")
@click.option("--reason", required=True, help="The reason to lift, such as dispute, crisis or stop_contact.")
@by_option
@now_option
@json_option
def lift_command(borrower_ref: str, reason: str, by: str, now: datetime | None, as_json: bool) -> None:
    """Let reminders go to a borrower again, after a person has settled why they stopped. 解除提醒暂停。"""
    with _database() as database, database.write() as session:
        borrower = session.scalar(select(Borrower).where(Borrower.ref == borrower_ref))
        if borrower is None:
            raise refuse(f"there is no borrower {borrower_ref!r} in the loan book 贷款账簿中没有这位借款人")
        changed = staff.lift_suppression(session, borrower, reason, by=by, at=the_time(now))
        left = sorted(standing(session, borrower.id, the_time(now)))
    if as_json:
        print_json({"borrower": borrower_ref, "changed": changed, "standing": left})
    else:
        click.echo(
            "lifted 已解除" if changed else f"{reason} does not stand; nothing changed 没有这项暂停，无变化"
        )
        click.echo(f"still standing 仍有: {', '.join(left) or '-'}")


@control.command("close")
@click.argument("borrower_ref")
@click.option(
    "--case", "kind", required=True, help="The kind of the open case, such as crisis, dispute or hardship."
)
@click.option("--note", default="", help="What was settled; kept in the log.")
@by_option
@now_option
@json_option
def close_command(
    borrower_ref: str, kind: str, note: str, by: str, now: datetime | None, as_json: bool
) -> None:
    """Close a borrower's open case; closing a crisis lets the chats speak of business again. 结案。"""
    with _database() as database, database.write() as session:
        borrower = session.scalar(select(Borrower).where(Borrower.ref == borrower_ref))
        if borrower is None:
            raise refuse(f"there is no borrower {borrower_ref!r} in the loan book 贷款账簿中没有这位借款人")
        changed = staff.close_case(session, borrower, kind, by=by, at=the_time(now), note=clean(note))
    if as_json:
        print_json({"borrower": borrower_ref, "changed": changed})
    else:
        click.echo(
            "closed 已结案" if changed else f"no {kind} case is open; nothing changed 没有未结的此类事项"
        )


@contextmanager
def _database() -> Iterator[Database]:
    database = open_database()
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _told() -> Iterator[None]:
    """Say what is wrong in one line, with exit status 1."""
    try:
        yield
    except (ControlError, ValueError) as error:
        raise refuse(str(error)) from None


def _change(
    conversation: str, seen_epoch: int | None, act: Callable[[Session, Conversation], bool], as_json: bool
) -> None:
    with _database() as database, _told(), database.write() as session:
        found = find(session, staff.named(session, conversation))
        check_epoch(found, seen_epoch)
        changed = act(session, found)
        session.refresh(found)
        shape = {**_controlled(session, found), "changed": changed}
        standing = describe(found)
    if as_json:
        print_json(shape)
    else:
        click.echo(f"{shape['id'][:8]}  {standing}" + ("" if changed else "  (nothing changed 无变化)"))


async def _send(database: Database, conversation_id: str) -> None:
    from scheduler.dispatcher import Dispatcher
    from tideover.senders import build_senders

    settings = Settings.from_environment()
    await Dispatcher(database, build_senders(settings)).dispatch_replies(conversation_id)


def _controlled(session: Session, found: Conversation) -> dict[str, Any]:
    borrower = session.get(Borrower, found.borrower_id) if found.borrower_id else None
    return {
        "id": found.id,
        "channel": found.channel,
        "borrower": borrower.ref if borrower else None,
        "language": found.language,
        "control": found.control,
        "owner": found.owner,
        "epoch": found.control_epoch,
        "handover": found.handover,
    }


def _glance(found: Glance) -> dict[str, Any]:
    conversation = found.conversation
    return {
        "id": conversation.id,
        "channel": conversation.channel,
        "borrower": found.borrower_ref,
        "language": conversation.language,
        "control": conversation.control,
        "owner": conversation.owner,
        "epoch": conversation.control_epoch,
        "handover": conversation.handover,
        "last_heard_at": found.last_heard_at.isoformat() if found.last_heard_at else None,
    }


def _print_controlled(shape: dict[str, Any]) -> None:
    by = f" {shape['owner']}" if shape["owner"] else ""
    click.echo(
        f"{shape['id']}  {shape['channel']}  borrower 借款人: {shape['borrower'] or '-'}\n"
        f"control 控制: {shape['control']}{by}, epoch {shape['epoch']}, hand-over 转人工: {shape['handover'] or '-'}"
    )


def _print_list(shown: list[dict[str, Any]]) -> None:
    if not shown:
        click.echo("no conversations 没有会话")
        return
    table = Table(
        "id", "borrower\n借款人", "channel\n渠道", "control\n控制", "owner\n负责人", "epoch",
        "hand-over\n转人工", "last heard\n最近来信", box=SIMPLE,
    )  # fmt: skip
    for row in shown:
        cells = (
            row["id"][:8],
            row["borrower"] or "",
            row["channel"],
            row["control"],
            row["owner"] or "",
            str(row["epoch"]),
            row["handover"] or "",
            (row["last_heard_at"] or "")[:16].replace("T", " "),
        )
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)
