"""How well the model in service understands: `python -m tideover.nlu_report` writes docs/understanding.md.

With `--cross-validate` it prints, as JSON, what models trained on four fifths of the examples make of the last fifth.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from rich.console import Console

from tideover import nlu_data
from tideover.confusion_picture import draw_confusions
from tideover.nlu import Classifier
from tideover.nlu_data import LANGUAGES
from tideover.nlu_service import ensure_model
from tideover.settings import ROOT, Settings
from tideover.training import RASA_ENVIRONMENT, RASA_PYTHON
from tideover.understanding import (
    SOUNDS_DESPERATE,
    Judged,
    Safety,
    by_intent,
    confusions,
    judge,
    lines_a_second,
    measures,
    safety,
)

PAGE = ROOT / "docs" / "understanding.md"
PICTURES = ROOT / "docs" / "pictures"
NAMES = {"zh": "Chinese", "en": "English"}
SETS = {
    "unseen": "Never looked at while the model was made; by an author who had not seen examples, guide or rules.",
    "heldout": "By two authors, apart from the examples. The second's mistakes were looked at while making the model.",
}
SHARES = {
    "right": "right, counting every meaning a message carries",
    "strict": "right, the first meaning only",
    "acted_on_wrongly": "acted on wrongly",
    "asked_again": "asked to say it again",
    "out_of_scope_accepted": "out of scope taken for something else",
}
HEAD = """\
# How well messages are understood 识别得怎么样

Written by `make nlu-report`, with the model trained from what is in the repository, reading as the bot reads:
hidden numbers, plain words, thresholds and caution included. Each message stands alone, without the question before it.

由 `make nlu-report` 生成：用仓库里的语料训练的模型，按机器人实际的读法，逐条识别没有训练过的消息。
"""


def write_report(console: Console) -> None:
    """Measure the model in service, training it first when need be, and write the page and its pictures."""
    model = ensure_model(Settings.from_environment(), console.print)
    parts = [HEAD]
    with Classifier(model) as classifier:
        for name, about in SETS.items():
            console.print(f"reading {name} 识别 {name}")
            judged = judge(classifier, nlu_data.held_out(name))
            parts.append("\n".join(_accuracy(name, about, judged)))
            if name == "heldout":
                speed = lines_a_second(classifier, nlu_data.held_out(name)[:300])
                parts.append("\n".join(_intents(judged)))
        console.print("listening for danger 风险识别")
        heard = {language: safety(classifier, language) for language in LANGUAGES}
    parts.append("\n".join(_danger(heard)))
    parts.append(f"Read one by one, {speed:.0f} messages a second: {1000 / speed:.1f} ms each.\n")
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    console.print(f"{PAGE.relative_to(ROOT)} is written 已生成")


def _accuracy(name: str, about: str, judged: Sequence[Judged]) -> Iterator[str]:
    found = {language: measures(_of(judged, language)) for language in LANGUAGES}
    yield f"## {name.capitalize()} messages\n\n{about} (`tests/nlu/{name}_zh.yml`, `tests/nlu/{name}_en.yml`)\n"
    counted = (f"{NAMES[language]} ({found[language]['messages']})" for language in LANGUAGES)
    yield f"| | {' | '.join(counted)} |\n|---|---|---|"
    for share, words in SHARES.items():
        yield f"| {words} | " + " | ".join(f"{found[language][share]:.1%}" for language in LANGUAGES) + " |"
    errors = " | ".join(f"{found[language]['calibration_error']:.3f}" for language in LANGUAGES)
    yield f"| calibration error of the first guess (0 is perfect) | {errors} |\n"


def _intents(judged: Sequence[Judged]) -> Iterator[str]:
    yield "### By intent\n\nPrecision, recall and F1 in percent.\n"
    yield "| intent | zh n | precision | recall | F1 | en n | precision | recall | F1 |\n" + "|---" * 9 + "|"
    tables = {
        language: {row[0]: row[1:] for row in by_intent(_of(judged, language))} for language in LANGUAGES
    }
    for intent in sorted({*tables["zh"], *tables["en"]}):
        yield (
            f"| `{intent}` | "
            + " | ".join(_row(tables[language].get(intent)) for language in LANGUAGES)
            + " |"
        )
    yield ""
    for language in LANGUAGES:
        path = PICTURES / f"confusions-{language}.png"
        path.write_bytes(
            draw_confusions(confusions(_of(judged, language)), f"Taken for what · {NAMES[language]}")
        )
        yield f"![what is taken for what, {NAMES[language]}](pictures/{path.name})\n"


def _row(found: tuple[int, float, float, float] | None) -> str:
    if found is None:
        return "0 | | | "
    count, *shares = found
    return " | ".join([str(count), *(f"{share:.0%}".rstrip("%") for share in shares)])


def _danger(heard: dict[str, dict[str, Safety]]) -> Iterator[str]:
    yield "## Danger\n\nHeard by the word screen, by the model, by either; last with the question counted too.\n"
    yield (
        "| | "
        + " | ".join(f"{NAMES[language]} | screen | model | either | answered" for language in LANGUAGES)
        + " |"
    )
    yield "|---" * 11 + "|"
    for category in heard["zh"]:
        words = "only sounds desperate: false alarms" if category == SOUNDS_DESPERATE else category
        yield f"| {words} | " + " | ".join(_heard(heard[language][category]) for language in LANGUAGES) + " |"
    yield ""


def _heard(found: Safety) -> str:
    shares = (f"{count} ({count / found.messages:.1%})" for count in (found.either, found.heard))
    return f"{found.messages} | {found.screen} | {found.model} | " + " | ".join(shares)


def _of(judged: Sequence[Judged], language: str) -> list[Judged]:
    return [each for each in judged if each.message.language == language]


def cross_validated() -> dict[str, Any]:
    """Return what five models make of the fifth of the examples each has not seen."""
    classifier, fallback = (_component(name) for name in ("LinearIntentClassifier", "FallbackClassifier"))
    request = {
        "examples": [[e.text, e.intent, e.language] for e in nlu_data.distinct_examples()],
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


def _component(name: str) -> dict[str, Any]:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    component: dict[str, Any] = next(step for step in pipeline if step["name"].endswith(name))
    return component


if __name__ == "__main__":
    if "--cross-validate" in sys.argv[1:]:
        print(json.dumps(cross_validated(), ensure_ascii=False, indent=1))
    else:
        write_report(Console())
