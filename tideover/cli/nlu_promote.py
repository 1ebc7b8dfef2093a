"""`tideover nlu promote` and `tideover nlu card`: put a model in service through the gate, and say what it is."""

from __future__ import annotations

from dataclasses import asdict

import click

from tideover.cli.common import json_option, print_json, refuse
from tideover.cli.nlu_print import print_outcome
from tideover.cli.staff import by_option
from tideover.nlu_card import in_words, read_card
from tideover.nlu_service import GATE_HOLDS, Weighed, put_in_service, read_service, weigh
from tideover.nlu_service import refuse as turn_away
from tideover.settings import Settings
from tideover.training import TrainingFailed, model_file

RESTART = "a running `tideover serve` takes it up when it is started again 运行中的 serve 重启后生效"


@click.command("promote")
@by_option
@click.option("--reason", default="", help="Why; needed with --force. It is kept in the model's card.")
@click.option("--force", is_flag=True, help="Put it in service although the gate does not hold.")
@json_option
@click.pass_context
def promote(context: click.Context, by: str, reason: str, force: bool, as_json: bool) -> None:
    """Train what is in the repository, compare it with the model in service, and promote it. 训练、比较、上线。

    It is promoted only when it understands the held-out messages no worse. Exit status 1 when it is not.
    """
    reason = reason.strip()
    if force and not reason:
        raise click.UsageError("--force needs --reason, which is kept in the card 强制上线须写明 --reason")
    settings = Settings.from_environment()
    try:
        weighed = weigh(settings, lambda stage: click.echo(stage, err=True))
    except TrainingFailed as problem:
        raise refuse(str(problem)) from None
    done = weighed.is_new and (weighed.outcome.holds or force or weighed.present is None)
    if done:
        forced = force and not weighed.outcome.holds
        put_in_service(settings, weighed, by=by, reason=reason or GATE_HOLDS, forced=forced)
    elif weighed.is_new:
        turn_away(settings, weighed)
    if as_json:
        print_json({"promoted": done, "new": weighed.is_new, **weighed.outcome.as_json()})
    else:
        print_outcome(weighed)
        _say(weighed, done)
    context.exit(0 if done or not weighed.is_new else 1)


def _say(weighed: Weighed, done: bool) -> None:
    if not weighed.is_new:
        click.echo("what is in the repository is in service already 仓库中的模型已经在用")
    elif done:
        click.echo(f"promoted 已上线; {RESTART}")
    else:
        click.echo("not promoted, the model in service stays 未上线，仍用原模型:", err=True)
        for reason in weighed.outcome.reasons:
            click.echo(f"  {reason}", err=True)


@click.command("card")
@json_option
def card(as_json: bool) -> None:
    """Print the card of the model in service: data, measures, limits, promotions. 查看在用模型的说明。"""
    settings = Settings.from_environment()
    service = read_service(settings)
    found = read_card(model_file(settings, service.model)) if service else None
    if service is None or found is None:
        raise refuse("no model is in service yet; run `tideover train` 尚无在用模型，请先运行 tideover train")
    in_service = {key: value for key, value in asdict(service).items() if key in ("since", "by", "reason")}
    if as_json:
        print_json({**found, "in_service": in_service})
    else:
        click.echo(in_words(found))
        click.echo(f"in service since 在用自 {service.since}, by 经手 {service.by}: {service.reason}")
