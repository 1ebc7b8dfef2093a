"""Turns worth a second look: what was perhaps misread, without anything that leads back to who wrote it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import harmless
from bot.language import detect_language
from bot.normalise import clean
from bot.plain_words import model_text
from bot.rasa_client import shorten
from bot.redaction import redact
from conversations.models import Conversation, InboundMessage
from conversations.turn import SCREENED_INTENTS
from loans.models import Borrower
from tideover import nlu_data
from tideover.nlu_measure import FALLBACK, best_guess
from transcripts.models import LogEntry

MISUNDERSTOOD = "action_misunderstood"
# Below this the model was far from sure; below the second, a call for help right after makes it doubtful.
LOW = 0.6
SURE = 0.8
CORRECTIONS = frozenset(("correct_value", "change_mind", "deny"))
CALLS_FOR_HELP = frozenset(("repeat", "show_menu", "ask_human"))
# The dangers both the word screen and the model can hear.
DANGERS = {
    category: SCREENED_INTENTS[category]
    for category in ("self_harm", "violence", "stop", "attorney", "deceased")
}
# Why a turn is worth a look, the gravest first.
REASONS = {
    "screen_disagrees": "word screen and model disagree about danger 词表与模型对风险判断不一",
    "taken_over": "a person took over right after 随后由人工接管",
    "corrected": "the borrower corrected it right after 借款人随后更正",
    "not_understood": "not understood 未听懂",
    "low_confidence": f"confidence below {LOW} 置信度低于 {LOW}",
}
RANKING_LENGTH = 5
BATCH = 1000

_MARK = re.compile(r"\[(?:ID|PHONE|EMAIL|CARD|NAME)\]")
_REFERENCE = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z](?:(?=[A-Za-z0-9]*-)(?:[A-Za-z-]*\d){3,}|(?:[A-Za-z]*\d){6,})[\w-]*"
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
LONGEST_AMOUNT = 8
EXACT_DIGITS = 3

Ask = Callable[[Sequence[str]], list[dict[str, Any]]]


@dataclass
class Candidate:
    """A text that was perhaps misread, and how: `ranking` is empty when the model was not asked."""

    text: str
    language: str
    ranking: Sequence[dict[str, Any]]
    why: set[str]
    screened: set[str] = field(default_factory=set)
    count: int = 1

    def as_json(self) -> dict[str, Any]:
        """Return the line of `tideover nlu export`, in the shape of docs/schemas/nlu_export.json."""
        ranking = [
            {"name": str(guess["name"]), "confidence": round(float(guess["confidence"]), 4)}
            for guess in self.ranking[:RANKING_LENGTH]
        ]
        return {
            "text": self.text,
            "language": self.language,
            "predicted": ranking[0]["name"] if ranking else None,
            "confidence": ranking[0]["confidence"] if ranking else 0.0,
            "runner_up": ranking[1] if len(ranking) > 1 else None,
            "ranking": ranking,
            "screened": sorted(self.screened),
            "why": [reason for reason in REASONS if reason in self.why],
            "count": self.count,
        }


def worth_a_look(session: Session, ask: Ask, *, since: datetime | None, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` texts as lines for annotation, the gravest and most frequent first.

    `ask` reads normalised texts with the model in service: of what the word screen answered alone it was never asked.
    Texts that are the same to the model count once; those that are examples or held-out messages already are left out.
    """
    known = {example.text for example in (*nlu_data.examples(), *nlu_data.held_out())}
    found: dict[str, Candidate] = {}
    for candidate in _candidates(session, since):
        key = model_text(harmless(candidate.text))
        earlier = found.get(key)
        if not key or key in known:
            continue
        if earlier is None:
            found[key] = candidate
        else:
            earlier.why |= candidate.why
            earlier.screened |= candidate.screened
            earlier.ranking = earlier.ranking or candidate.ranking
            earlier.count += 1
    _hear_the_model(found, ask)
    worthy = [candidate.as_json() for candidate in found.values() if candidate.why]
    gravity = list(REASONS)
    worthy.sort(key=lambda line: (gravity.index(line["why"][0]), -line["count"], line["text"]))
    return worthy[:limit]


def _hear_the_model(found: dict[str, Candidate], ask: Ask) -> None:
    """Ask the model about what only the word screen has judged; where it hears no such danger, the two disagree."""
    silent = {key: candidate for key, candidate in found.items() if not candidate.ranking}
    if not silent:
        return
    for candidate, meant in zip(silent.values(), ask([shorten(key) for key in silent]), strict=True):
        ranking = meant["ranking"]
        best = best_guess(meant)
        candidate.ranking = sorted(ranking, key=lambda guess: guess["name"] != best["name"])
        if best["name"] not in candidate.screened:
            candidate.why.add("screen_disagrees")


def hidden(text: str, names: Sequence[str], references: Sequence[str]) -> str:
    """Return a borrower's words without what identifies anyone, on one line.

    `bot.redaction` takes out phones, e-mails, cards, identity numbers and `names`. The borrower's and the loans'
    `references`, other numbers with letters in them, and numbers of more than eight digits become `[ID]`. Of every
    other number of more than three digits only the first is kept: 3,512.40 is 3,000.00. Somebody else's name stays.
    """
    line = " ".join(unicodedata.normalize("NFKC", clean(text)).split())
    line = redact(line, names=names).text
    for reference in sorted(references, key=len, reverse=True):
        line = re.sub(re.escape(reference), "[ID]", line, flags=re.IGNORECASE)
    return _NUMBER.sub(_coarse, _REFERENCE.sub("[ID]", line))


def _coarse(found: re.Match[str]) -> str:
    number = found[0]
    digits = sum(character.isdigit() for character in number)
    if digits <= EXACT_DIGITS:
        return number
    if sum(character.isdigit() for character in number.partition(".")[0]) > LONGEST_AMOUNT:
        return "[ID]"
    return number[0] + re.sub(r"\d", "0", number[1:])


def _candidates(session: Session, since: datetime | None) -> Iterator[Candidate]:
    """What was perhaps misread, conversation by conversation.

    Left out: a conversation that nobody is linked to, and what was written before the link, since no name is known
    there that could be taken out; and a conversation of which anything has been erased from the log.
    """
    entries = (
        select(LogEntry.conversation_id, LogEntry.kind, LogEntry.subject_id, LogEntry.payload)
        .where(LogEntry.kind.in_(("message_in", "takeover")))
        .order_by(LogEntry.conversation_id, LogEntry.conv_seq)
        .execution_options(yield_per=BATCH)
    )
    if since is not None:
        entries = entries.where(LogEntry.occurred_at >= since)
    for conversation_id, rows in groupby(session.execute(entries), key=lambda row: row.conversation_id):
        events = list(rows)
        conversation = session.get(Conversation, conversation_id)
        if conversation is None or conversation.borrower_id is None:
            continue
        if any("text" not in event.payload for event in events if event.kind == "message_in"):
            continue
        borrower = session.get_one(Borrower, conversation.borrower_id)
        yield from _of_one(session, borrower, conversation_id, events)


def _of_one(
    session: Session, borrower: Borrower, conversation_id: str, events: Sequence[Any]
) -> Iterator[Candidate]:
    references = [borrower.ref, *(loan.ref for loan in borrower.loans)]
    numbers = [int(event.subject_id) for event in events if event.kind == "message_in"]
    if not numbers:
        return
    mine = (InboundMessage.conversation_id == conversation_id, InboundMessage.id.in_(numbers))
    by_number = {message.id: message for message in session.scalars(select(InboundMessage).where(*mine))}
    since = session.get_one(Conversation, conversation_id).linked_at
    heard = [None if e.kind == "takeover" else by_number.get(int(e.subject_id)) for e in events]
    for message, after, answer in zip(heard, [*events[1:], None], [*heard[1:], None], strict=True):
        if message is None or message.kind not in ("text", "media"):
            continue
        if since is None or message.clock < since:
            continue
        ranking = _ranking(message)
        screened = {DANGERS[category] for category in message.screen if category in DANGERS}
        why = _why(message, ranking, answer)
        if after is not None and after.kind == "takeover":
            why.add("taken_over")
        text = hidden(message.text, [borrower.name], references)
        if ((ranking and why) or (screened and not ranking)) and _MARK.sub("", text).strip():
            language = detect_language(message.text, message.language)
            yield Candidate(text, language, ranking, why, screened)


def _ranking(message: InboundMessage) -> list[dict[str, Any]]:
    """What the model thought, with what was acted on first; empty when it was not asked."""
    ranking = [guess for guess in message.explanation.get("ranking", []) if guess["name"] != FALLBACK]
    acted_on = message.explanation.get("intent", {}).get("name")
    return sorted(ranking, key=lambda guess: guess["name"] != acted_on)


def _why(
    message: InboundMessage, ranking: Sequence[dict[str, Any]], answer: InboundMessage | None
) -> set[str]:
    """Why a message is worth a look; `answer` is what the borrower wrote or pressed next, when nothing came between."""
    if not ranking:
        return set()
    confidence = ranking[0]["confidence"]
    meant = message.explanation["intent"]["name"]
    not_understood = message.explanation.get("actions", [])[-1:] == [MISUNDERSTOOD]
    next_intent = answer.explanation.get("intent", {}).get("name") if answer is not None else None
    doubtful = not_understood or confidence < SURE
    screened = {DANGERS[category] for category in message.screen if category in DANGERS}
    likeliest = max(ranking, key=lambda guess: guess["confidence"])["name"]
    found = {
        "not_understood": not_understood,
        "low_confidence": not not_understood and confidence < LOW,
        "corrected": next_intent in CORRECTIONS or (doubtful and next_intent in CALLS_FOR_HELP),
        "screen_disagrees": likeliest not in screened if screened else meant in DANGERS.values(),
    }
    return {reason for reason, holds in found.items() if holds}
