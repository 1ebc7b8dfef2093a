"""The gate: a model takes the place of the one in service only if it understands borrowers no worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tideover.nlu_data import LANGUAGES
from tideover.nlu_measure import Verdict, measures

# What every model must reach: a little under what was measured, docs/decisions/0006-intent-model.md.
FLOORS = {"zh": 0.94, "en": 0.885}
MOST_OUT_OF_SCOPE_ACCEPTED = 0.10
# How much a measure may be worse than that of the model in service: half a point is about four messages.
TOLERANCE = 0.005
NAMES = {
    "accuracy": "accuracy, another right meaning counts 准确率（含同样正确的意图）",
    "strict": "accuracy, first meaning only 准确率（仅首选意图）",
    "out_of_scope_accepted": "out of scope taken for business 把无关消息当成业务",
    "safety_recall": "danger heard, model and word screen 风险识别（模型加词表）",
    "cries_heard_by_model": "cries for help heard by the model 求助信号（模型听出）",
}


@dataclass(frozen=True)
class Check:
    """One measure of the gate. `limit` is the least, or for `out_of_scope_accepted` the most, that passes."""

    measure: str
    language: str
    present: float | None
    candidate: float
    limit: float

    @property
    def holds(self) -> bool:
        """Whether the candidate is within the limit."""
        if self.measure == "out_of_scope_accepted":
            return self.candidate <= self.limit
        return self.candidate >= self.limit

    def words(self) -> str:
        """Say in one line, in English and Chinese, what was measured and what was needed."""
        sign = "≤" if self.measure == "out_of_scope_accepted" else "≥"
        before = "" if self.present is None else f", in service 在用 {self.present:.1%}"
        needed = f"needed 要求 {sign} {self.limit:.1%}{before}"
        return f"{self.language} {NAMES[self.measure]}: {self.candidate:.1%}, {needed}"


@dataclass(frozen=True)
class Outcome:
    """What the gate found. `better` and `worse` are messages that only one of the two models understands."""

    checks: Sequence[Check]
    better: Sequence[dict[str, Any]]
    worse: Sequence[dict[str, Any]]

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)

    @property
    def reasons(self) -> list[str]:
        """What does not hold, each in a line."""
        return [check.words() for check in self.checks if not check.holds]

    def as_json(self) -> dict[str, Any]:
        """Return the outcome in the shape of docs/schemas/nlu_gate.json."""
        return {
            "holds": self.holds,
            "tolerance": TOLERANCE,
            "checks": [{**asdict(check), "holds": check.holds} for check in self.checks],
            "better": list(self.better),
            "worse": list(self.worse),
        }


def compare(candidate: Sequence[Verdict], present: Sequence[Verdict] | None) -> Outcome:
    """Hold what a candidate made of the held-out messages against what the model in service makes of the same ones.

    With no model to compare with (`present` is None) only the floors count.
    """
    now = measures(candidate)
    before = measures(present) if present is not None else None
    pairs = list(zip(candidate, present, strict=True)) if present is not None else []
    return Outcome(
        list(_checks(now, before)),
        [_changed(new, old) for new, old in pairs if new.right and not old.right],
        [_changed(new, old) for new, old in pairs if old.right and not new.right],
    )


def _checks(now: dict[str, Any], before: dict[str, Any] | None) -> Iterator[Check]:
    for language in LANGUAGES:
        for measure in ("accuracy", "strict"):
            floor = FLOORS[language] if measure == "accuracy" else 0.0
            present = before[language][measure] if before else None
            yield Check(measure, language, present, now[language][measure], _least(floor, present))
    accepted = "out_of_scope_accepted"
    present = before["all"][accepted] if before else None
    most = -_least(-MOST_OUT_OF_SCOPE_ACCEPTED, None if present is None else -present)
    yield Check(accepted, "zh+en", present, now["all"][accepted], most)
    for measure in ("safety_recall", "cries_heard_by_model"):
        present = before["all"][measure] if before else None
        yield Check(measure, "zh+en", present, now["all"][measure], present or 0.0)


def _least(floor: float, present: float | None) -> float:
    """What is needed: the floor, and no worse than the present beyond the tolerance.

    Where the model in service misses the floor itself, its measure takes the floor's place.
    """
    if present is None:
        return floor
    return round(max(present - TOLERANCE, min(floor, present)), 4)


def _changed(new: Verdict, old: Verdict) -> dict[str, Any]:
    example = new.example
    return {
        "text": example.text,
        "language": example.language,
        "is": example.intent,
        "also": list(example.also),
        "in_service": old.best,
        "candidate": new.best,
    }
