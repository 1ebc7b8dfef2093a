"""The trained intent model without a Rasa server: `python -m dialogue.nlu_lines MODEL.tar.gz` speaks lines.

Each line in is a JSON list of [message, intents the word screen suspects], the message as Rasa would get it; each line
out is a list of `{"intent", "ranking", "also"}` as Rasa's pipeline would find them, fallback and caution included. Many
messages at once take less time than one by one. It starts in a few seconds since it loads no Rasa.
"""

import io
import json
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import joblib

from dialogue.caution import CRY_FOR_HELP, danger, worrying
from dialogue.encoder import Encoder, EncoderMissing
from dialogue.model import IntentModel, Meaning

RANKING_LENGTH = 20
FALLBACK = "nlu_fallback"
NOTHING: Mapping[str, Any] = {"intent": {"name": None, "confidence": 0.0}, "ranking": [], "also": []}


class Trained(NamedTuple):
    """The model of an archive with the thresholds below which it is not sure, and the transformer it learned with."""

    model: IntentModel
    threshold: float
    ambiguity: float
    encoder: Encoder | None = None

    def read(self, messages: Sequence[tuple[str, Sequence[str]]]) -> list[dict[str, Any]]:
        """Return intent, ranking and other meanings of each message; the intent of an empty one is None."""
        told = [text for text, _ in messages if text]
        dense = self.encoder.encode(told) if self.encoder and told else None
        meanings = iter(self.model.read(told, dense))
        return [
            self._decide(next(meanings), suspected) if text else dict(NOTHING) for text, suspected in messages
        ]

    def _decide(self, meant: Meaning, suspected: Sequence[str]) -> dict[str, Any]:
        ranking = [{"name": name, "confidence": chance} for name, chance in meant.ranking]
        confidence, next_best = (chance for _, chance in meant.ranking[:2])
        sure = confidence >= self.threshold and confidence - next_best >= self.ambiguity
        unsure = {"name": FALLBACK, "confidence": 1 - confidence}
        intent = danger(ranking, suspected) or (ranking[0] if sure else unsure)
        worry = [CRY_FOR_HELP] if worrying(ranking, suspected) and CRY_FOR_HELP not in meant.also else []
        also = [name for name in (*meant.also, *worry) if name != intent["name"]]
        return {"intent": dict(intent), "ranking": ranking[:RANKING_LENGTH], "also": also}


def load(archive: str) -> Trained:
    """Read the intent model and the fallback's thresholds out of a model archive of Rasa's.

    Raises EncoderMissing when the model needs a transformer that is not there, or dense features of another kind.
    """
    with tarfile.open(archive) as files:
        names = files.getnames()
        metadata = json.loads(_member(files, next(n for n in names if n.endswith("metadata.json"))))
        pickled = _member(files, next(n for n in names if n.endswith("intents.joblib")))
    nodes = metadata["predict_schema"]["nodes"]
    fallback, featurizer = (_config(nodes, name) for name in ("FallbackClassifier", "TransformerFeaturizer"))
    model = joblib.load(io.BytesIO(pickled))
    if model.dense_size and not featurizer:
        raise EncoderMissing(
            "this model learned with features that only the Rasa server makes: use `tideover chat`",
            "该模型使用了只有 Rasa 服务器才能生成的特征：请使用 tideover chat",
        )
    encoder = Encoder(Path(featurizer["folder"]), featurizer["longest"]) if featurizer else None
    return Trained(model, fallback["threshold"], fallback["ambiguity_threshold"], encoder)


def _member(files: tarfile.TarFile, name: str) -> bytes:
    member = files.extractfile(name)
    if member is None:
        raise ValueError(f"{name} in the model archive is not a file")
    return member.read()


def _config(nodes: Mapping[str, Any], component: str) -> Mapping[str, Any]:
    """The settings of the first component whose step carries this name; none when there is no such step."""
    found: Mapping[str, Any] = next((node["config"] for name, node in nodes.items() if component in name), {})
    return found


def main() -> None:
    """Answer line by line until the input ends. The first line out says that the model is loaded."""
    try:
        trained = load(sys.argv[1])
    except EncoderMissing as problem:
        sys.exit(f"tideover: {problem}")
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(trained.read(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
