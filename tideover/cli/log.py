"""`tideover log`: read a conversation's log, and check the log against itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from tideover.cli.common import json_option, open_database, print_json, refuse
from transcripts import log as entries_of
from transcripts.models import LogEntry, LogSequence
from transcripts.verify import Verified, verify


@click.group("log")
def log() -> None:
    """The append-only conversation log. 会话日志。"""


@log.command("show")
@click.option(
    "--conversation", required=True, metavar="ID", help="See tideover control list; the first characters do."
)
@json_option
def show_command(conversation: str, as_json: bool) -> None:
    """Show every entry of a conversation, one a line, in the order they happened. 查看日志。"""
    database = open_database()
    try:
        with database.read() as session:
            shown = [_entry(row) for row in entries_of.entries(session, _named(session, conversation))]
    finally:
        database.close()
    for entry in shown:
        if as_json:
            print_json(entry)
        else:
            actor = f" {entry['actor']}" if entry["actor"] else ""
            fields = json.dumps(entry["fields"], ensure_ascii=False)
            click.echo(
                f"{entry['seq']:>4}  {entry['at'][:19]}  {entry['kind']} ({entry['role']}{actor})  {fields}"
            )


@log.command("verify")
@click.option("--conversation", metavar="ID", help="Only this conversation.")
@json_option
@click.pass_context
def verify_command(context: click.Context, conversation: str | None, as_json: bool) -> None:
    """Compute every header and commitment again and look for gaps; exit status 1 when anything is wrong. 校验日志。"""
    database = open_database()
    try:
        with database.read() as session:
            found = verify(session, _named(session, conversation) if conversation else None)
    finally:
        database.close()
    if as_json:
        print_json(verified_json(found))
    else:
        _print_verified(found)
    context.exit(0 if found.sound else 1)


def verified_json(found: Verified) -> dict[str, Any]:
    """Return the outcome in the shape of docs/schemas/log_verify.json."""
    return {
        "ok": found.sound,
        "entries": found.entries,
        "conversations": found.conversations,
        "faults": found.faults,
        "first": asdict(found.first) if found.first else None,
    }


def _named(session: Session, start: str) -> str:
    """The logged conversation whose id begins so: exactly one, or the command ends."""
    begins = LogSequence.conversation_id.startswith(start, autoescape=True)
    found = session.scalars(select(LogSequence.conversation_id).where(begins).limit(2)).all()
    if not start or not found:
        raise refuse(f"the log has no conversation {start!r}; see tideover control list 日志中没有这个会话")
    if len(found) > 1:
        raise refuse(
            f"more than one conversation begins with {start}; write more of its id 有多个会话以此开头"
        )
    return found[0]


def _entry(row: LogEntry) -> dict[str, Any]:
    return {
        "id": row.id,
        "conversation": row.conversation_id,
        "seq": row.conv_seq,
        "at": row.occurred_at.isoformat(),
        "kind": row.kind,
        "role": row.actor_role,
        "actor": row.actor or None,
        "subject": row.subject_id,
        "fields": row.payload,
        "header": bytes(row.header).decode(),
    }


def _print_verified(found: Verified) -> None:
    size = f"{found.entries} entries 条, {found.conversations} conversations 个会话"
    if found.first is None:
        click.echo(f"sound 完好: {size}")
        return
    first = found.first
    where = f"conversation {first.conversation}, entry {first.seq}" + (
        f" ({first.entry})" if first.entry else ""
    )
    click.echo(f"{found.faults} faults 处问题 in {size}")
    click.echo(f"first 第一处: {where}: {first.problem}: {first.detail}")
