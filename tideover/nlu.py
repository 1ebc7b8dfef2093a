"""Reading messages as the bot reads them, without a conversation: language, danger, intent, entities."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from bot.danger import intents_of, look_for_danger
from bot.entities.choices import find_choice
from bot.entities.resolve import resolve
from bot.intake import harmless
from bot.language import detect_language
from bot.normalise import clean, normalise
from bot.plain_words import model_text
from bot.rasa_client import shorten
from bot.redaction import Redacted, redact
from policies.safety import Found
from tideover.settings import ROOT
from tideover.training import RASA_ENVIRONMENT, RASA_PYTHON


class Classifier:
    """The trained intent model in a process of its own, in Rasa's environment. Close it, or use it as a context."""

    def __init__(self, model: Path) -> None:
        self._process = subprocess.Popen(
            [str(RASA_PYTHON), "-m", "dialogue.nlu_lines", str(model)],
            cwd=ROOT,
            env={**os.environ, **RASA_ENVIRONMENT, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._answer()

    def read(self, texts: Sequence[str], suspected: Sequence[Sequence[str]] = ()) -> list[dict[str, Any]]:
        """Return intent, ranking and other meanings of redacted, normalised messages.

        `suspected` are, for each message, the intents that the word screen thinks possible. Raises RuntimeError when
        the process died.
        """
        assert self._process.stdin is not None
        messages = zip(texts, suspected or [()] * len(texts), strict=True)
        self._process.stdin.write(json.dumps([[text, list(intents)] for text, intents in messages]) + "\n")
        self._process.stdin.flush()
        found: list[dict[str, Any]] = self._answer()
        return found

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def __enter__(self) -> Classifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the intent model ended with status {self._process.wait()}; what it said is above "
                "意图模型已退出，原因见上"
            )
        return json.loads(line)


@dataclass(frozen=True)
class Reader:
    """Reads messages. `now` is aware; dates count in `timezone`, amounts without one are in `currency`."""

    classifier: Classifier
    now: datetime
    timezone: str
    currency: str = "CNY"

    def read(self, lines: Sequence[str]) -> list[dict[str, Any]]:
        """Return messages in the shape of docs/schemas/nlu.json. Each is read by itself, without what came before."""
        hidden = [redact(clean(line)) for line in lines]
        heard = [look_for_danger(clean(line)) for line in lines]
        meanings = self.classifier.read(
            [shorten(model_text(harmless(normalise(found.text)))) for found in hidden],
            [intents_of(found.suspected) for found in heard],
        )
        return [self._read(*each) for each in zip(lines, hidden, heard, meanings, strict=True)]

    def _read(self, line: str, hidden: Redacted, heard: Found, meant: dict[str, Any]) -> dict[str, Any]:
        text = clean(line)
        normal = normalise(text)
        language = detect_language(text, None)
        found = resolve(
            hidden.text,
            now=self.now.astimezone(ZoneInfo(self.timezone)),
            timezone=self.timezone,
            currency=self.currency,
            language=language,
        )
        entities = [entity.as_json() for entity in found]
        choice = find_choice(normal)
        if choice is not None:
            entities.append({"type": "option", "text": choice.text, "value": choice.number})
        entities += [
            {"type": "id_suffix", "text": "[ID]", "value": item.value}
            for item in hidden.found
            if item.kind == "ID" and item.value
        ]
        ranking = [{**guess, "confidence": round(guess["confidence"], 4)} for guess in meant["ranking"]]
        intent = {**meant["intent"], "confidence": round(meant["intent"]["confidence"], 4)}
        return {
            "text": line,
            "language": language,
            "intent": intent,
            "ranking": ranking,
            "also": meant["also"],
            "entities": entities,
            "screen": list(heard.certain),
        }
