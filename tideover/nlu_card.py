"""The model card: what a trained model learned from, how well it understands, what it is for, and who promoted it."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from dialogue.caution import CERTAIN, CRY_FOR_HELP, SUSPECTED
from tideover import nlu_data
from tideover.nlu_gate import NAMES
from tideover.nlu_measure import Verdict, by_intent, confusions, measures, weakest
from tideover.settings import ROOT, Settings
from tideover.training import data_fingerprint

WEAKEST = 8
CONFUSIONS = 10
LIBRARIES = ("rasa", "scikit-learn", "numpy")
INTENDED = (
    "Telling what a borrower of this lender means by one written message in Chinese or English, so that the bot "
    "answers, asks again or brings a person. 判断本机构借款人一条中文或英文消息的意图，以便回答、再问或转人工。"
)
LIMITS = (
    "Each message is read by itself, without what came before. 每条消息单独识别，不看上下文。",
    "It decides nothing about a loan: every commitment is read back, and rules decide. "
    "不对贷款作任何决定：承诺须复述确认，是否办理由规则决定。",
    "It is never the only ear for danger: a word screen hears every message as well. "
    "风险识别不只靠模型，另有词表逐条筛查。",
    "Other languages and spoken messages are not covered. 不支持其他语言和语音。",
    "Held-out messages were written for measuring; real borrowers are harder to understand. "
    "测试语料为专门编写，真实借款人的话更难懂。",
)


def card_file(model: Path) -> Path:
    """Return where a model's card is; the same name in Markdown is for people."""
    return model.with_name(model.name.removesuffix(".tar.gz") + ".json")


def read_card(model: Path) -> dict[str, Any] | None:
    """Return a model's card in the shape of docs/schemas/nlu_card.json, or None when it has none."""
    try:
        card: dict[str, Any] = json.loads(card_file(model).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return card


def write_card(model: Path, verdicts: Sequence[Verdict]) -> None:
    """Describe a model just trained from what is in the repository. Promotions written down before are kept."""
    intents = by_intent(verdicts)
    earlier = read_card(model) or {}
    _save(
        model,
        {
            "model": model.name.removesuffix(".tar.gz"),
            **_from_archive(model),
            "data": {"fingerprint": data_fingerprint(), **_counts()},
            "versions": _versions(),
            "held_out": {"fingerprint": held_out_fingerprint(), **measures(verdicts)},
            "intents": intents,
            "weakest": weakest(intents, WEAKEST),
            "confusions": confusions(verdicts, CONFUSIONS),
            "intended_use": INTENDED,
            "limits": list(LIMITS),
            "promotions": earlier.get("promotions", []),
        },
    )


def note_promotion(model: Path, promotion: dict[str, Any]) -> None:
    """Add to a model's card who put it in service, when and why."""
    card = read_card(model)
    if card is not None:
        _save(model, {**card, "promotions": [*card["promotions"], promotion]})


def held_out_fingerprint() -> str:
    """Return the SHA-256, in hexadecimal, of the held-out files."""
    digest = hashlib.sha256()
    for language in nlu_data.LANGUAGES:
        digest.update((nlu_data.HELD_OUT / f"heldout_{language}.yml").read_bytes())
    return digest.hexdigest()


def in_words(card: dict[str, Any]) -> str:
    """Return a card as Markdown, in English and Chinese."""
    held_out, data = card["held_out"], card["data"]
    lines = [
        f"# Model card 模型说明 {card['model'][:12]}",
        "",
        f"- Trained 训练时间: {card['trained_at']}",
        f"- Learned from 训练语料: {data['examples']} examples 条例句, {len(data['intents'])} intents 个意图, "
        f"fingerprint 指纹 {data['fingerprint'][:12]}",
        f"- Pipeline 流程: {' → '.join(card['pipeline'])}",
        f"- Thresholds 阈值: {', '.join(f'{name} {value}' for name, value in card['thresholds'].items())}",
        f"- Versions 版本: {', '.join(f'{name} {version}' for name, version in card['versions'].items())}",
        "",
        "## Use and limits 用途与局限",
        "",
        card["intended_use"],
        "",
        *(f"- {limit}" for limit in card["limits"]),
        "",
        "## On held-out messages 测试集表现",
        "",
        "| | zh | en | all 合计 |",
        "|---|---|---|---|",
        f"| messages 条数 | {' | '.join(str(held_out[group]['messages']) for group in ('zh', 'en', 'all'))} |",
        *(
            f"| {name} | {' | '.join(f'{held_out[group][key]:.1%}' for group in ('zh', 'en', 'all'))} |"
            for key, name in NAMES.items()
        ),
        "",
        "Understood worst 最弱的意图: "
        + ", ".join(f"{name} {card['intents'][name]['accuracy']:.0%}" for name in card["weakest"]),
        "",
        "Taken for another 常见混淆: "
        + ", ".join(f"{c['is']} → {c['taken_for']} ({c['times']})" for c in card["confusions"]),
        "",
        "## Examples by intent 各意图例句数",
        "",
        "| intent 意图 | zh | en |",
        "|---|---|---|",
        *(f"| `{intent}` | {n['zh']} | {n['en']} |" for intent, n in data["intents"].items()),
        "",
        "## Put in service 上线记录",
        "",
        *(
            f"- {p['at']}, {p['by']}{' (forced 强制)' if p['forced'] else ''}: {p['reason']}"
            for p in card["promotions"]
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _save(model: Path, card: dict[str, Any]) -> None:
    place = card_file(model)
    for file, text in (
        (place, json.dumps(card, ensure_ascii=False, indent=1)),
        (place.with_suffix(".md"), in_words(card)),
    ):
        draft = file.with_name(f".{file.name}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)


def _counts() -> dict[str, Any]:
    examples = nlu_data.distinct_examples()
    times = Counter((example.intent, example.language) for example in examples)
    intents = sorted({example.intent for example in examples})
    return {
        "examples": len(examples),
        "intents": {name: {lang: times[name, lang] for lang in nlu_data.LANGUAGES} for name in intents},
    }


def _from_archive(model: Path) -> dict[str, Any]:
    """When a model was trained, its steps and thresholds, as its own archive says."""
    with tarfile.open(model) as archive:
        name = next(name for name in archive.getnames() if name.endswith("metadata.json"))
        member = archive.extractfile(name)
        assert member is not None
        metadata = json.loads(member.read())
    nodes = metadata["predict_schema"]["nodes"]
    fallback = next(node["config"] for name, node in nodes.items() if "FallbackClassifier" in name)
    pipeline = Settings.from_environment().pipeline
    steps = yaml.safe_load(pipeline.read_text(encoding="utf-8"))["pipeline"]
    return {
        "trained_at": metadata["trained_at"],
        "pipeline": [step["name"].rpartition(".")[2] for step in steps],
        "thresholds": {
            "fallback": fallback["threshold"],
            "ambiguity": fallback["ambiguity_threshold"],
            "cry_for_help": CERTAIN[CRY_FOR_HELP],
            "cry_for_help_suspected": SUSPECTED[CRY_FOR_HELP],
        },
    }


def _versions() -> dict[str, str]:
    pinned = (ROOT / "requirements" / "rasa.txt").read_text(encoding="utf-8")
    found = {name: re.search(rf"^{name}==([\w.]+)", pinned, re.MULTILINE) for name in LIBRARIES}
    return {name: match[1] for name, match in found.items() if match}
