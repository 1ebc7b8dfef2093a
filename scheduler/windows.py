"""Contact hours as instants: where a day begins and ends, when its window opens and closes, in any time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from loans.models import Borrower
from policies.contact import ContactPolicy, Hours
from scheduler.models import SendWindow
from scheduler.sql import insert_into

MIDNIGHT = time(0)


@dataclass(frozen=True)
class Window:
    """One day's contact hours in one time zone. All instants are in UTC; `closes_at` is the first moment too late."""

    opens_at: datetime
    closes_at: datetime
    day_starts_at: datetime
    day_ends_at: datetime
    week_starts_at: datetime


def zone(name: str) -> ZoneInfo | None:
    """Return the time zone of an IANA name, or None when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def window_of(timezone: ZoneInfo, day: date, hours: Hours) -> Window:
    """Return the window of `day` in `timezone`.

    A wall-clock time that happens twice or never when the clocks change gives the narrower window.
    """
    return Window(
        opens_at=_latest(timezone, day, hours.opens),
        closes_at=_earliest(timezone, day, hours.closes),
        day_starts_at=_earliest(timezone, day, MIDNIGHT),
        day_ends_at=_earliest(timezone, day + timedelta(days=1), MIDNIGHT),
        week_starts_at=_earliest(timezone, day - timedelta(days=6), MIDNIGHT),
    )


def next_opening(timezone: ZoneInfo, after: datetime, hours: Hours) -> datetime:
    """Return when the first window that opens after `after` does, in UTC."""
    day = after.astimezone(timezone).date()
    opening = window_of(timezone, day, hours).opens_at
    return opening if opening > after else window_of(timezone, day + timedelta(days=1), hours).opens_at


def local_dates(session: Session, at: datetime) -> dict[str, date]:
    """Return the date it is at `at` in each time zone a borrower lives in; names that are no time zone are left out."""
    names = session.scalars(select(Borrower.timezone).distinct())
    return {name: at.astimezone(there).date() for name in names if (there := zone(name))}


def write_windows(
    session: Session, policy: ContactPolicy, timezones: Iterable[str], days: Iterable[date]
) -> None:
    """Write the windows of each day in each time zone, replacing what an earlier version of the profile gave."""
    rows = [
        {
            "profile": policy.profile,
            "timezone": name,
            "local_date": day,
            **asdict(window_of(ZoneInfo(name), day, policy.hours(name))),
        }
        for name in timezones
        for day in days
    ]
    if not rows:
        return
    statement = insert_into(session, SendWindow)
    instants = ("opens_at", "closes_at", "day_starts_at", "day_ends_at", "week_starts_at")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["profile", "timezone", "local_date"],
            set_={name: statement.excluded[name] for name in instants},
        ),
        rows,
    )


def _both(timezone: ZoneInfo, day: date, wall: time) -> tuple[datetime, datetime]:
    moment = datetime.combine(day, wall, timezone)
    return moment.astimezone(UTC), moment.replace(fold=1).astimezone(UTC)


def _earliest(timezone: ZoneInfo, day: date, wall: time) -> datetime:
    return min(_both(timezone, day, wall))


def _latest(timezone: ZoneInfo, day: date, wall: time) -> datetime:
    return max(_both(timezone, day, wall))
