"""`tideover remind`: plan reminders, send what is due, see where they stand."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from policies.contact import ContactPolicy, ContactPolicyError, contact_policy
from scheduler.candidates import ALREADY_PLANNED
from scheduler.dispatcher import Dispatcher
from scheduler.planner import Looked, Plan, forecast, plan
from scheduler.rates import RATES
from scheduler.recovery import sweep
from scheduler.status import Status, status
from tideover.cli.common import Moment, json_option, open_database, print_json, refuse, the_time
from tideover.settings import Settings

SWEEP_EVERY = 15

REASONS = {
    "consent": "no consent to be contacted 未同意联系",
    "opted_out": "opted out 已退订",
    "suppressed": "held by a case or a wish 因个案或本人要求停发",
    "agreement_open": "an agreement waits to be decided 有待生效的方案",
    "promise_open": "promised to pay, not yet due 承诺还款未到期",
    "person_in_charge": "a person is in charge 人工处理中",
    "contact_point": "no chat to send to 没有可用的联系方式",
    "unknown_timezone": "unknown time zone 时区无法识别",
    "cap_day": "the day's limit is reached 已达当日上限",
    "cap_week": "the week's limit is reached 已达当周上限",
    "too_late": "its time has passed 已过发送时间",
}


@click.group("remind")
def remind() -> None:
    """Plan and send reminders. 还款提醒。"""


def _at_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--at", "--now", "at", type=Moment(), default=None, help="Fix the clock (ISO 8601 with offset)."
    )(command)


@remind.command("plan")
@_at_option
@click.option("--dry-run", is_flag=True, help="Show what would be planned; change nothing.")
@json_option
def plan_command(at: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Plan the reminders of the day it is at --at, and of days missed before. 安排提醒。"""
    settings = Settings.from_environment()
    policy = _policy(settings)
    outcome = plan(open_database(settings), policy, the_time(at), dry_run=dry_run, listed=True)
    if as_json:
        print_json(plan_json(outcome, policy))
    else:
        _print_plan(outcome, policy)


@remind.command("dispatch")
@_at_option
@click.option(
    "--once", is_flag=True, help="Send what is due now, then stop. Without it, go on until interrupted."
)
@json_option
def dispatch_command(at: datetime | None, once: bool, as_json: bool) -> None:
    """Send what is due in the outbox. 发送到期的消息。"""
    settings = Settings.from_environment()
    policy = _policy(settings)
    database = open_database(settings)

    async def run() -> tuple[Counter[str], Counter[str]]:
        from tideover.senders import build_senders

        dispatcher = Dispatcher(database, build_senders(settings), policy=policy, clock=lambda: the_time(at))
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, dispatcher.stop)
        outcomes: Counter[str] = Counter()
        swept: Counter[str] = Counter()
        while True:
            swept += await asyncio.to_thread(sweep, database, the_time(at))
            for _ in range(SWEEP_EVERY):
                outcomes += await dispatcher.dispatch_due(seconds=float("inf") if once else 1.0)
                if once or dispatcher.stopping:
                    return outcomes, swept
                await asyncio.sleep(1)

    outcomes, swept = asyncio.run(run())
    if as_json:
        print_json({"outcomes": dict(outcomes), "swept": dict(swept)})
    else:
        click.echo("sent 已发送: " + str(outcomes.pop("sent", 0)))
        for name, count in sorted((outcomes + swept).items()):
            click.echo(f"{name}: {count}")


@remind.command("status")
@json_option
def status_command(as_json: bool) -> None:
    """Count reminders by state; the states add up to what was planned. 提醒的状态。"""
    now = status(open_database())
    if as_json:
        print_json(status_json(now))
    else:
        _print_status(now)


def plan_json(outcome: Plan, policy: ContactPolicy) -> dict[str, Any]:
    """Return a listed plan in the shape of docs/schemas/remind_plan.json."""
    reminders = [item for item in outcome.looked if _goes_out(item)]
    held = [item for item in outcome.looked if not _goes_out(item)]
    return {
        "at": outcome.at.isoformat(),
        "profile": outcome.profile,
        "dry_run": outcome.dry_run,
        "planned": sum(item.held_by is None for item in reminders),
        "already_planned": sum(item.held_by is not None for item in reminders),
        "held": len(held),
        "rules": [
            {"rule": rule, "day": day.isoformat(), "new_rows": count}
            for (rule, day), count in sorted(outcome.planned.items(), key=lambda entry: entry[0][1])
        ],
        "reminders": [
            {
                **_about(item),
                "text": policy.stage(item.rule).text,
                "channel": item.channel,
                "not_before": _local(item.not_before, item.timezone),
                "expires_at": _local(item.expires_at, item.timezone),
                "already_planned": item.held_by is not None,
            }
            for item in reminders
        ],
        "held_back": [{**_about(item), "held_by": item.held_by} for item in held],
        "fit": [
            {
                "day": fit.day.isoformat(),
                "channel": fit.channel,
                "planned": fit.planned,
                "capacity": fit.capacity,
                "fits": fit.planned <= fit.capacity,
            }
            for fit in forecast(outcome, policy, RATES)
        ],
    }


def status_json(now: Status) -> dict[str, Any]:
    """Return the status in the shape of docs/schemas/remind_status.json."""
    return {
        "planned": now.planned,
        "states": now.states,
        "rules": [
            {"rule": rule, "planned": sum(states.values()), "states": states}
            for rule, states in now.rules.items()
        ],
        "next_at": now.next_at.isoformat() if now.next_at else None,
        "uncertain": [
            {
                "outbox_id": item.outbox_id,
                "rule": item.rule,
                "channel": item.channel,
                "sending_at": item.sending_at.isoformat() if item.sending_at else None,
                "error": item.error,
            }
            for item in now.uncertain
        ],
    }


def _policy(settings: Settings) -> ContactPolicy:
    try:
        return contact_policy(settings.contact_profile)
    except ContactPolicyError as fault:
        raise refuse(str(fault)) from None


def _goes_out(item: Looked) -> bool:
    return item.held_by in (None, ALREADY_PLANNED)


def _about(item: Looked) -> dict[str, Any]:
    return {
        "rule": item.rule,
        "day": item.day.isoformat(),
        "loan": item.loan,
        "borrower": item.borrower,
        "instalment": item.number,
        "due_on": item.due_on.isoformat(),
    }


def _local(moment: datetime | None, timezone: str) -> str | None:
    return (
        moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(ZoneInfo(timezone)).isoformat()
        if moment
        else None
    )


def _print_plan(outcome: Plan, policy: ContactPolicy) -> None:
    console = Console()
    shape = plan_json(outcome, policy)
    verb = "would be planned 将安排" if outcome.dry_run else "planned 已安排"
    console.print(
        f"{shape['planned']} {verb}, {shape['already_planned']} already planned 此前已安排, "
        f"{shape['held']} held back 未安排"
    )
    if shape["reminders"]:
        table = Table("stage", "borrower", "loan", "due", "when (local)", "channel", "text")
        for item in shape["reminders"]:
            when = str(item["not_before"])[:16].replace("T", " ")
            table.add_row(
                item["rule"],
                item["borrower"],
                item["loan"],
                item["due_on"],
                when,
                item["channel"],
                item["text"],
            )
        console.print(table)
    if shape["held_back"]:
        table = Table("stage", "borrower", "loan", "due", "held back by")
        for item in shape["held_back"]:
            reason = REASONS.get(item["held_by"], item["held_by"])
            table.add_row(item["rule"], item["borrower"], item["loan"], item["due_on"], reason)
        console.print(table)
    for fit in shape["fit"]:
        verdict = "fits 可发完" if fit["fits"] else "DOES NOT FIT 发不完"
        console.print(
            f"{fit['day']} {fit['channel']}: {fit['planned']} of at most {fit['capacity']}: {verdict}"
        )


def _print_status(now: Status) -> None:
    table = Table("stage", "planned", *now.states)
    for rule, states in now.rules.items():
        table.add_row(rule, str(sum(states.values())), *map(str, states.values()))
    table.add_row("all", str(now.planned), *map(str, now.states.values()))
    Console().print(table)
    for item in now.uncertain:
        click.echo(f"uncertain 不确定: #{item.outbox_id} {item.rule} {item.channel} {item.error}")
