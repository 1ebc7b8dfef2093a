"""What relief a message asks for by name: so much a month, another due date, less interest, a settlement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from actions import wish_words
from actions.option_words import kind_named
from conversations.turn import Turn
from loans.calendar import months_between
from loans.relief import Wanted

ONE_MONTH = ("一个月", "1个月", "a month", "one month", "1 month")
ALL = "100"


@dataclass(frozen=True)
class Wish:
    """Reliefs to try, the best first.

    `question` is the text to ask when the words leave the figure open. `for_a_person` says that only a colleague can
    go beyond the rules with this. `currency` is that of an amount the borrower named. `as_far_as_allowed` says that
    the borrower named no figure, so that the nearest the rules allow is just what was asked for.
    """

    kind: str
    options: tuple[tuple[Wanted, ...], ...] = ()
    question: str = ""
    for_a_person: bool = False
    as_far_as_allowed: bool = False
    currency: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the wish to be kept with the question it led to."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Wish:
        """Return a wish that was kept."""
        options = tuple(tuple((kind, params) for kind, params in steps) for steps in given["options"])
        return cls(**{**given, "options": options})


def wish_of(turn: Turn) -> Wish | None:
    """Return what the message asks for by name; None when it asks for nothing certain, or is a button."""
    if turn.spoken.kind == "button":
        return None
    text = str(turn.spoken.details.get("redacted") or "")
    return _each_time(turn, text) or _due_day(turn, text) or _by_name(turn, text)


def kept_wish(turn: Turn) -> Wish | None:
    """Return the wish that the pending question is about, unless the message speaks of something else."""
    kept = turn.pending.get("wish")
    is_new_request = turn.intent == "ask_extension" and not turn.arguments.get("again")
    if not kept or is_new_request or asked_months(turn):
        return None
    return Wish.from_json(kept)


def asked_months(turn: Turn) -> int | None:
    """Return the whole months asked for; days, weeks and a day in the future count as the months they touch.

    None when nothing was said.
    """
    duration, until = turn.entity("duration"), turn.entity("date")
    if not duration and until:
        return months_between(turn.now.date(), date.fromisoformat(until)) or None
    return _months(duration) if duration else None


def _months(duration: Mapping[str, Any]) -> int:
    n, unit = int(duration["n"]), duration["unit"]
    days = {"day": 1, "week": 7}
    return {"month": n, "year": n * 12}.get(unit) or max(1, -(-n * days[unit] // 31))


def _each_time(turn: Turn, text: str) -> Wish | None:
    """So much a month or instalment, perhaps only for some months."""
    said = [entity for entity in turn.spoken.entities if entity["type"] == "amount"]
    is_answer = turn.pending.get("kind") == "offer_relief" and bool(turn.pending.get("each_time"))
    if not said or not (is_answer or wish_words.offers_each_time(text)):
        return None
    if any(entity.get("unclear") for entity in said):
        return Wish("affordable", question="each_time_how_much")
    amounts = [(entity["text"], Decimal(entity["value"]["amount"])) for entity in said]
    pay = amounts[0][1] if is_answer and len(amounts) == 1 else wish_words.meant(text, amounts)
    if pay is None:
        return None
    if pay <= 0:
        return Wish("affordable", question="each_time_how_much")
    options: list[tuple[Wanted, ...]] = [(("affordable", {"pay": str(pay)}),)]
    if (months := _for_months(turn)) is not None:
        options.insert(0, (("partial_payment", {"pay": str(pay), "months": months}),))
    return Wish("affordable", tuple(options), currency=str(said[0]["value"]["currency"]))


def _for_months(turn: Turn) -> int | None:
    """The months the smaller payments are wanted for: not the month of "800 a month"."""
    spans = (
        entity["value"]
        for entity in turn.spoken.entities
        if entity["type"] == "duration" and entity["value"] and entity["text"].lower() not in ONE_MONTH
    )
    return next((_months(span) for span in spans), None)


def _due_day(turn: Turn, text: str) -> Wish | None:
    """Another day of the month for all instalments; it may be that only the next one is meant, so both are shown.

    More time asked for with it is shown beside it: the rules do not let both be one change.
    """
    promises = turn.pending.get("kind") in ("promise_details", "confirm_promise")
    day = wish_words.new_due_day(text)
    if day is None or promises or turn.intent == "ask_due_date":
        return None
    options: list[tuple[Wanted, ...]] = [(("move_due_date", {"day": day}),)]
    if duration := turn.entity("duration"):
        options += [((kind, {"months": _months(duration)}),) for kind in _ways_of_more_time(text)]
    named = (e["value"] for e in turn.spoken.entities if e["type"] == "date" and e["value"])
    until = next((said for said in named if date.fromisoformat(said).day == day), None)
    if until is not None:
        options.append((("extension", {"until": until}),))
    return Wish("move_due_date", tuple(options))


def _by_name(turn: Turn, text: str) -> Wish | None:
    """What else can be named, where the message as a whole asks for relief."""
    readers = {
        "ask_settlement": (_settlement, _waiver, _lower_rate),
        "ask_penalty": (_waiver,),
        "ask_extension": (_pause, _renewal, _lower_rate, _waiver, _time_and_protection, _interest_only),
        "ask_credit_impact": (_protection,),
        "partial_payment": (_interest_only_for_months,),
        "nlu_fallback": (_interest_only_for_months,),
    }
    among_options = turn.pending.get("kind") in ("choose_option", "confirm_agreement")
    for read in (*readers.get(turn.intent, ()), *((_other_kind,) if among_options else ())):
        if wish := read(turn, text):
            return wish
    return _settle() if turn.intent == "ask_settlement" else None


def _settle() -> Wish:
    return Wish("settlement", ((("settlement", {}),),), for_a_person=True)


def _settlement(turn: Turn, text: str) -> Wish | None:
    return _settle() if wish_words.settles(text) else None


def _waiver(turn: Turn, text: str) -> Wish | None:
    """Less of what was added, and more time with it when months are named."""
    parts = wish_words.waived(text)
    if not parts:
        return None
    waiver: Wanted = ("waive", {part: ALL for part in parts})
    options: list[tuple[Wanted, ...]] = [(waiver,)]
    if months := asked_months(turn):
        options = [(waiver, (kind, {"months": months})) for kind in _ways_of_more_time(text)] + options
    return Wish("waive", tuple(options), for_a_person=True, as_far_as_allowed=True)


def _ways_of_more_time(text: str) -> tuple[str, ...]:
    """The kinds that give more time: the one that is named, or else to move or to pause."""
    return ("interest_only",) if kind_named(text) == "interest_only" else ("extension", "deferral")


def _interest_only(turn: Turn, text: str) -> Wish | None:
    return _of_kind(turn, "interest_only") if kind_named(text) == "interest_only" else None


def _interest_only_for_months(turn: Turn, text: str) -> Wish | None:
    """Once is a promise of part of an instalment; for months it is another plan."""
    return _interest_only(turn, text) if turn.entity("duration") else None


def _other_kind(turn: Turn, text: str) -> Wish | None:
    """A kind that is named among options that do not have it."""
    kind = kind_named(text)
    return _of_kind(turn, kind) if kind else None


def _of_kind(turn: Turn, kind: str) -> Wish:
    before = turn.pending.get("months")
    months = _with_months(turn) or ({"months": before} if before else {})
    return Wish(kind, (((kind, {} if kind == "reamortise" else months),),))


def _time_and_protection(turn: Turn, text: str) -> Wish | None:
    """More time, and that lateness is not reported meanwhile."""
    months = asked_months(turn)
    if not months or not wish_words.spares_record(text):
        return None
    protection: Wanted = ("credit_protection", {"months": months})
    both = [((kind, {"months": months}), protection) for kind in _ways_of_more_time(text)]
    return Wish("credit_protection", (*both, (protection,)), for_a_person=True)


def _lower_rate(turn: Turn, text: str) -> Wish | None:
    if not wish_words.lowers_rate(text):
        return None
    rate = wish_words.percent(text)
    if not rate:
        return Wish("reduce_rate", for_a_person=True)
    lower: Wanted = ("reduce_rate", {"annual_rate_pct": rate})
    options: list[tuple[Wanted, ...]] = [(lower,)]
    if months := asked_months(turn):
        options = [(lower, (kind, {"months": months})) for kind in _ways_of_more_time(text)] + options
    return Wish("reduce_rate", tuple(options), for_a_person=True)


def _pause(turn: Turn, text: str) -> Wish | None:
    if not wish_words.pauses_interest(text):
        return None
    return Wish("interest_pause", ((("interest_pause", _with_months(turn)),),))


def _renewal(turn: Turn, text: str) -> Wish | None:
    return Wish("renewal", ((("renewal", _with_months(turn)),),)) if wish_words.renews(text) else None


def _protection(turn: Turn, text: str) -> Wish | None:
    if not wish_words.spares_record(text):
        return None
    return Wish("credit_protection", ((("credit_protection", _with_months(turn)),),), for_a_person=True)


def _with_months(turn: Turn) -> dict[str, Any]:
    months = asked_months(turn)
    return {"months": months} if months else {}
