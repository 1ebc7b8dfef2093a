"""Days past due and asset classes: the published limits to the day, grace, pauses, and the lender's own view."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.classes import (
    CLASS_NAMES_ZH,
    CLASSES,
    Pause,
    asset_class,
    class_floor,
    days_since_due,
    delinquent_days,
    is_non_performing,
)
from tests.unit.loan_vectors import expected, inputs

DUE = date(2026, 1, 31)
CREDIT_CARD_FLOORS = ((180, "loss"), (120, "doubtful"), (90, "substandard"), (0, "special_mention"))


def test_the_five_classes_begin_on_the_day_the_rule_says() -> None:
    floors = [CLASS_NAMES_ZH[class_floor(days)] for days in inputs("TXT-23")["days"]]
    assert floors == expected("TXT-23")


def test_a_credit_card_s_table_gives_a_credit_card_s_classes() -> None:
    floors = [CLASS_NAMES_ZH[class_floor(days, CREDIT_CARD_FLOORS)] for days in inputs("TXT-24")["days"]]
    assert floors == expected("TXT-24")


def test_grace_and_a_pause_hold_delinquency_back_but_not_the_days_past_due() -> None:
    given_ = inputs("FIN-43")
    due_on = date.fromisoformat(given_["oldest_due"])
    pause = Pause(*(date.fromisoformat(day) for day in given_["pause"]))
    days = [date.fromisoformat(day) for day in given_["on"]]
    assert [
        [days_since_due(due_on, day), delinquent_days(due_on, day, given_["grace"], [pause])] for day in days
    ] == expected("FIN-43")


@pytest.mark.parametrize(
    ("given_class", "days", "stands"),
    [
        ("watch this", 91, "substandard"),
        ("", 0, "normal"),
        ("loss", 1, "loss"),
        ("normal", 271, "doubtful"),
    ],
)
def test_the_worse_of_the_lender_s_class_and_the_floor_stands(
    given_class: str, days: int, stands: str
) -> None:
    assert asset_class(given_class, days) == stands


def test_non_performing_is_substandard_or_worse() -> None:
    assert [is_non_performing(name) for name in CLASSES] == [False, False, True, True, True]


def test_a_pause_before_the_due_date_or_after_today_changes_nothing() -> None:
    today = DUE + timedelta(days=40)
    before = Pause(DUE - timedelta(days=30), DUE - timedelta(days=1))
    later = Pause(today + timedelta(days=1), today + timedelta(days=9))
    assert delinquent_days(DUE, today, 0, [later, before]) == 40
    assert delinquent_days(None, today, 3, [before]) == 0


def test_senseless_days_are_refused() -> None:
    with pytest.raises(ValueError, match="days past due are -1"):
        class_floor(-1)
    with pytest.raises(ValueError, match="grace is -1"):
        delinquent_days(DUE, DUE, -1)
    with pytest.raises(ValueError, match="overlap"):
        delinquent_days(DUE, DUE, 0, [Pause(DUE, DUE), Pause(DUE, DUE)])
    with pytest.raises(ValueError, match="before it starts"):
        Pause(DUE, DUE - timedelta(days=1))


@given(
    st.integers(0, 500),
    st.integers(0, 60),
    st.lists(st.integers(-100, 500), min_size=0, max_size=6, unique=True),
)
def test_delinquency_never_exceeds_the_days_past_due_and_never_falls(
    late: int, grace: int, bounds: list[int]
) -> None:
    ends = iter(sorted(bounds))
    pauses = [
        Pause(DUE + timedelta(days=start), DUE + timedelta(days=end))
        for start, end in zip(ends, ends, strict=False)
    ]
    day = DUE + timedelta(days=late)
    today = delinquent_days(DUE, day, grace, pauses)
    assert 0 <= today <= max(0, days_since_due(DUE, day) - grace)
    assert today <= delinquent_days(DUE, day + timedelta(days=1), grace, pauses) <= today + 1


@given(st.integers(0, 400), st.integers(0, 400))
def test_more_days_never_make_a_class_better(days: int, more: int) -> None:
    assert CLASSES.index(class_floor(days)) <= CLASSES.index(class_floor(days + more))
