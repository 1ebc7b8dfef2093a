"""Measures the intent model outside Rasa by five-fold cross-validation: `python -m dialogue.report < request.json`.

Input: `examples` as a list of [text, intent, group]; `concepts`, `strength`, `threshold`, `ambiguity`. Prints JSON.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import mean, median
from typing import Any, NamedTuple

from sklearn.model_selection import StratifiedKFold

from dialogue.caution import CRY_FOR_HELP, danger
from dialogue.model import IntentModel

FOLDS = 5
FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"


class Example(NamedTuple):
    """A message with its meaning and the group it is counted in."""

    text: str
    intent: str
    group: str


class Verdict(NamedTuple):
    """What a model that had not seen an example said about it, before and after thresholds and caution."""

    example: Example
    best: str
    confidence: float
    decided: str

    @property
    def right(self) -> bool:
        """Whether the best intent is the example's."""
        return self.best == self.example.intent


def judge(request: dict[str, Any], train: Sequence[Example], test: Sequence[Example]) -> list[Verdict]:
    """Train on some examples and judge the others."""
    model = IntentModel(request["concepts"], request["strength"])
    model.fit([e.text for e in train], [e.intent for e in train])
    verdicts = []
    for example, (ranking, _) in zip(test, model.read([e.text for e in test]), strict=True):
        (best, confidence), (_, next_best) = ranking[:2]
        sure = confidence >= request["threshold"] and confidence - next_best >= request["ambiguity"]
        feared = danger([{"name": name, "confidence": chance} for name, chance in ranking])
        decided = feared["name"] if feared else best if sure else FALLBACK
        verdicts.append(Verdict(example, best, confidence, decided))
    return verdicts


def cross_validate(request: dict[str, Any], examples: Sequence[Example]) -> list[Verdict]:
    """Judge every example by a model that has not seen it."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    return [
        verdict
        for learn, hold in folds.split(examples, [e.intent for e in examples])
        for verdict in judge(request, [examples[i] for i in learn], [examples[i] for i in hold])
    ]


def share(facts: Iterable[bool]) -> float:
    """Return the share of facts that are true, or 0 of none."""
    return round(mean([float(fact) for fact in facts] or [0.0]), 4)


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the shares and confidences that matter, for one group of verdicts."""
    outside = [v for v in verdicts if v.example.intent == OUT_OF_SCOPE]
    cries = [v for v in verdicts if v.example.intent == CRY_FOR_HELP]
    others = [v for v in verdicts if v.example.intent != CRY_FOR_HELP]
    return {
        "examples": len(verdicts),
        "right": share(v.right for v in verdicts),
        "confidence_right": round(median([v.confidence for v in verdicts if v.right] or [0.0]), 3),
        "confidence_wrong": round(median([v.confidence for v in verdicts if not v.right] or [0.0]), 3),
        "acted_on_wrongly": share(v.decided not in (FALLBACK, v.example.intent) for v in verdicts),
        "asked_again": share(v.decided == FALLBACK for v in verdicts),
        "out_of_scope_accepted": share(v.decided not in (FALLBACK, OUT_OF_SCOPE) for v in outside),
        "self_harm_heard": share(v.decided == CRY_FOR_HELP for v in cries),
        "false_alarms": share(v.decided == CRY_FOR_HELP for v in others),
    }


def report(request: dict[str, Any]) -> dict[str, Any]:
    """Return the whole report for one request."""
    examples = [Example(*example) for example in request["examples"]]
    began = time.perf_counter()
    verdicts = cross_validate(request, examples)
    confusions = Counter((v.example.intent, v.best) for v in verdicts if not v.right)
    intents = sorted({v.example.intent for v in verdicts})
    groups = sorted({v.example.group for v in verdicts})
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "all": summary(verdicts),
        **{group: summary([v for v in verdicts if v.example.group == group]) for group in groups},
        "intents": {i: share(v.right for v in verdicts if v.example.intent == i) for i in intents},
        "confusions": [{"is": a, "taken_for": b, "times": n} for (a, b), n in confusions.most_common(40)],
    }


if __name__ == "__main__":
    json.dump(report(json.load(sys.stdin)), sys.stdout, ensure_ascii=False)
