"""The contact policy: which reminders there are, at what hours, how many, and what holds them back.

The rules are dated, sourced YAML in `policies/contact/`; this reads and evaluates them and knows no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from policies.texts import Texts, texts

FOLDER = Path(__file__).with_suffix("")
CERTAINTIES = ("read", "secondary", "recalled", "design")
CHANNELS = ("telegram", "web", "terminal")
STATES = ("paused", "stopped")
LEAST_PRIORITY = 10  # lower ones are for answers
PROVENANCE = ("effective_from", "source", "certainty", "confirmed_by")

State = Literal["active", "paused", "stopped"]
Remedy = Literal["cancel", "defer"]


class ContactPolicyError(Exception):
    """A contact policy cannot be used; the message names file, place and what to do."""


@dataclass(frozen=True)
class Stage:
    """One reminder: sent `offset_days` from the due date, at the latest `late_days` after that."""

    id: str
    offset_days: int
    text: str
    priority: int
    late_days: int
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Hours:
    """The hours of a day in which a reminder may arrive, by the borrower's clock; `closes` is the first it may not."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"

    @property
    def minutes(self) -> int:
        """How long they are on a day without a change of clocks, in minutes."""
        return (self.closes.hour - self.opens.hour) * 60 + self.closes.minute - self.opens.minute

    def contain(self, moment: datetime) -> bool:
        """Tell whether `moment`, in the borrower's time zone, is within these hours."""
        return self.opens <= moment.time() < self.closes


@dataclass(frozen=True)
class Facts:
    """What is known of a borrower and one due date at the moment a reminder would go out."""

    local_now: datetime
    unpaid: bool
    consent: bool
    opted_out: bool
    suppressions: Sequence[str] = ()
    promised_for: date | None = None
    agreement_open: bool = False
    person_in_charge: bool = False
    chat_is_theirs: bool = True
    sent_today: int = 0
    sent_this_week: int = 0


@dataclass(frozen=True)
class Ruling:
    """What one rule says: whether the reminder may go out, and if not, whether it is cancelled or waits."""

    id: str
    allowed: bool
    remedy: Remedy = "cancel"

    def as_json(self) -> dict[str, Any]:
        """Return it as the log keeps it."""
        return {"id": self.id, "allowed": self.allowed}


@dataclass(frozen=True)
class ContactPolicy:
    """One profile of contact rules."""

    profile: str
    version: int
    stages: tuple[Stage, ...]
    default_hours: Hours
    hours_by_timezone: Mapping[str, Hours]
    cap_day: int
    cap_week: int
    suppression: Mapping[str, str]
    spread_minutes: int
    catch_up_days: int

    @property
    def label(self) -> str:
        """The name the log records, such as default@1."""
        return f"{self.profile}@{self.version}"

    def stage(self, stage_id: str) -> Stage:
        """Return a stage. Raises ContactPolicyError when the profile has none of that name."""
        for stage in self.stages:
            if stage.id == stage_id:
                return stage
        raise ContactPolicyError(
            f"contact profile {self.profile!r} has no stage {stage_id!r}; add it to the profile"
        )

    def hours(self, timezone: str) -> Hours:
        """Return the contact hours where a borrower lives; `timezone` is an IANA name."""
        return self.hours_by_timezone.get(timezone, self.default_hours)

    def reminder_state(self, reasons: Iterable[str]) -> State:
        """Return what a borrower's reminders are called while these reasons stand: stopped wins over paused.

        A reason the profile does not know counts as stopped.
        """
        states = {self.suppression.get(reason, "stopped") for reason in reasons}
        return "stopped" if "stopped" in states else "paused" if states else "active"

    def evaluate(self, facts: Facts) -> list[Ruling]:
        """Return every rule's ruling on a reminder that is about to go out, in a fixed order."""
        promise_runs = facts.promised_for is not None and facts.promised_for >= facts.local_now.date()
        return [
            Ruling("unpaid", facts.unpaid),
            Ruling("consent", facts.consent),
            Ruling("opted_out", not facts.opted_out),
            Ruling("suppressed", not facts.suppressions),
            Ruling("agreement_open", not facts.agreement_open),
            Ruling("promise_open", not promise_runs),
            Ruling("person_in_charge", not facts.person_in_charge),
            Ruling("contact_point", facts.chat_is_theirs),
            Ruling("contact_hours", self.hours_of(facts.local_now).contain(facts.local_now), "defer"),
            Ruling("cap_day", facts.sent_today < self.cap_day, "defer"),
            Ruling("cap_week", facts.sent_this_week < self.cap_week, "defer"),
        ]

    def hours_of(self, local: datetime) -> Hours:
        """Return the contact hours of a moment's own time zone."""
        return self.hours(str(local.tzinfo))


def load_contact_policy(path: Path, approved: Texts | None = None) -> ContactPolicy:
    """Read a profile. Raises ContactPolicyError for anything missing, unknown or contradictory in it.

    Every stage's text must be among the `approved` texts (those shipped, when None).
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yml"))) or "none"
        raise ContactPolicyError(f"there is no contact profile {path.stem!r}; there are: {known}") from None
    except yaml.YAMLError as fault:
        raise ContactPolicyError(f"{path.name}: not YAML: {fault}") from None
    return _Reader(path.name, texts() if approved is None else approved).policy(raw)


@cache
def contact_policy(profile: str = "default") -> ContactPolicy:
    """Return a shipped profile, read once."""
    return load_contact_policy(FOLDER / f"{profile}.yml")


class _Reader:
    """Reads one file and says where in it something is wrong."""

    def __init__(self, file: str, approved: Texts) -> None:
        self.file = file
        self.approved = {text.id for text in approved}

    def wrong(self, place: str, reason: str) -> ContactPolicyError:
        return ContactPolicyError(f"{self.file}: {place}: {reason}")

    def policy(self, raw: Any) -> ContactPolicy:
        if not isinstance(raw, dict):
            raise self.wrong(
                "top", "a mapping with profile, version, stages, windows, caps, suppression is wanted"
            )
        stages = [self.stage(f"stages[{n}]", item) for n, item in enumerate(self.items(raw, "stages"))]
        self.all_different("stages", [stage.id for stage in stages])
        default, by_zone = self.windows(raw)
        spread = self.whole("top", raw, "spread_minutes", 1)
        for hours in (default, *by_zone.values()):
            if spread > hours.minutes:
                raise self.wrong(
                    "top", f"spread_minutes {spread} is longer than the window {hours}; make it shorter"
                )
        caps = self.sourced("caps", raw.get("caps"))
        cap_day, cap_week = self.whole("caps", caps, "day", 0), self.whole("caps", caps, "week", 0)
        return ContactPolicy(
            profile=self.word("top", raw, "profile"),
            version=self.whole("top", raw, "version", 1),
            stages=tuple(sorted(stages, key=lambda stage: stage.priority)),
            default_hours=default,
            hours_by_timezone=by_zone,
            cap_day=cap_day,
            cap_week=cap_week,
            suppression=self.suppression(raw),
            spread_minutes=spread,
            catch_up_days=self.whole("top", raw, "catch_up_days", 0),
        )

    def stage(self, place: str, raw: Any) -> Stage:
        item = self.sourced(place, raw)
        text = self.word(place, item, "text")
        if text not in self.approved:
            raise self.wrong(
                place, f"there is no text {text!r}; add it to policies/texts/ or correct the name"
            )
        channels = item.get("channels")
        if not isinstance(channels, list) or not channels or not set(channels) <= set(CHANNELS):
            raise self.wrong(place, f"channels must be a list of {', '.join(CHANNELS)}, not {channels!r}")
        return Stage(
            id=self.word(place, item, "id"),
            offset_days=self.whole(place, item, "offset_days", -366),
            text=text,
            priority=self.whole(place, item, "priority", LEAST_PRIORITY),
            late_days=self.whole(place, item, "late_days", 0),
            channels=tuple(channels),
        )

    def windows(self, raw: Mapping[str, Any]) -> tuple[Hours, dict[str, Hours]]:
        default: Hours | None = None
        by_zone: dict[str, Hours] = {}
        for number, item in enumerate(self.items(raw, "windows")):
            place = f"windows[{number}]"
            self.sourced(place, item)
            hours = Hours(self.clock(place, item, "opens"), self.clock(place, item, "closes"))
            if hours.opens >= hours.closes:
                raise self.wrong(place, "opens must be before closes; a window over midnight is not possible")
            zones = item.get("timezones")
            if not isinstance(zones, list):
                raise self.wrong(place, "timezones must be a list, empty for everywhere else")
            if not zones and default is None:
                default = hours
            for zone in zones:
                by_zone.setdefault(zone, hours)
        if default is None:
            raise self.wrong("windows", "one entry must have an empty list of timezones, for everywhere else")
        return default, by_zone

    def suppression(self, raw: Mapping[str, Any]) -> dict[str, str]:
        states: dict[str, str] = {}
        for number, item in enumerate(self.items(raw, "suppression")):
            place = f"suppression[{number}]"
            self.sourced(place, item)
            if item.get("state") not in STATES:
                raise self.wrong(
                    place, f"state must be one of {', '.join(STATES)}, not {item.get('state')!r}"
                )
            for reason in item.get("reasons") or []:
                if reason in states:
                    raise self.wrong(place, f"reason {reason!r} is there twice; remove one")
                states[reason] = item["state"]
        return states

    def sourced(self, place: str, item: Any) -> dict[str, Any]:
        """Check that a rule says from when, from where, how sure, and confirmed by whom."""
        if not isinstance(item, dict):
            raise self.wrong(place, f"a mapping is wanted, not {item!r}")
        for key in PROVENANCE:
            if key not in item:
                raise self.wrong(
                    place, f"{key} is missing; every rule is dated, sourced and confirmed or null"
                )
        if not isinstance(item["effective_from"], date):
            raise self.wrong(place, f"effective_from must be a date, not {item['effective_from']!r}")
        if not str(item["source"] or "").strip():
            raise self.wrong(place, "source is empty; say where the rule comes from")
        if item["certainty"] not in CERTAINTIES:
            raise self.wrong(
                place, f"certainty must be one of {', '.join(CERTAINTIES)}, not {item['certainty']!r}"
            )
        return item

    def items(self, raw: Mapping[str, Any], key: str) -> list[Any]:
        found = raw.get(key)
        if not isinstance(found, list) or not found:
            raise self.wrong(key, "a list with at least one entry is wanted")
        return found

    def word(self, place: str, item: Mapping[str, Any], key: str) -> str:
        found = item.get(key)
        if not isinstance(found, str) or not found:
            raise self.wrong(place, f"{key} must be a word, not {found!r}")
        return found

    def whole(self, place: str, item: Mapping[str, Any], key: str, least: int) -> int:
        found = item.get(key)
        if not isinstance(found, int) or isinstance(found, bool) or found < least:
            raise self.wrong(place, f"{key} must be a whole number from {least}, not {found!r}")
        return found

    def clock(self, place: str, item: Mapping[str, Any], key: str) -> time:
        try:
            return time.fromisoformat(item[key])
        except (KeyError, TypeError, ValueError):
            raise self.wrong(
                place, f'{key} must be a time in quotes such as "08:00", not {item.get(key)!r}'
            ) from None

    def all_different(self, place: str, names: list[str]) -> None:
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise self.wrong(place, f"{', '.join(sorted(twice))} is there twice; give each its own id")
