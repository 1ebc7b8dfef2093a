"""How fast a channel may be used: a token bucket (GCRA) in one database row, shared by every process.

GCRA keeps one instant, when the channel will have caught up with what was let through. Source of the algorithm:
ITU-T I.371, annex on the generic cell rate algorithm. Real time is always the database's, whatever clock a turn has.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from scheduler.models import RateBucket
from scheduler.sql import insert_into, is_postgres

SECOND = 1_000_000


@dataclass(frozen=True)
class Rate:
    """A channel's limit in messages a second.

    Reminders leave one by one at this pace, `burst` at once at most. An answer to a borrower may run `overdraft`
    messages ahead of it; reminders then wait until that is made good.
    """

    per_second: float
    burst: int = 1
    overdraft: int = 0

    @property
    def interval(self) -> float:
        """Microseconds from one message to the next."""
        return SECOND / self.per_second


UNLIMITED = Rate(per_second=100_000, burst=100_000, overdraft=100_000)
# Telegram's bot FAQ: about 30 messages a second in bulk. Four of them are kept for answers.
RATES = {"telegram": Rate(per_second=26, burst=1, overdraft=4)}


@dataclass(frozen=True)
class Grant:
    """How many messages may go now, and otherwise the seconds to wait before asking again."""

    tokens: int
    wait: float


def take(session: Session, scope: str, rate: Rate, wanted: int, *, answers: bool = False) -> Grant:
    """Take up to `wanted` tokens in the caller's transaction; it holds the bucket until it ends."""
    bucket = _locked(session, scope)
    now = now_us(session)
    if bucket.blocked_until > now:
        return Grant(0, (bucket.blocked_until - now) / SECOND)
    ahead = max(bucket.free_at - now, 0)
    room = (rate.burst + rate.overdraft if answers else rate.burst) * rate.interval - ahead
    tokens = min(wanted, int(room // rate.interval))
    if tokens <= 0:
        return Grant(0, (rate.interval - room) / SECOND)
    bucket.free_at = int(max(bucket.free_at, now) + tokens * rate.interval)
    return Grant(tokens, 0.0)


def give_back(session: Session, scope: str, rate: Rate, tokens: int) -> None:
    """Return tokens that were taken in this transaction and not used."""
    if tokens > 0:
        _locked(session, scope).free_at -= int(tokens * rate.interval)


def block(session: Session, scope: str, seconds: float) -> None:
    """Let nothing through for `seconds`. A longer block that stands is not shortened."""
    bucket = _locked(session, scope)
    bucket.blocked_until = max(bucket.blocked_until, now_us(session) + int(seconds * SECOND))


def now_us(session: Session) -> int:
    """Return the database server's real time in microseconds since 1970; SQLite's is this machine's."""
    if not is_postgres(session):
        return time.time_ns() // 1000
    return int(session.execute(text("SELECT extract(epoch FROM clock_timestamp()) * 1000000")).scalar_one())


def _locked(session: Session, scope: str) -> RateBucket:
    wanted = select(RateBucket).where(RateBucket.scope == scope).with_for_update()
    bucket = session.scalar(wanted)
    if bucket is None:
        fresh = insert_into(session, RateBucket).values(scope=scope, free_at=0, blocked_until=0)
        session.execute(fresh.on_conflict_do_nothing())
        bucket = session.scalars(wanted).one()
    return bucket
