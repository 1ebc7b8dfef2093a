"""The contact policy: what the shipped profile says, what a broken one is told, and how rules are evaluated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from conversations.models.contact import SUPPRESSION_REASONS
from policies.contact import FOLDER, ContactPolicyError, Facts, contact_policy, load_contact_policy
from policies.texts import LANGUAGES, placeholders, texts

NINE = datetime(2026, 12, 7, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FINE = Facts(local_now=NINE, unpaid=True, consent=True, opted_out=False)


def shipped() -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load((FOLDER / "default.yml").read_text(encoding="utf-8"))
    return raw


def refused(facts: Facts) -> list[str]:
    return [ruling.id for ruling in contact_policy().evaluate(facts) if not ruling.allowed]


def test_it_has_the_five_stages_around_a_due_date() -> None:
    days = {stage.id: stage.offset_days for stage in contact_policy().stages}
    assert days == {"D-10": -10, "D-3": -3, "D-1": -1, "D0": 0, "D+3": 3}


def test_it_knows_every_reason_for_which_the_database_can_hold_reminders_back() -> None:
    assert set(contact_policy().suppression) == set(SUPPRESSION_REASONS)


def test_every_rule_is_dated_and_sourced_and_says_who_confirmed_it() -> None:
    raw = shipped()
    rules = [*raw["stages"], *raw["windows"], *raw["suppression"], raw["caps"]]
    assert len(rules) >= 15
    for rule in rules:
        assert isinstance(rule["effective_from"], date)
        assert rule["source"].strip()
        assert "confirmed_by" in rule


@pytest.mark.parametrize(
    "text", [t for t in texts() if t.id.startswith("reminder_")], ids=lambda text: text.id
)
def test_every_reminder_says_who_we_are_that_it_is_an_assistant_and_how_to_stop(text: Any) -> None:
    for language in LANGUAGES:
        assert "lender" in placeholders(text.words[language])
    assert "AI" in text.words["zh"] and "退订" in text.words["zh"]
    assert "AI assistant" in text.words["en"] and "STOP" in text.words["en"]


def test_the_neutral_text_gives_no_detail_of_a_debt() -> None:
    neutral = texts()["reminder_neutral"]
    assert placeholders(neutral.words["zh"]) == {"lender"}
    for word in ("还款", "贷款", "欠", "逾期", "到期", "payment", "loan", "debt", "due", "owe"):
        assert word not in neutral.words["zh"] + neutral.words["en"].lower()


@pytest.mark.parametrize(
    ("wall", "timezone", "allowed"),
    [
        ("07:59", "Asia/Shanghai", False),
        ("08:00", "Asia/Shanghai", True),
        ("20:59", "Asia/Shanghai", True),
        ("21:00", "Asia/Shanghai", False),
        ("18:59", "Asia/Kolkata", True),
        ("19:00", "Asia/Kolkata", False),
    ],
)
def test_contact_hours_are_the_borrowers_own_and_end_earlier_in_india(
    wall: str, timezone: str, allowed: bool
) -> None:
    moment = datetime.fromisoformat(f"2026-12-07T{wall}").replace(tzinfo=ZoneInfo(timezone))
    assert refused(replace(FINE, local_now=moment)) == ([] if allowed else ["contact_hours"])


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (replace(FINE, unpaid=False), "unpaid"),
        (replace(FINE, consent=False), "consent"),
        (replace(FINE, opted_out=True), "opted_out"),
        (replace(FINE, suppressions=["dispute"]), "suppressed"),
        (replace(FINE, agreement_open=True), "agreement_open"),
        (replace(FINE, promised_for=NINE.date()), "promise_open"),
        (replace(FINE, person_in_charge=True), "person_in_charge"),
        (replace(FINE, chat_is_theirs=False), "contact_point"),
        (replace(FINE, sent_today=1, sent_this_week=1), "cap_day"),
        (replace(FINE, sent_this_week=3), "cap_week"),
    ],
)
def test_each_rule_alone_holds_a_reminder_back(facts: Facts, rule: str) -> None:
    assert refused(FINE) == []
    assert refused(facts) == [rule]


def test_a_promise_whose_day_has_passed_holds_nothing_back() -> None:
    assert refused(replace(FINE, promised_for=NINE.date() - timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("reasons", "state"),
    [
        ([], "active"),
        (["dispute"], "paused"),
        (["opted_out"], "stopped"),
        (["dispute", "deceased"], "stopped"),
        (["never heard of"], "stopped"),
    ],
)
def test_stopped_wins_over_paused_and_an_unknown_reason_stops(reasons: list[str], state: str) -> None:
    assert contact_policy().reminder_state(reasons) == state


BROKEN: list[tuple[str, Any, str]] = [
    ("stages.0.text", "reminder_nowhere", "there is no text 'reminder_nowhere'"),
    ("stages.0.channels", ["pigeon"], "channels must be a list of telegram, web, terminal"),
    ("stages.0.offset_days", "ten", "offset_days must be a whole number"),
    ("stages.0.source", "", "source is empty"),
    ("stages.0.certainty", "sure", "certainty must be one of"),
    ("stages.0.effective_from", "soon", "effective_from must be a date"),
    ("stages.1.id", "D-10", "D-10 is there twice"),
    ("windows.0.opens", "20:00", "opens must be before closes"),
    ("windows.0.opens", 800, 'opens must be a time in quotes such as "08:00"'),
    ("windows.1.timezones", ["Asia/Tokyo"], "one entry must have an empty list of timezones"),
    ("suppression.0.state", "asleep", "state must be one of paused, stopped"),
    ("suppression.1.reasons", ["opted_out"], "'opted_out' is there twice"),
    ("caps.day", -1, "day must be a whole number from 0"),
    ("spread_minutes", 700, "longer than the window 08:00-19:00"),
]


@pytest.mark.parametrize(("place", "value", "told"), BROKEN, ids=[f"{p}={v}" for p, v, _ in BROKEN])
def test_a_broken_profile_says_what_is_wrong_and_where(
    tmp_path: Path, place: str, value: Any, told: str
) -> None:
    raw = shipped()
    *path, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    target: Any = raw
    for part in path:
        target = target[part]
    target[last] = value
    file = tmp_path / "ours.yml"
    file.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ContactPolicyError) as fault:
        load_contact_policy(file)
    assert told in str(fault.value) and "ours.yml" in str(fault.value)


def test_a_rule_without_its_source_is_refused(tmp_path: Path) -> None:
    raw = shipped()
    del raw["caps"]["confirmed_by"]
    file = tmp_path / "ours.yml"
    file.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(ContactPolicyError, match=r"ours\.yml: caps: confirmed_by is missing"):
        load_contact_policy(file)


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(ContactPolicyError, match="no contact profile 'mars'; there are: default"):
        load_contact_policy(FOLDER / "mars.yml")
