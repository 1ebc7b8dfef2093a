"""A real intent model of few examples, in Rasa's environment: `python -m tests.support.small_model MODEL.tar.gz`.

It fits `dialogue.model` to JSON on standard input and packs what `tideover nlu` reads of an archive of Rasa's. With
`dense_size` each example has so many made-up numbers beside it, as if a featurizer of Rasa's own had set them.
"""

import io
import json
import sys
import tarfile

import joblib
import numpy

from dialogue.model import IntentModel

THRESHOLDS = {"threshold": 0.35, "ambiguity_threshold": 0.05}


def main() -> None:
    """Fit and pack."""
    given = json.load(sys.stdin)
    model = IntentModel(given["concepts"])
    size = given.get("dense_size")
    dense = numpy.random.RandomState(7).normal(size=(len(given["examples"]), size)) if size else None
    model.fit([text for text, _ in given["examples"]], [intent for _, intent in given["examples"]], dense)
    pickled = io.BytesIO()
    joblib.dump(model, pickled)
    metadata = {
        "trained_at": "2026-11-20T00:00:00",
        "predict_schema": {"nodes": {"run_FallbackClassifier2": {"config": THRESHOLDS}}},
    }
    with tarfile.open(sys.argv[1], "w:gz") as archive:
        for name, content in (
            ("metadata.json", json.dumps(metadata).encode()),
            ("components/train/intents.joblib", pickled.getvalue()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    main()
