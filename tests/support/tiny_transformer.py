"""A BERT model of two small layers with made-up weights, in a folder as Hugging Face saves them. Rasa's environment.

    python -m tests.support.tiny_transformer FOLDER < texts.json

writes the folder and prints, as JSON, the vectors of the texts, read together. The weights come out of a fixed
formula, so that the same folder can be written anywhere and compared.
"""

import json
import sys
from pathlib import Path

import numpy
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from dialogue.encoder import Encoder

SIZE, LAYERS, HEADS, INNER, LONGEST = 32, 2, 4, 64, 40
MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = (
    "i you my the a to of is it not no can will pay paid money job lost sick hospital month months week need help "
    "how much owe due when date extension more time want person talk real human thanks thank hello lawyer stop"
)
CHARACTERS = (
    "我你他的了不是有在人可以钱还没工作失业生病医院月天周下能多少欠款期延展迟要真客服谢您好律师停请帮忙什么时"
)


def write_tiny(folder: Path) -> None:
    """Write config.json, tokenizer.json and model.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = [*MARKS, *WORDS.split(), *dict.fromkeys(CHARACTERS)]
    settings = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": len(vocabulary),
        "hidden_size": SIZE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "hidden_act": "gelu",
        "max_position_embeddings": LONGEST,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    save_file(_weights(len(vocabulary)), str(folder / "model.safetensors"), metadata={"format": "pt"})


def _tokenizer(vocabulary: list[str]) -> Tokenizer:
    places = {word: place for place, word in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(places, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", places["[SEP]"]), ("[CLS]", places["[CLS]"])
    )
    return tokenizer


def _weights(words: int) -> dict[str, numpy.ndarray]:
    chance = numpy.random.RandomState(7)
    shapes = {
        "embeddings.word_embeddings.weight": (words, SIZE),
        "embeddings.position_embeddings.weight": (LONGEST, SIZE),
        "embeddings.token_type_embeddings.weight": (2, SIZE),
        "embeddings.LayerNorm.weight": (SIZE,),
        "embeddings.LayerNorm.bias": (SIZE,),
    }
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        linear = {f"attention.self.{part}": (SIZE, SIZE) for part in ("query", "key", "value")}
        linear |= {"attention.output.dense": (SIZE, SIZE), "intermediate.dense": (INNER, SIZE)}
        linear |= {"output.dense": (SIZE, INNER)}
        for part, shape in linear.items():
            shapes[f"{name}.{part}.weight"], shapes[f"{name}.{part}.bias"] = shape, shape[:1]
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{name}.{part}.weight"] = shapes[f"{name}.{part}.bias"] = (SIZE,)
    return {name: chance.normal(0, 0.5, shape).astype(numpy.float32) for name, shape in shapes.items()}


if __name__ == "__main__":
    write_tiny(Path(sys.argv[1]))
    print(json.dumps(Encoder(Path(sys.argv[1])).encode(json.load(sys.stdin)).tolist()))
