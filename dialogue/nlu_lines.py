"""The trained intent model without a Rasa server: `python -m dialogue.nlu_lines MODEL.tar.gz` speaks lines.

Each line in is a JSON list of messages as Rasa would get them; each line out is a list of `{"intent", "ranking"}` as
Rasa's pipeline would find them, fallback included. Many messages at once take less time than one by one. It starts in
a few seconds since it loads no Rasa.
"""

import io
import json
import sys
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import joblib

from dialogue.model import IntentModel

RANKING_LENGTH = 6
FALLBACK = "nlu_fallback"
NOTHING: Mapping[str, Any] = {"intent": {"name": None, "confidence": 0.0}, "ranking": []}


class Trained(NamedTuple):
    """The model of an archive with the thresholds below which it is not sure."""

    model: IntentModel
    threshold: float
    ambiguity: float

    def read(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Return intent and ranking of each message; the intent of an empty one is None."""
        ranked = iter(self.model.rank_all([text for text in texts if text]) if any(texts) else ())
        return [self._decide(next(ranked)[:RANKING_LENGTH]) if text else dict(NOTHING) for text in texts]

    def _decide(self, ranked: Sequence[tuple[str, float]]) -> dict[str, Any]:
        (best, confidence), (_, next_best) = ranked[:2]
        sure = confidence >= self.threshold and confidence - next_best >= self.ambiguity
        intent = (
            {"name": best, "confidence": confidence}
            if sure
            else {"name": FALLBACK, "confidence": 1 - confidence}
        )
        return {"intent": intent, "ranking": [{"name": n, "confidence": c} for n, c in ranked]}


def load(archive: str) -> Trained:
    """Read the intent model and the fallback's thresholds out of a model archive of Rasa's."""
    with tarfile.open(archive) as files:
        names = files.getnames()
        metadata = json.loads(_member(files, next(n for n in names if n.endswith("metadata.json"))))
        pickled = _member(files, next(n for n in names if n.endswith("intents.joblib")))
    fallback = _config(metadata["predict_schema"]["nodes"], "FallbackClassifier")
    return Trained(joblib.load(io.BytesIO(pickled)), fallback["threshold"], fallback["ambiguity_threshold"])


def _member(files: tarfile.TarFile, name: str) -> bytes:
    member = files.extractfile(name)
    if member is None:
        raise ValueError(f"{name} in the model archive is not a file")
    return member.read()


def _config(nodes: Mapping[str, Any], component: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(node["config"] for name, node in nodes.items() if component in name)
    return found


def main() -> None:
    """Answer line by line until the input ends. The first line out says that the model is loaded."""
    trained = load(sys.argv[1])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(trained.read(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
