"""Contact hours as instants, also on the days the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.contact import Hours
from scheduler.windows import next_opening, window_of, zone

DAY = Hours(time(8), time(21))
ZONES = [
    "Asia/Shanghai",
    "Asia/Kolkata",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "Asia/Kathmandu",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("timezone", "day", "opens", "closes"),
    [
        ("Asia/Shanghai", date(2026, 12, 7), "2026-12-07T00:00", "2026-12-07T13:00"),
        ("Asia/Kolkata", date(2028, 2, 29), "2028-02-29T02:30", "2028-02-29T15:30"),
        ("America/New_York", date(2026, 3, 7), "2026-03-07T13:00", "2026-03-08T02:00"),
        ("America/New_York", date(2026, 3, 8), "2026-03-08T12:00", "2026-03-09T01:00"),
        ("Europe/London", date(2026, 10, 25), "2026-10-25T08:00", "2026-10-25T21:00"),
    ],
)
def test_a_window_is_the_wall_clock_of_its_zone(timezone: str, day: date, opens: str, closes: str) -> None:
    window = window_of(ZoneInfo(timezone), day, DAY)
    assert (window.opens_at, window.closes_at) == (utc(opens), utc(closes))


def test_a_day_has_23_25_or_24_hours() -> None:
    new_york = ZoneInfo("America/New_York")

    def hours(day: date) -> float:
        window = window_of(new_york, day, DAY)
        return (window.day_ends_at - window.day_starts_at) / timedelta(hours=1)

    assert [hours(date(2026, 3, 8)), hours(date(2026, 11, 1)), hours(date(2026, 11, 2))] == [23, 25, 24]


def test_a_time_that_never_happens_or_happens_twice_makes_the_window_narrower() -> None:
    new_york = ZoneInfo("America/New_York")
    in_the_gap = window_of(new_york, date(2026, 3, 8), Hours(time(2, 30), time(21)))
    assert in_the_gap.opens_at == utc("2026-03-08T07:30")
    twice = window_of(new_york, date(2026, 11, 1), Hours(time(1, 15), time(1, 45)))
    assert (twice.opens_at, twice.closes_at) == (utc("2026-11-01T06:15"), utc("2026-11-01T05:45"))


@given(
    st.sampled_from(ZONES),
    st.integers(1_577_836_800, 2_082_672_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_the_next_opening_is_after_now_within_a_day_and_a_bit_and_at_eight(name: str, now: datetime) -> None:
    timezone = ZoneInfo(name)
    opening = next_opening(timezone, now, DAY)
    assert now < opening <= now + timedelta(hours=25)
    assert opening.astimezone(timezone).time() == time(8)


@given(st.sampled_from(ZONES), st.dates(date(2020, 1, 1), date(2035, 12, 30)))
def test_days_follow_each_other_without_a_gap_and_contain_their_window(name: str, day: date) -> None:
    timezone = ZoneInfo(name)
    today, tomorrow = window_of(timezone, day, DAY), window_of(timezone, day + timedelta(days=1), DAY)
    assert today.day_ends_at == tomorrow.day_starts_at
    assert today.week_starts_at < today.day_starts_at < today.opens_at < today.closes_at < today.day_ends_at


def test_a_name_that_is_no_time_zone_is_none() -> None:
    assert zone("Asia/Shanghai") == ZoneInfo("Asia/Shanghai")
    assert [zone(name) for name in ("Moon/Crater", "", "../etc", "Asia")] == [None] * 4
