"""The scheduler's own tables: how far planning has come, when a day's window is, and how fast a channel may go."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import UtcDateTime


class PlanRun(Base):
    """A stage has been planned for a day. Written with the rows it planned: after a crash both are there or neither."""

    __tablename__ = "plan_run"

    rule_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    planned: Mapped[int]
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SendWindow(Base):
    """The contact hours of one day in one time zone as instants, so that SQL needs to know nothing of time zones.

    `day_starts_at`, `day_ends_at` and `week_starts_at` (six days before) are local midnights, for counting.
    """

    __tablename__ = "send_window"

    profile: Mapped[str] = mapped_column(String(40), primary_key=True)
    timezone: Mapped[str] = mapped_column(String(64), primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    day_starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    day_ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    week_starts_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RateBucket(Base):
    """How fast a channel may be used. Times are microseconds since 1970 by the database's real clock.

    `free_at` is when the channel will have caught up with what was let through; before `blocked_until` nothing goes.
    """

    __tablename__ = "rate_bucket"

    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    free_at: Mapped[int] = mapped_column(BigInteger, default=0)
    blocked_until: Mapped[int] = mapped_column(BigInteger, default=0)
