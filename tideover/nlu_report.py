"""How well the dialogue model understands: `python -m tideover.nlu_report [--cross-validate]` prints JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import yaml

from tideover import nlu_data
from tideover.settings import ROOT
from tideover.training import RASA_ENVIRONMENT, RASA_PYTHON


def nlu_report(cross_validate: bool = False) -> dict[str, Any]:
    """Train the intent model without Rasa and measure it: on the held-out messages, or by five-fold cross-validation.

    Held-out messages that are training examples as well, such as "hi", are left out of the measurement.
    """
    train = nlu_data.distinct_examples()
    known = {example.text for example in train}
    test = [] if cross_validate else [message for message in nlu_data.held_out() if message.text not in known]
    classifier, fallback = (_component(name) for name in ("LinearIntentClassifier", "FallbackClassifier"))
    request = {
        "train": [_row(example) for example in train],
        "test": [_row(example) for example in test],
        "concepts": nlu_data.concepts(),
        "strength": classifier["strength"],
        "threshold": fallback["threshold"],
        "ambiguity": fallback["ambiguity_threshold"],
    }
    done = subprocess.run(
        [str(RASA_PYTHON), "-m", "dialogue.report"],
        cwd=ROOT,
        env={**os.environ, **RASA_ENVIRONMENT},
        input=json.dumps(request).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _row(example: nlu_data.Example) -> list[Any]:
    return [example.text, example.intent, example.also, example.language]


def _component(name: str) -> dict[str, Any]:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    component: dict[str, Any] = next(step for step in pipeline if step["name"].endswith(name))
    return component


if __name__ == "__main__":
    print(json.dumps(nlu_report("--cross-validate" in sys.argv[1:]), ensure_ascii=False, indent=1))
