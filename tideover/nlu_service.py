"""Which model is in service. What is in the repository takes its place when the gate holds; else the one before stays.

`in-service.json` in the engine's home names the model. A model is compared with the one before only if that one still
fits the code around it; otherwise, and on the first start, there is nothing else to serve.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tideover.nlu import Classifier
from tideover.nlu_card import held_out_fingerprint, note_promotion, read_card, write_card
from tideover.nlu_gate import Outcome, compare
from tideover.nlu_measure import Verdict, judge, unseen
from tideover.settings import Settings
from tideover.training import (
    Progress,
    alone,
    fingerprint,
    frame_fingerprint,
    model_file,
    trained_model,
)

NOBODY = "tideover"
FIRST = "the first model of this engine 本引擎的首个模型"
CODE_CHANGED = "the code around it changed, and no earlier model fits 周边代码有变，旧模型不再适用"
GATE_HOLDS = "the held-out gate holds 通过测试集门槛"


@dataclass(frozen=True)
class Service:
    """The model in service, the code it fits, and who put it there. `refused` is the candidate last turned away."""

    model: str
    frame: str
    since: str
    by: str
    reason: str
    refused: str = ""
    refused_because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Weighed:
    """What is in the repository, trained, beside the model in service: `present` is None when none fits."""

    candidate: Path
    present: Path | None
    outcome: Outcome

    @property
    def is_new(self) -> bool:
        """Whether the candidate is another model than the one in service."""
        return self.candidate != self.present


def read_service(settings: Settings) -> Service | None:
    """Return what is in service in this engine's home, or None before the first model."""
    try:
        written = json.loads(_file(settings).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Service(**{**written, "refused_because": tuple(written["refused_because"])})


def ensure_model(settings: Settings, progress: Progress, force: bool = False) -> Path:
    """Return the model in service. When the repository has changed, that is trained first, and weighed.

    A candidate that the gate refuses is named to `progress` with the reasons, and not tried again until it or the
    held-out messages change. `force` trains again what is trained already. Raises TrainingFailed.
    """
    known = None if force else _as_it_is(settings, progress)
    if known is not None:
        return known
    settings.engine_home.mkdir(parents=True, exist_ok=True)
    with alone(settings.engine_home / "service.lock", progress):
        known = None if force else _as_it_is(settings, progress)
        if known is not None:
            return known
        present = _fitting(settings)
        candidate = trained_model(settings, progress, force, keep=_kept(settings))
        if present in (None, candidate):
            if force or read_card(candidate) is None:
                _warn(_describe(candidate, progress), progress)
            if present is None:
                _begin(settings, candidate)
            return candidate
        weighed = _weigh(candidate, present, progress)
        if weighed.outcome.holds:
            put_in_service(settings, weighed, by=NOBODY, reason=GATE_HOLDS)
            progress("the new model is in service 新模型已上线")
            return candidate
        refuse(settings, weighed)
        progress(_told(weighed.outcome.reasons))
        assert present is not None
        return present


def weigh(settings: Settings, progress: Progress) -> Weighed:
    """Train what is in the repository if need be, and hold it against the model in service, changing nothing.

    Raises TrainingFailed.
    """
    settings.engine_home.mkdir(parents=True, exist_ok=True)
    with alone(settings.engine_home / "service.lock", progress):
        candidate = trained_model(settings, progress, keep=_kept(settings))
        return _weigh(candidate, _fitting(settings), progress)


def put_in_service(
    settings: Settings, weighed: Weighed, *, by: str, reason: str, forced: bool = False
) -> None:
    """Make the candidate the model in service, and write into its card who did so and why."""
    service = _write(settings, weighed.candidate, by, reason)
    note_promotion(
        weighed.candidate,
        {
            "at": service.since,
            "by": by,
            "reason": reason,
            "forced": forced,
            "instead_of": _name(weighed.present) if weighed.present else None,
            "not_held": weighed.outcome.reasons,
        },
    )


def refuse(settings: Settings, weighed: Weighed) -> None:
    """Remember that the candidate was turned away, so that it is not weighed again at every start."""
    service = read_service(settings)
    if service is not None:
        reasons = tuple(weighed.outcome.reasons)
        _save(settings, replace(service, refused=_attempt(), refused_because=reasons))


def _as_it_is(settings: Settings, progress: Progress) -> Path | None:
    """The model in service when there is nothing to decide, else None."""
    service = read_service(settings)
    present = _fitting(settings)
    if service is None or present is None:
        return None
    if service.model == fingerprint():
        progress("model is up to date 模型已是最新")
        return present
    if service.refused == _attempt():
        progress(_told(service.refused_because))
        return present
    return None


def _weigh(candidate: Path, present: Path | None, progress: Progress) -> Weighed:
    new = _describe(candidate, progress)
    if present is None or present == candidate:
        return Weighed(candidate, present, compare(new, None))
    progress("reading the held-out messages with the model in service 用在用模型识别测试语料")
    with Classifier(present) as classifier:
        return Weighed(candidate, present, compare(new, judge(classifier, unseen())))


def _describe(model: Path, progress: Progress) -> list[Verdict]:
    """Let a model read the held-out messages, and write its card."""
    progress("reading the held-out messages 识别测试语料")
    with Classifier(model) as classifier:
        verdicts = judge(classifier, unseen())
    write_card(model, verdicts)
    return verdicts


def _warn(verdicts: list[Verdict], progress: Progress) -> None:
    """Say which floors a model misses that is in service for want of another."""
    for reason in compare(verdicts, None).reasons:
        progress(f"below the floor 未达到下限: {reason}")


def _begin(settings: Settings, model: Path) -> None:
    _write(settings, model, NOBODY, FIRST if read_service(settings) is None else CODE_CHANGED)


def _fitting(settings: Settings) -> Path | None:
    """The archive in service, unless it is gone or was trained for other code than today's."""
    service = read_service(settings)
    if service is None or service.frame != frame_fingerprint():
        return None
    model = model_file(settings, service.model)
    return model if model.exists() else None


def _kept(settings: Settings) -> set[Path]:
    """What may not be tidied away: the models in service here, and in the home whose folder of models this is."""
    owner = replace(settings, engine_home=(settings.engine_home / "models").resolve().parent)
    services = [read_service(home) for home in (settings, owner)]
    return {model_file(settings, service.model) for service in services if service is not None}


def _attempt() -> str:
    return f"{fingerprint()} {held_out_fingerprint()}"


def _told(reasons: tuple[str, ...] | list[str]) -> str:
    return "\n".join(
        [
            "what is in the repository is not in service, the model before is: the gate does not hold; see "
            "`tideover nlu promote` 仓库中的新语料未上线，仍用原模型：未通过门槛，详见 tideover nlu promote",
            *(f"  {reason}" for reason in reasons),
        ]
    )


def _write(settings: Settings, model: Path, by: str, reason: str) -> Service:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    service = Service(_name(model), frame_fingerprint(), since, by, reason)
    _save(settings, service)
    return service


def _save(settings: Settings, service: Service) -> None:
    draft = _file(settings).with_suffix(".draft")
    draft.write_text(json.dumps(asdict(service), ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(_file(settings))


def _file(settings: Settings) -> Path:
    return settings.engine_home / "in-service.json"


def _name(model: Path) -> str:
    return model.name.removesuffix(".tar.gz")
