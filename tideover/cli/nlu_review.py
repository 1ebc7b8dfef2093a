"""`tideover nlu review`: label exported turns in the terminal, one after the other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tideover.cli.common import refuse
from tideover.nlu_intents import find_intents, named
from tideover.nlu_lines import LineFault
from tideover.nlu_queue import REASONS
from tideover.nlu_review import Neighbours, Review, tally

HELP = """\
  Enter      the model's guess is right 模型猜对了
  1, 2 …     one of the numbered intents 选编号
  text       part of an intent's name, English or Chinese 输入意图名的一部分（中英文均可）
  a NAME     it also means this; then give the main intent 另含一个意图，再给主意图
  s          skip, it comes again another time 跳过，下次再标
  u          undo the last answer 撤销上一条
  d          drop: personal data is left, or it means nothing 丢弃：含个人信息或无意义
  q          quit; everything is kept 退出，已标的都已保存"""


@click.command("review")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def review(file: Path) -> None:
    """Label exported turns, one after the other. 逐条标注。

    The labels go beside FILE, to FILE.labelled.jsonl, after each answer: it can be ended at any time and goes on where
    it was.
    """
    try:
        Sitting(Review(file)).run()
    except LineFault as fault:
        raise refuse(str(fault)) from None


class Sitting:
    """One person's labelling until they quit or nothing is left."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.neighbours = Neighbours()
        self.also: list[str] = []
        self.choices: list[str] = []

    def run(self) -> None:
        """Ask for each turn until the end, `q`, the end of input, or Ctrl-C; then say where the labels are."""
        if self.review.current is not None:
            click.echo(HELP)
        try:
            while (turn := self.review.current) is not None:
                self._show(turn)
                if not self._answer(turn):
                    break
        except KeyboardInterrupt:
            click.echo()
        self._end()

    def _show(self, turn: dict[str, Any]) -> None:
        self.also = []
        ranking = turn.get("ranking") or []
        self.choices = [guess["name"] for guess in ranking]
        place = f"{self.review.done + 1} / {len(self.review.turns)}"
        click.secho(f"\n── {place} " + "─" * 50, dim=True)
        click.secho(turn["text"], bold=True)
        times = f"  ×{turn['count']}" if turn.get("count", 1) > 1 else ""
        why = "; ".join(REASONS.get(reason, reason) for reason in turn.get("why", []))
        click.secho(f"   [{turn['language']}]{times}  {why}", dim=True)
        if turn.get("screened"):
            click.secho(f"   word screen heard 词表命中: {', '.join(map(named, turn['screened']))}", fg="red")
        for number, guess in enumerate(ranking, start=1):
            click.echo(f"   {number}  {guess['confidence']:.2f}  {named(guess['name'])}")
        for example in self.neighbours.of(turn["text"]):
            click.secho(f"      ~ {example.text}  → {example.intent}", dim=True)

    def _answer(self, turn: dict[str, Any]) -> bool:
        """Take answers until the turn is settled; False to quit."""
        while True:
            typed = self._typed("also 另含 " + ", ".join(self.also) + " > " if self.also else "> ")
            if typed is None or typed == "q":
                return False
            if typed == "?":
                click.echo(HELP)
            elif typed == "s":
                self.review.skip()
                return True
            elif typed == "d":
                self.review.drop()
                return True
            elif typed == "u":
                if self.review.undo():
                    return True
                click.echo("nothing to undo 没有可撤销的")
            elif typed == "a" or typed.startswith("a "):
                self._add_also(typed[1:].strip())
            elif (intent := self._meant(typed, turn)) is not None:
                self.review.label(intent, self.also)
                click.secho(f"   ✓ {named(intent)}", fg="green")
                return True

    def _add_also(self, words: str) -> None:
        intent = self._find(words or self._typed("also 另含 > ") or "")
        if intent is not None and intent not in self.also:
            self.also.append(intent)

    def _meant(self, typed: str, turn: dict[str, Any]) -> str | None:
        if typed:
            return self._find(typed)
        if not turn.get("predicted"):
            click.echo("there is no guess to accept; type a name 没有猜测，请输入意图名")
        return turn.get("predicted")

    def _find(self, typed: str) -> str | None:
        """The intent of a number or a part of a name. Several that fit are listed, to be chosen by number."""
        if typed.isdigit():
            if 0 < int(typed) <= len(self.choices):
                return self.choices[int(typed) - 1]
            click.echo("no such number 没有这个编号")
            return None
        found = find_intents(typed)
        if len(found) == 1:
            return found[0]
        if not found:
            click.echo("no intent is called so; ? for help 没有这样的意图，? 看帮助")
            return None
        self.choices = list(found)
        for number, intent in enumerate(found, start=1):
            click.echo(f"   {number}  {named(intent)}")
        return None

    def _typed(self, prompt: str) -> str | None:
        click.echo(prompt, nl=False)
        line = sys.stdin.readline()
        if not line:
            click.echo()
            return None
        if not sys.stdin.isatty():
            click.echo(line.rstrip("\n"))
        return line.strip().lower()

    def _end(self) -> None:
        counts = tally(self.review.labels)
        if self.review.current is None:
            click.echo("\nnothing is left to label 全部标完")
        if counts:
            click.echo("  ".join(f"{name} {times}" for name, times in counts.most_common()))
            click.echo(
                f"{self.review.done} of {len(self.review.turns)} in 已保存于 {self.review.file}; "
                f"next 下一步: tideover nlu add {self.review.file}"
            )
