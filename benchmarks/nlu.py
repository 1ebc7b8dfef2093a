"""Our intent model beside Rasa's pipelines: the same examples, the same held-out messages, one run.

    python -m benchmarks.nlu [--epochs 20] [--only PIPELINE …] [--out FILE]

Each pipeline of benchmarks/pipelines/ is trained by `rasa train nlu` and read message by message in one process, so
that all carry the same weight of Rasa. Averages of ours with each of the others are counted too. Training a DIET model
of Rasa's size for its 100 epochs takes hours here, hence `--epochs`; the table says how many.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.progress import Progress

from tideover import nlu_data
from tideover.nlu_data import Example
from tideover.settings import ROOT
from tideover.training import RASA_ENVIRONMENT, RASA_PYTHON, write_training_data
from tideover.understanding import calibration_error

PIPELINES = Path(__file__).parent / "pipelines"
OURS = "tideover"
Chances = Mapping[str, float]


@dataclass(frozen=True)
class Reading:
    """What a pipeline makes of the held-out messages: seconds of `rasa train nlu`, median milliseconds of a message."""

    chances: Sequence[Chances]
    train_s: float
    parse_ms: float


def read(pipeline: str, data: Path, messages: Sequence[Example], epochs: int, scratch: Path) -> Reading:
    """Train one pipeline and let it read the messages."""
    config = yaml.safe_load((PIPELINES / f"{pipeline}.yml").read_text(encoding="utf-8"))
    for step in config["pipeline"]:
        if "epochs" in step:
            step["epochs"] = epochs
    written = scratch / f"{pipeline}.yml"
    written.write_text(yaml.safe_dump({**config, "assistant_id": pipeline}), encoding="utf-8")
    command = [
        "train",
        "nlu",
        "--config",
        written,
        "--nlu",
        data,
        "--out",
        scratch,
        "--fixed-model-name",
        pipeline,
    ]
    began = time.perf_counter()
    _rasa(["rasa", *map(str, command)], scratch)
    train_s = time.perf_counter() - began
    archive = str(scratch / f"{pipeline}.tar.gz")
    texts = json.dumps([message.text for message in messages])
    parsed = json.loads(_rasa(["benchmarks.nlu_parse", archive], scratch, texts))
    return Reading([chances for chances, _ in parsed], train_s, statistics.median(ms for _, ms in parsed))


def _rasa(module: Sequence[str], scratch: Path, given: str | None = None) -> str:
    environment = {**os.environ, **RASA_ENVIRONMENT, "RASA_CACHE_DIRECTORY": str(scratch / "cache")}
    with (scratch / "log").open("ab") as log:
        done = subprocess.run(
            [str(RASA_PYTHON), "-m", *module],
            cwd=ROOT,
            env=environment,
            input=given,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            check=True,
        )
    return done.stdout


def average(one: Sequence[Chances], other: Sequence[Chances]) -> list[Chances]:
    """Return the mean of two pipelines' confidences, message by message."""
    return [
        {name: (a.get(name, 0.0) + b.get(name, 0.0)) / 2 for name in {*a, *b}}
        for a, b in zip(one, other, strict=True)
    ]


def measures(chances: Sequence[Chances], messages: Sequence[Example]) -> dict[str, float]:
    """Return accuracies by language, the share of out-of-scope messages taken for something else, calibration error."""
    best = [max(each, key=lambda name: each[name]) for each in chances]
    right = [name in (m.intent, *m.also) for name, m in zip(best, messages, strict=True)]
    sure = [each[name] for each, name in zip(chances, best, strict=True)]
    found = {
        language: statistics.mean(r for r, m in zip(right, messages, strict=True) if m.language == language)
        for language in nlu_data.LANGUAGES
    }
    outside = [name for name, m in zip(best, messages, strict=True) if m.intent == "out_of_scope"]
    found["out_of_scope_accepted"] = statistics.mean(name != "out_of_scope" for name in outside)
    found["calibration_error"] = calibration_error(sure, right)
    return {name: round(value, 4) for name, value in found.items()}


def compare(names: Sequence[str], epochs: int) -> dict[str, Any]:
    """Train and measure each pipeline, and each of the others averaged with ours."""
    messages = nlu_data.held_out()
    rows: dict[str, Any] = {}
    readings: dict[str, Reading] = {}
    with tempfile.TemporaryDirectory(prefix="tideover-nlu-") as folder, Progress() as bar:
        scratch = Path(folder)
        write_training_data(scratch / "data")
        for name in bar.track(names, description="pipelines"):
            readings[name] = done = read(name, scratch / "data" / "nlu.yml", messages, epochs, scratch)
            rows[name] = {
                **measures(done.chances, messages),
                "train_s": round(done.train_s, 1),
                "parse_ms": round(done.parse_ms, 2),
            }
    for name in readings:
        if name != OURS and OURS in readings:
            both = average(readings[OURS].chances, readings[name].chances)
            rows[f"{OURS} + {name}"] = measures(both, messages)
    return {"epochs": epochs, "messages": len(messages), "pipelines": rows}


def table(result: Mapping[str, Any]) -> str:
    """Return the result as Markdown; the last two columns are also given as ratios to ours."""
    ours = result["pipelines"].get(OURS, {})
    lines = [
        "| pipeline | zh | en | out of scope accepted | calibration error | training | parsing |",
        "|---" * 7 + "|",
    ]
    for name, row in result["pipelines"].items():
        cells = [f"{row['zh']:.1%}", f"{row['en']:.1%}", f"{row['out_of_scope_accepted']:.1%}"]
        cells.append(f"{row['calibration_error']:.3f}")
        for column, unit in (("train_s", "s"), ("parse_ms", "ms")):
            ratio = f" ({row[column] / ours[column]:.1f}×)" if column in row and column in ours else ""
            cells.append(f"{row[column]} {unit}{ratio}" if column in row else "")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run the comparison and print it."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    every = sorted((path.stem for path in PIPELINES.glob("*.yml")), key=lambda name: name != OURS)
    options.add_argument("--epochs", type=int, default=20, help="of the DIET pipelines")
    options.add_argument("--only", nargs="+", choices=every, default=every)
    options.add_argument("--out", type=Path, help="write the result as JSON too")
    chosen = options.parse_args()
    result = compare(chosen.only, chosen.epochs)
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{result['messages']} held-out messages, DIET for {result['epochs']} epochs\n")
    print(table(result))


if __name__ == "__main__":
    main()
