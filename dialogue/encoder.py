"""A transformer out of a local folder: from messages to vectors, with numpy. Knows nothing of Rasa, downloads nothing.

It runs what Hugging Face calls BERT and RoBERTa models (Devlin et al. 2019, Liu et al. 2019), among them most sentence
encoders for Chinese and English: MiniLM, LaBSE, E5, BGE, XLM-RoBERTa. `transformers` itself needs an older
huggingface-hub than Rasa's environment has, so the forward pass is written out here.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
from scipy.special import erf, softmax

Array = numpy.ndarray[Any, Any]
FILES = ("config.json", "tokenizer.json", "model.safetensors")
BERT, ROBERTA = ("bert",), ("roberta", "xlm-roberta", "camembert")
BATCH = 64
FIRST_WEIGHT = "embeddings.word_embeddings.weight"
OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}


class EncoderMissing(Exception):
    """The transformer cannot be used. Says what is missing and what to do, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(f"{english} / {chinese}; docs/transformer.md")


class Encoder:
    """Turns each message into the mean of the vectors its tokens have in the last layer.

    Tokens beyond the `longest` are cut off. Raises EncoderMissing when the folder, a file of it or a package is not
    there, or the model is of a kind that is not known here.
    """

    def __init__(self, folder: Path, longest: int = 128) -> None:
        settings = _settings(folder)
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as problem:
            raise EncoderMissing(
                f"the package {problem.name} is missing: run `make setup-transformer`",
                f"缺少软件包 {problem.name}：请运行 make setup-transformer",
            ) from problem
        self._weights = _floats(load_file(folder / "model.safetensors"))
        self._layers, self._heads = settings["num_hidden_layers"], settings["num_attention_heads"]
        self._epsilon = settings["layer_norm_eps"]
        self._first = settings["pad_token_id"] + 1 if settings["model_type"] in ROBERTA else 0
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        room = settings["max_position_embeddings"] - self._first
        self._tokenizer.enable_truncation(min(longest, room))
        self._tokenizer.no_padding()

    def encode(self, messages: Sequence[str]) -> Array:
        """Return a row of numbers for each message. What stands beside it in the call makes no difference."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(messages))]
        rows = numpy.zeros((len(tokens), self._weights[FIRST_WEIGHT].shape[1]), dtype=numpy.float32)
        by_length = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        for start in range(0, len(tokens), BATCH):
            batch = by_length[start : start + BATCH]
            rows[batch] = self._encode([tokens[i] for i in batch])
        return rows

    def _encode(self, tokens: Sequence[Sequence[int]]) -> Array:
        length = max(1, max(map(len, tokens)))
        ids = numpy.zeros((len(tokens), length), dtype=int)
        there = numpy.zeros((len(tokens), length), dtype=numpy.float32)
        for row, each in enumerate(tokens):
            ids[row, : len(each)], there[row, : len(each)] = each, 1
        positions = self._weights["embeddings.position_embeddings.weight"][self._first :][:length]
        kinds = self._weights["embeddings.token_type_embeddings.weight"][0]
        x = self._normal(self._weights[FIRST_WEIGHT][ids] + positions + kinds, "embeddings.LayerNorm")
        unseen = (there[:, None, None, :] - 1) * numpy.float32(1e9)
        for layer in range(self._layers):
            x = self._layer(x, unseen, f"encoder.layer.{layer}")
        counts = numpy.maximum(there.sum(axis=1, keepdims=True), 1)
        return (x * there[:, :, None]).sum(axis=1) / counts

    def _layer(self, x: Array, unseen: Array, name: str) -> Array:
        query, key, value = (
            self._split(self._linear(x, f"{name}.attention.self.{part}"))
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / numpy.sqrt(numpy.float32(query.shape[-1])) + unseen
        heard = (softmax(scores, axis=-1) @ value).transpose(0, 2, 1, 3).reshape(x.shape)
        x = self._normal(
            x + self._linear(heard, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = self._linear(x, f"{name}.intermediate.dense")
        inner = inner * (1 + erf(inner / numpy.sqrt(numpy.float32(2)))) / 2
        return self._normal(x + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _split(self, x: Array) -> Array:
        """From [message, token, number] to [message, head, token, number]."""
        return x.reshape(*x.shape[:2], self._heads, -1).transpose(0, 2, 1, 3)

    def _linear(self, x: Array, name: str) -> Array:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normal(self, x: Array, name: str) -> Array:
        x = x - x.mean(axis=-1, keepdims=True)
        spread = numpy.sqrt((x * x).mean(axis=-1, keepdims=True) + numpy.float32(self._epsilon))
        return x / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _settings(folder: Path) -> dict[str, Any]:
    """Read config.json. What it leaves out has the value Hugging Face gives it."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise EncoderMissing(
            f"the transformer's folder {folder} lacks {', '.join(missing)}: put the model there",
            f"Transformer 模型文件夹 {folder} 缺少 {', '.join(missing)}：请把模型放到该处",
        )
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = settings.get("model_type"), settings.get("hidden_act", "gelu")
    if kind[0] not in BERT + ROBERTA or kind[1] != "gelu":
        raise EncoderMissing(
            f"{folder} holds a {kind[0]} model with {kind[1]}; only BERT and RoBERTa with gelu can be used",
            f"{folder} 是 {kind[0]}（{kind[1]}）模型；只支持 BERT 和 RoBERTa（gelu）",
        )
    return {"layer_norm_eps": 1e-12, "pad_token_id": 0, **settings}


def _floats(weights: Mapping[str, Array]) -> dict[str, Array]:
    """The weights as 32-bit floats under BERT's names, without the prefix some models have."""
    prefix = next(name for name in weights if name.endswith(FIRST_WEIGHT)).removesuffix(FIRST_WEIGHT)
    renamed = {}
    for name, values in weights.items():
        for old, new in OLD_NAMES.items():
            if name.endswith(old):
                name = name.removesuffix(old) + new
        renamed[name.removeprefix(prefix)] = values.astype(numpy.float32)
    return renamed
