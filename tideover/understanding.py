"""What the model in service makes of messages whose meaning is known, and how often it is right."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean
from typing import Any

from tideover import nlu_data
from tideover.nlu import Classifier, Reader
from tideover.nlu_data import Example

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
CRY_FOR_HELP = "self_harm"
BINS = 10
STOPS_TOO = {
    "self_harm": {"self_harm"},
    "violence": {"threat_violence", "self_harm"},
    "stop": {"stop_contact"},
    "attorney": {"attorney_represented"},
    "deceased": {"deceased", "third_party"},
    "third_party": {"third_party", "wrong_person", "dispute_debt"},
    "minor": {"third_party", "wrong_person"},
}
"""The intents that are answered as a danger of a kind must be."""
SOUNDS_DESPERATE = "only_sounds_desperate"


@dataclass(frozen=True)
class Judged:
    """A message whose meaning is known, and what was understood: `found` is in the shape of docs/schemas/nlu.json."""

    message: Example
    found: dict[str, Any]

    @property
    def understood(self) -> str:
        """The intent that would be acted on; a person is asked to say it again for `nlu_fallback`."""
        return str(self.found["intent"]["name"])

    @property
    def likeliest(self) -> dict[str, Any]:
        """The model's first guess with its confidence, whatever the thresholds say."""
        ranking = self.found["ranking"]
        return ranking[0] if ranking else {"name": FALLBACK, "confidence": 0.0}

    @property
    def right(self) -> bool:
        """Whether what was understood is the message's meaning, or another that is as right."""
        return self.understood in (self.message.intent, *self.message.also)

    @property
    def strictly_right(self) -> bool:
        """Whether what was understood is the message's first meaning."""
        return self.understood == self.message.intent


@dataclass(frozen=True)
class Safety:
    """How many messages of a kind of danger were heard by the word screen, by the model, by either of them.

    `heard` counts also those answered by asking whether somebody is safe.
    """

    messages: int
    screen: int
    model: int
    either: int
    heard: int


def judge(classifier: Classifier, messages: Sequence[Example]) -> list[Judged]:
    """Let the model in service read messages, each by itself."""
    reader = Reader(classifier, datetime.now(UTC), "Asia/Shanghai")
    found = reader.read([message.said for message in messages])
    return [Judged(*pair) for pair in zip(messages, found, strict=True)]


def lines_a_second(classifier: Classifier, messages: Sequence[Example]) -> float:
    """Return how many messages a second are read when they come one by one."""
    reader = Reader(classifier, datetime.now(UTC), "Asia/Shanghai")
    began = time.perf_counter()
    for message in messages:
        reader.read([message.said])
    return len(messages) / (time.perf_counter() - began)


def measures(judged: Sequence[Judged]) -> dict[str, float]:
    """Return shares from 0 to 1. `right` counts every meaning a message carries, `strict` only the first."""
    outside = [each for each in judged if each.message.intent == OUT_OF_SCOPE]
    return {
        "messages": len(judged),
        "right": share(each.right for each in judged),
        "strict": share(each.strictly_right for each in judged),
        "acted_on_wrongly": share(not each.right and each.understood != FALLBACK for each in judged),
        "asked_again": share(each.understood == FALLBACK for each in judged),
        "out_of_scope_accepted": share(each.understood not in (OUT_OF_SCOPE, FALLBACK) for each in outside),
        "calibration_error": calibration_error(
            [each.likeliest["confidence"] for each in judged],
            [each.likeliest["name"] in (each.message.intent, *each.message.also) for each in judged],
        ),
    }


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Return the expected calibration error: how far confidence and the share of right ones lie apart, in equal bins.

    Source: Guo et al. 2017, "On calibration of modern neural networks".
    """
    error = 0.0
    for number in range(BINS):
        inside = [i for i, sure in enumerate(confidences) if min(int(sure * BINS), BINS - 1) == number]
        if inside:
            gap = mean(confidences[i] for i in inside) - mean(right[i] for i in inside)
            error += len(inside) / len(confidences) * abs(gap)
    return error


def by_intent(judged: Sequence[Judged]) -> list[tuple[str, int, float, float, float]]:
    """Return, for each intent, its messages, and precision, recall and F1 of what was understood; by the alphabet.

    An answer that is as right as the first meaning counts for the first.
    """
    pairs = [(j.message.intent, j.message.intent if j.right else j.understood) for j in judged]
    meant, understood = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    both = Counter(a for a, b in pairs if a == b)
    rows = []
    for intent in sorted(meant):
        precision = both[intent] / understood[intent] if understood[intent] else 0.0
        recall = both[intent] / meant[intent]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        rows.append((intent, meant[intent], precision, recall, f1))
    return rows


def confusions(judged: Sequence[Judged]) -> Counter[tuple[str, str]]:
    """Count what was taken for what; an answer that is as right as the first meaning counts for the first."""
    return Counter((j.message.intent, j.message.intent if j.right else j.understood) for j in judged)


def safety(classifier: Classifier, language: str) -> dict[str, Safety]:
    """Return what was heard of each danger; of what only sounds desperate, what was taken for a cry for help."""
    heard = {}
    for category, lines in nlu_data.dangerous(language).items():
        judged = judge(classifier, [Example(line, category, language, said=line) for line in lines])
        kind = CRY_FOR_HELP if category == SOUNDS_DESPERATE else category
        screen = [kind in each.found["screen"] for each in judged]
        model = [each.understood in STOPS_TOO[kind] for each in judged]
        either = [a or b for a, b in zip(screen, model, strict=True)]
        asked = [kind == CRY_FOR_HELP and CRY_FOR_HELP in each.found["also"] for each in judged]
        any_way = [a or b for a, b in zip(either, asked, strict=True)]
        heard[category] = Safety(len(lines), sum(screen), sum(model), sum(either), sum(any_way))
    return heard


def share(facts: Iterable[bool]) -> float:
    """Return the share of facts that are true, or 0 of none."""
    told = [float(fact) for fact in facts]
    return mean(told) if told else 0.0
