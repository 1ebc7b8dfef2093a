"""Whose chat this is: linking a chat to a borrower, and checking that it is them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from conversations.models import Conversation, IdentityCheck, LinkToken
from loans.models import Borrower, ContactPoint
from transcripts import log

WRONG_TRIES_ALLOWED = 5
LINK_VALID = timedelta(days=7)


def is_verified(conversation: Conversation, now: datetime, hours: int) -> bool:
    """Tell whether this chat's borrower has shown who they are within the last `hours`."""
    if conversation.borrower_id is None or conversation.verified_at is None:
        return False
    return now - conversation.verified_at < timedelta(hours=hours)


def make_link(session: Session, borrower: Borrower, now: datetime) -> str:
    """Return a fresh one-time token for a deep link, valid for seven days. Only its hash is kept."""
    token = secrets.token_urlsafe(24)
    session.add(
        LinkToken(
            token_hash=_hash(token), borrower_id=borrower.id, created_at=now, expires_at=now + LINK_VALID
        )
    )
    return token


def use_link(session: Session, conversation: Conversation, token: str, now: datetime) -> bool:
    """Link the chat by a token; False when it is unknown, used by another chat, or too old. Twice here is fine."""
    found = session.get(LinkToken, _hash(token))
    if found is None:
        return False
    if found.used_by == conversation.id and conversation.borrower_id == found.borrower_id:
        return True
    taken = session.execute(
        update(LinkToken)
        .where(
            LinkToken.token_hash == found.token_hash,
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > now,
        )
        .values(used_at=now, used_by=conversation.id)
        .execution_options(synchronize_session=False)
    )
    if getattr(taken, "rowcount", 0) != 1:
        return False
    attach(session, conversation, found.borrower_id, now, how="deep link")
    return True


def use_phone(session: Session, conversation: Conversation, phone: str, now: datetime) -> bool:
    """Link the chat by the phone number its owner shared; False unless exactly one borrower has that number."""
    wanted = digits(phone)
    alike = ContactPoint.value.like(f"%{wanted[-8:]}")
    points = session.scalars(select(ContactPoint).where(ContactPoint.kind == "phone", alike))
    owners = {point.borrower_id for point in points if same_phone(point.value, phone)}
    if len(owners) != 1:
        return False
    attach(session, conversation, owners.pop(), now, how="shared phone")
    return True


def attach(
    session: Session, conversation: Conversation, borrower_id: int, now: datetime, *, how: str
) -> None:
    """Make this the borrower's chat. A chat that was another borrower's forgets what it was asked and shown."""
    if conversation.borrower_id != borrower_id:
        conversation.verified_at = None
        conversation.pending = {}
    conversation.borrower_id = borrower_id
    conversation.linked_at = now
    point = session.scalar(
        select(ContactPoint).where(
            ContactPoint.borrower_id == borrower_id,
            ContactPoint.kind == conversation.channel,
            ContactPoint.value == conversation.address,
        )
    )
    if point is None:
        session.add(
            ContactPoint(borrower_id=borrower_id, kind=conversation.channel, value=conversation.address)
        )
    log.append(
        session,
        conversation_id=conversation.id,
        kind="linked",
        actor_role="system",
        occurred_at=now,
        subject_id=str(borrower_id),
        fields={"how": how},
    )


def is_locked(session: Session, borrower_id: int) -> bool:
    """Tell whether the last five tries at this borrower's identity were all wrong, in whatever chat they were made."""
    last = session.scalars(
        select(IdentityCheck.outcome)
        .where(IdentityCheck.borrower_id == borrower_id)
        .order_by(IdentityCheck.id.desc())
        .limit(WRONG_TRIES_ALLOWED)
    ).all()
    return len(last) == WRONG_TRIES_ALLOWED and all(outcome == "wrong" for outcome in last)


def check(session: Session, conversation: Conversation, claimed: str, message_id: int, now: datetime) -> bool:
    """Compare the last four characters of the ID, note the try, and verify the chat when they are right.

    Raises ValueError when the chat is not linked or the borrower is locked: ask `is_locked` first.
    """
    if conversation.borrower_id is None:
        raise ValueError("this chat is not linked to a borrower")
    borrower = session.get_one(Borrower, conversation.borrower_id, with_for_update=True)
    if is_locked(session, borrower.id):
        raise ValueError("identity is locked after five wrong tries; staff must clear it")
    right = hmac.compare_digest(borrower.id_last4.upper().encode(), claimed.strip().upper().encode())
    session.add(
        IdentityCheck(
            borrower_id=borrower.id,
            conversation_id=conversation.id,
            message_id=message_id,
            outcome="right" if right else "wrong",
            at=now,
        )
    )
    if right:
        verify(session, conversation, now, how="last characters of the ID")
    session.flush()
    return right


def verify(session: Session, conversation: Conversation, now: datetime, *, how: str) -> None:
    """Note that the chat's borrower has shown who they are."""
    conversation.verified_at = now
    session.query(ContactPoint).filter_by(
        borrower_id=conversation.borrower_id, kind=conversation.channel, value=conversation.address
    ).update({"verified_at": now})
    log.append(
        session,
        conversation_id=conversation.id,
        kind="verified",
        actor_role="system",
        occurred_at=now,
        subject_id=str(conversation.borrower_id),
        fields={"how": how},
    )


def clear_lock(session: Session, borrower_id: int, now: datetime) -> None:
    """Let a borrower try again after staff have spoken with them."""
    session.add(IdentityCheck(borrower_id=borrower_id, outcome="cleared", at=now))


def digits(phone: str) -> str:
    """Return the digits of a phone number."""
    return "".join(c for c in phone if c.isdecimal())


def same_phone(one: str, other: str) -> bool:
    """Tell whether two numbers are the same with their country codes; fewer than eight digits are never the same.

    A number without a country code is Chinese when it is an eleven-digit mobile number (1, then 3 to 9); any other is
    the same only as the same digits.
    """
    return len(digits(one)) >= 8 and _international(one) == _international(other)


def _international(phone: str) -> str:
    given = digits(phone)
    if phone.strip().startswith(("+", "＋")):
        return given
    if given.startswith("00"):
        return given[2:]
    return f"86{given}" if re.fullmatch("1[3-9][0-9]{9}", given) else given


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
