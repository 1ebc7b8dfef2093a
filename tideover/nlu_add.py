"""Putting labelled turns among the examples, or a share of them among the held-out messages: all of them or none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.plain_words import model_text
from bot.redaction import redact
from tideover import nlu_data
from tideover.nlu_lines import LineFault
from tideover.settings import ROOT

NOT_FOR_EXAMPLES = frozenset(("nlu_fallback",))
FROM_USE = "from_use"
_MARKUP = re.compile(r"\][({]")


@dataclass(frozen=True)
class Addition:
    """One labelled line and the file it goes into."""

    text: str
    intent: str
    also: tuple[str, ...]
    language: str
    held_out: bool
    file: Path


def plan(labels: Sequence[dict[str, Any]], held_out_share: float) -> list[Addition]:
    """Return where each labelled line goes, in their order; dropped ones go nowhere.

    A line's hash decides whether it is held out, so the same line always goes the same way. Raises LineFault naming
    every line that is known already, means two things, is no intent or still holds personal data.
    """
    kept = [label for label in labels if not label.get("dropped")]
    faults = list(_faults(kept))
    if faults:
        raise LineFault(faults)
    return [_addition(label, held_out_share) for label in kept]


def write(additions: Sequence[Addition]) -> list[Path]:
    """Append every line to its file and return the files. When one cannot be written, none is changed.

    Raises OSError from the disk.
    """
    files = list(dict.fromkeys(addition.file for addition in additions))
    before = {file: file.read_bytes() if file.exists() else None for file in files}
    changed: list[Path] = []
    try:
        for file in files:
            content = _with(before[file], [addition for addition in additions if addition.file == file])
            changed.append(file)
            file.write_text(content, encoding="utf-8")
    except OSError:
        for file in changed:
            _put_back(file, before[file])
        raise
    return files


def _put_back(file: Path, content: bytes | None) -> None:
    if content is None:
        file.unlink(missing_ok=True)
    else:
        file.write_bytes(content)


def _addition(label: dict[str, Any], held_out_share: float) -> Addition:
    text, intent, language = label["text"].strip(), label["intent"], label["language"]
    held_out = _chance(text) < held_out_share
    file = nlu_data.HELD_OUT / f"heldout_{language}.yml" if held_out else _examples_of(intent, language)
    return Addition(text, intent, tuple(label.get("also", ())), language, held_out, file)


def _chance(text: str) -> float:
    """A number from 0 to 1 that only the text decides."""
    return int.from_bytes(hashlib.sha256(model_text(text).encode()).digest()[:6]) / 256**6


def _examples_of(intent: str, language: str) -> Path:
    """The intent's file; one kept in a folder of subjects, such as out_of_scope, gets a file for what came from use."""
    folder = nlu_data.NLU_DATA / "nlu" / language
    named = sorted(folder.glob(f"*/{intent}.yml"))
    return named[0] if named else folder / intent / f"{FROM_USE}.yml"


def _with(before: bytes | None, additions: Sequence[Addition]) -> str:
    """The file's new content: what is there stays as it is, byte for byte."""
    if additions[0].held_out:
        assert before is not None
        return _ended(before.decode()) + "".join(map(_held_out_line, additions))
    head = f'version: "3.1"\n\nnlu:\n- intent: {additions[0].intent}\n  examples: |\n'
    known = _ended(before.decode()) if before is not None else head
    return known + "".join(f"    - {addition.text}\n" for addition in additions)


def _ended(text: str) -> str:
    return text.rstrip("\n") + "\n"


def _held_out_line(addition: Addition) -> str:
    quoted = addition.text.replace("'", "''")
    also = f", also: [{', '.join(addition.also)}]" if addition.also else ""
    return f"- {{text: '{quoted}', intent: {addition.intent}{also}}}\n"


def _faults(labels: Sequence[dict[str, Any]]) -> Iterator[str]:
    intents = set(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"])
    examples = {example.text: example.intent for example in nlu_data.examples()}
    held_out = {message.text: message.intent for message in nlu_data.held_out()}
    seen: dict[str, tuple[int, str]] = {}
    for label in labels:
        number, intent, text = label["line"], label.get("intent"), label["text"].strip()
        also = label.get("also", [])
        for name in (intent, *also) if isinstance(also, list) else (intent, also):
            if not isinstance(name, str) or name not in intents - NOT_FOR_EXAMPLES:
                yield f"line {number}: there is no intent {name!r}; see docs/annotating.md 没有这个意图"
        left = redact(text).found
        if left:
            kinds = ", ".join(sorted({found.kind for found in left}))
            yield f"line {number}: personal data is left ({kinds}); drop it 仍含个人信息，请丢弃"
        if text.splitlines() != [text] or _MARKUP.search(text):
            yield f"line {number}: empty, of several lines, or markup such as [a](b) 为空、多行或含标记符号"
            continue
        key = model_text(text)
        if key in examples:
            yield f"line {number}: an example of {examples[key]} already 已是 {examples[key]} 的例句: {text}"
        if key in held_out:
            yield f"line {number}: held out already as {held_out[key]} 已在测试集中，意图 {held_out[key]}: {text}"
        if key in seen:
            before, other = seen[key]
            same = "means the same 重复" if other == intent else f"but that is {other} 意图却是 {other}"
            yield f"line {number}: the same to the model as line {before}, {same}: {text}"
        seen.setdefault(key, (number, str(intent)))
