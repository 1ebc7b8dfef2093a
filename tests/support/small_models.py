"""Engine homes with real but small intent models, fitted in seconds on a part of the examples."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

from tideover import nlu_data
from tideover.settings import ROOT
from tideover.training import RASA_ENVIRONMENT, RASA_PYTHON


def fit(archive: Path, examples_of_each: int, without: str = "", dense_size: int = 0) -> Path:
    """Fit a model to the first so many examples of each intent (but one) and language, and write its archive.

    With a `dense_size` it has also learned from made-up dense features that only Rasa could give it again.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    times: Counter[tuple[str, str]] = Counter()
    chosen = []
    for example in nlu_data.distinct_examples():
        times[example.intent, example.language] += 1
        if times[example.intent, example.language] <= examples_of_each and example.intent != without:
            chosen.append((example.text, example.intent))
    subprocess.run(
        [str(RASA_PYTHON), "-m", "tests.support.small_model", str(archive)],
        cwd=ROOT,
        env={**os.environ, **RASA_ENVIRONMENT},
        input=json.dumps(
            {"examples": chosen, "concepts": nlu_data.concepts(), "dense_size": dense_size}
        ).encode(),
        check=True,
    )
    return archive
