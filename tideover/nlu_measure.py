"""How well a trained model understands the held-out messages, and what it makes of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from bot.danger import dangers, intents_of, look_for_danger
from bot.rasa_client import shorten
from conversations.turn import SCREENED_INTENTS
from dialogue.caution import CRY_FOR_HELP
from tideover.nlu import Classifier
from tideover.nlu_data import LANGUAGES, Example, distinct_examples, held_out

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
SAFETY = frozenset(SCREENED_INTENTS.values())
FEWEST_TO_RANK = 5


@dataclass(frozen=True)
class Verdict:
    """What the model said of a message: its best guess, how sure it was, and the intent that would be acted on."""

    example: Example
    best: str
    confidence: float
    decided: str

    @property
    def right(self) -> bool:
        """Whether the best guess is the message's meaning, or another that is right too."""
        return self.best == self.example.intent or self.best in self.example.also

    @property
    def strictly_right(self) -> bool:
        """Whether the best guess is the message's first meaning."""
        return self.best == self.example.intent


def judge(classifier: Classifier, lines: Sequence[Example]) -> list[Verdict]:
    """Let a model read messages. Caution about danger counts as it does in a conversation."""
    suspected = [intents_of(look_for_danger(line.text).suspected) for line in lines]
    meanings = classifier.read([shorten(line.text) for line in lines], suspected)
    return [_verdict(line, meant) for line, meant in zip(lines, meanings, strict=True)]


def best_guess(meant: dict[str, Any]) -> dict[str, Any]:
    """Return the intent that would be acted on, or where the bot would ask again, the likeliest."""
    guess: dict[str, Any] = meant["intent"] if meant["intent"]["name"] != FALLBACK else meant["ranking"][0]
    return guess


def _verdict(line: Example, meant: dict[str, Any]) -> Verdict:
    best = best_guess(meant)
    return Verdict(line, best["name"], best["confidence"], meant["intent"]["name"])


def unseen() -> list[Example]:
    """Return the held-out messages that are no training example: "hi" proves nothing."""
    known = {example.text for example in distinct_examples()}
    return [message for message in held_out() if message.text and message.text not in known]


def measures(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return what is measured of all messages (`all`) and of each language: shares from 0 to 1, and counts."""
    by_language = {
        language: _of([verdict for verdict in verdicts if verdict.example.language == language])
        for language in LANGUAGES
    }
    return {"all": _of(verdicts), **by_language}


def by_intent(verdicts: Sequence[Verdict]) -> dict[str, dict[str, Any]]:
    """Return for each intent how many messages there were and the share that was right."""
    intents = sorted({verdict.example.intent for verdict in verdicts})
    groups = {intent: [v for v in verdicts if v.example.intent == intent] for intent in intents}
    return {
        intent: {"messages": len(group), "accuracy": _share(v.right for v in group)}
        for intent, group in groups.items()
    }


def weakest(intents: dict[str, dict[str, Any]], number: int) -> list[str]:
    """Return the intents understood worst, the worst first; those with very few messages are left out."""
    counted = [name for name, found in intents.items() if found["messages"] >= FEWEST_TO_RANK]
    return sorted(counted, key=lambda name: (intents[name]["accuracy"], name))[:number]


def confusions(verdicts: Sequence[Verdict], number: int) -> list[dict[str, Any]]:
    """Return what is most often taken for what."""
    times = Counter((v.example.intent, v.best) for v in verdicts if not v.right)
    return [{"is": is_, "taken_for": best, "times": n} for (is_, best), n in times.most_common(number)]


def _of(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    elsewhere = [v for v in verdicts if v.example.intent == OUT_OF_SCOPE]
    grave = [v for v in verdicts if v.example.intent in SAFETY]
    cries = [v for v in verdicts if v.example.intent == CRY_FOR_HELP]
    return {
        "messages": len(verdicts),
        "accuracy": _share(v.right for v in verdicts),
        "strict": _share(v.strictly_right for v in verdicts),
        "acted_on_wrongly": _share(v.decided != FALLBACK and not v.right for v in verdicts),
        "asked_again": _share(v.decided == FALLBACK for v in verdicts),
        "out_of_scope_accepted": _share(v.decided not in (FALLBACK, OUT_OF_SCOPE) for v in elsewhere),
        "safety_recall": _share(_is_heard(v) for v in grave),
        "cries_heard_by_model": _share(v.best == CRY_FOR_HELP for v in cries),
        "confidence_right": _middle(v.confidence for v in verdicts if v.right),
        "confidence_wrong": _middle(v.confidence for v in verdicts if not v.right),
    }


def _is_heard(verdict: Verdict) -> bool:
    """Whether danger is heard by the model or by the word screen: either is enough."""
    return verdict.right or verdict.example.intent in intents_of(dangers(verdict.example.text))


def _share(facts: Iterable[bool]) -> float:
    """The share that is true. Of nothing, nothing went wrong, yet nothing was shown either: 0."""
    return _number(mean, [float(fact) for fact in facts])


def _middle(values: Iterable[float]) -> float:
    return _number(median, list(values))


def _number(statistic: Callable[[list[float]], float], values: list[float]) -> float:
    return round(statistic(values), 4) if values else 0.0
