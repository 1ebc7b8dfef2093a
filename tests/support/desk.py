"""Staff at work in a test: commands on the small loan book, and agreements that borrowers have confirmed."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
from click.testing import CliRunner, Result
from sqlalchemy import select

from bot.incoming import Incoming
from bot.intake import Taken, take
from conversations import identity
from conversations.models import Conversation
from loans.agreements import agree
from loans.models import Borrower, Loan
from loans.options import option_for
from loans.positions import position_of
from loans.quotes import freeze
from loans.view import active_schedule
from policies.rulebook import rulebook
from storage.engine import Database
from tests.support.book import NOW
from tideover.cli import main

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
AT = NOW.isoformat()


def call(*arguments: str, given: str = "") -> Result:
    """Run a command as a person would; what it raises comes through."""
    return CliRunner().invoke(main, arguments, input=given, catch_exceptions=False)


def validator(schema: str) -> jsonschema.Draft202012Validator:
    """Return what checks many shapes against one file of docs/schemas."""
    whole = json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(
        whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def matches(shape: Any, schema: str) -> Any:
    """Return `shape` after checking it against a file of docs/schemas, or a part of one, such as log.json#entry."""
    file, _, part = schema.partition("#")
    whole = json.loads((SCHEMAS / file).read_text(encoding="utf-8"))
    wanted = {**whole, "$ref": f"#/$defs/{part}"} if part else whole
    jsonschema.validate(shape, wanted, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return shape


def said(schema: str, *arguments: str, status: int = 0) -> Any:
    """Run a command with --json and return what it printed, in the shape of its schema."""
    result = call(*arguments, "--json")
    assert result.exit_code == status, result.output
    return matches(json.loads(result.stdout), schema)


def chat(database: Database, ref: str, *, channel: str = "web") -> str:
    """Let a borrower write from a verified chat; returns the conversation's id."""
    taken = _says(database, ref, channel, "你好" if ref.startswith("ZH") else "hello", NOW)
    with database.write() as session:
        conversation = session.get_one(Conversation, taken.conversation_id)
        borrower = session.scalars(select(Borrower).where(Borrower.ref == ref)).one()
        if conversation.borrower_id is None:
            identity.attach(session, conversation, borrower.id, NOW, how="test")
            identity.verify(session, conversation, NOW, how="test")
            conversation.language = borrower.language
    return taken.conversation_id


def confirmed(
    database: Database, loan_ref: str, kind: str = "extension", *, now: datetime = NOW, **params: Any
) -> tuple[str, str]:
    """Let a loan's borrower confirm an option in their chat; returns the agreement's id and the conversation's."""
    with database.read() as session:
        ref = session.scalars(select(Borrower.ref).join(Loan).where(Loan.ref == loan_ref)).one()
    conversation_id = chat(database, ref)
    taken = _says(database, ref, "web", "可以" if ref.startswith("ZH") else "yes please", now)
    with database.write() as session:
        loan = session.scalars(select(Loan).where(Loan.ref == loan_ref)).one()
        schedule = active_schedule(session, loan)
        option = option_for(position_of(loan, schedule, now.date()), rulebook(), [(kind, params)])
        quote = freeze(session, loan, schedule, option, rulebook(), now)
        return agree(session, quote, now, message_id=taken.message_id).id, conversation_id


def _says(database: Database, ref: str, channel: str, text: str, now: datetime) -> Taken:
    return take(database, Incoming(channel, f"{channel}:{ref}", uuid4().hex, "text", text=text, clock=now))
