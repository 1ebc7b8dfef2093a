"""Training the dialogue model: once for each state of what it depends on, by one process at a time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from tideover import nlu_data
from tideover.settings import ROOT, Settings

RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
RASA_ENVIRONMENT = {
    "PYTHONWARNINGS": "ignore::DeprecationWarning",
    "PYTHONPATH": str(ROOT),
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
DEPENDS_ON = (
    "domain.yml", "nlu_data/**/*.yml", "dialogue/*.py", "bot/normalise.py", "bot/plain_words.py",
    "requirements/rasa.txt",
)  # fmt: skip
# What can change while a model trained before still fits the rest: what it learns from and how.
LEARNS_FROM = ("nlu_data/nlu/**/*.yml", "nlu_data/concepts/*.yml")
MODELS_KEPT = 3
LINES_SHOWN = 20
POLL_SECONDS = 0.3

# What Rasa logs as a stage begins.
STAGES = {
    "train component 'RulePolicy'": "learning rules 学习规则",
    "train component 'LinearIntentClassifier'": "learning meanings 学习意图",
}

Progress = Callable[[str], None]


class TrainingFailed(Exception):
    """Training did not work. The message says what is wrong and where the log is, in English and Chinese."""


def fingerprint() -> str:
    """Return the SHA-256, in hexadecimal, of the pipeline and of the names and contents of all files it depends on."""
    return _digest(_files(DEPENDS_ON), _pipeline())


def data_fingerprint() -> str:
    """Return the same of what a model learns from: examples, concepts and the pipeline's settings."""
    return _digest(_files(LEARNS_FROM), _pipeline())


def frame_fingerprint() -> str:
    """Return the same of the rest: a model trained with another domain, rules, words or code does not fit today's."""
    return _digest(_files(DEPENDS_ON) - _files(LEARNS_FROM))


def _files(patterns: Sequence[str]) -> set[Path]:
    return {path for pattern in patterns for path in ROOT.glob(pattern)}


def _pipeline() -> str:
    """What the settings choose: the pipeline's content, how many examples, and which files a step's `folder` has."""
    settings = Settings.from_environment()
    content = settings.pipeline.read_text(encoding="utf-8")
    folders = [ROOT / step["folder"] for step in yaml.safe_load(content)["pipeline"] if "folder" in step]
    files = sorted(path for folder in folders for path in folder.glob("*") if path.is_file())
    sizes = [f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return "\n".join([content, str(settings.most_examples), *sizes])


def _digest(paths: Iterable[Path], chosen: str = "") -> str:
    digest = hashlib.sha256(chosen.encode())
    for path in sorted(paths):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def model_file(settings: Settings, model: str) -> Path:
    """Return where the archive of the model with this fingerprint is or would be."""
    return settings.engine_home / "models" / f"{model}.tar.gz"


def trained_model(
    settings: Settings, progress: Progress, force: bool = False, keep: Collection[Path] = ()
) -> Path:
    """Return the model for what is in the repository now, training it first when there is none or when forced.

    `progress` is told each stage as it begins. Processes that train at once wait for one another. The oldest models
    are removed, but never one of `keep`. Raises TrainingFailed.
    """
    model = model_file(settings, fingerprint())
    if model.exists() and not force:
        return model
    model.parent.mkdir(parents=True, exist_ok=True)
    began = time.time()
    with alone(settings.engine_home / "training.lock", progress):
        if model.exists() and not (force and model.stat().st_mtime < began):
            progress("another process has just trained this model 另一个进程刚刚训练好该模型")
        else:
            _train(settings, model, progress)
            _forget_old_models(model, keep)
    return model


@contextmanager
def alone(lock: Path, progress: Progress) -> Iterator[None]:
    """Run the block while no other process runs one under the same lock file; `progress` is told when it must wait."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another training to end 等待另一个训练结束")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _train(settings: Settings, model: Path, progress: Progress) -> None:
    """Let Rasa train into a folder of its own, then put the model in its place in one step."""
    if not RASA_PYTHON.exists():
        raise TrainingFailed(
            "Rasa's environment .venv-rasa is missing: run `make setup`\n缺少 Rasa 的环境 .venv-rasa：请运行 make setup"
        )
    progress("preparing the examples 准备语料")
    data = settings.engine_home / "training"
    write_training_data(data, settings.most_examples)
    log = settings.engine_home / "training.log"
    with tempfile.TemporaryDirectory(dir=settings.engine_home, prefix="training-") as scratch:
        # Rasa's own cache does not notice a change in dialogue/, so each training gets an empty one.
        environment = {**os.environ, **RASA_ENVIRONMENT, "RASA_CACHE_DIRECTORY": f"{scratch}/cache"}
        command = [
            str(RASA_PYTHON), "-m", "rasa", "train", "--config", str(settings.pipeline),
            "--domain", "domain.yml", "--data", str(data), "--out", scratch, "--fixed-model-name", "model",
            "--skip-validation",
        ]  # fmt: skip
        status = _run(command, environment, log, progress)
        trained = Path(scratch) / "model.tar.gz"
        if status != 0 or not trained.exists():
            raise TrainingFailed(_what_went_wrong(status, log))
        os.replace(trained, model)
    progress("the model is ready 模型已就绪")


def _run(command: list[str], environment: dict[str, str], log: Path, progress: Progress) -> int:
    progress("loading Rasa 加载 Rasa")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    stages_begun: set[str] = set()
    try:
        while True:
            try:
                status = process.wait(timeout=POLL_SECONDS)
            except subprocess.TimeoutExpired:
                status = None
            logged = log.read_text(encoding="utf-8", errors="replace")
            for sign, stage in STAGES.items():
                if sign in logged and stage not in stages_begun:
                    stages_begun.add(stage)
                    progress(stage)
            if status is not None:
                return status
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _what_went_wrong(status: int, log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").rstrip().split("\n")
    # A progress bar is redrawn in its line: what was drawn last is enough.
    end = "\n".join(line.rpartition("\r")[2] for line in lines[-LINES_SHOWN:])
    return (
        f"{end}\n"
        f"Training failed (exit status {status}). The lines above are the end of {log}; correct what they name and "
        f"run `tideover train` again.\n"
        f"训练失败（退出码 {status}）。以上是 {log} 的最后几行；请改正其中指出的问题，再运行 tideover train。"
    )


def write_training_data(folder: Path, most: int | None = None) -> None:
    """Write what Rasa reads into `folder`, anew: normalised examples, each once, concepts as lookup tables, rules.

    Of each intent and language there are at most `most` examples, evenly chosen.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    groups: dict[tuple[str, str], list[str]] = {}
    for example in nlu_data.distinct_examples():
        groups.setdefault((example.intent, example.language), []).append(example.text)
    blocks = [
        {"intent": intent, "examples": _listed(evenly(texts, most or len(texts)))}
        for (intent, _), texts in groups.items()
    ]
    tables = [{"lookup": name, "examples": _listed(terms)} for name, terms in nlu_data.concepts().items()]
    with (folder / "nlu.yml").open("w", encoding="utf-8") as file:
        yaml.dump(
            {"version": "3.1", "nlu": blocks + tables},
            file,
            yaml.CSafeDumper,
            allow_unicode=True,
            width=10**9,
        )
    shutil.copytree(nlu_data.RULES, folder / "rules")


def evenly(items: Sequence[str], most: int) -> list[str]:
    """Return at most so many of the items, as far apart from one another as can be."""
    count = min(most, len(items))
    return [items[place * len(items) // count] for place in range(count)]


def _listed(lines: list[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _forget_old_models(newest: Path, keep: Collection[Path]) -> None:
    """Remove archives beyond the newest few; their cards stay."""
    models = sorted(newest.parent.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for model in models[MODELS_KEPT:]:
        if model not in keep:
            model.unlink(missing_ok=True)
