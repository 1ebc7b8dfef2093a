"""`tideover schedule`: repayment schedules by pure arithmetic, without a loan book."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from io import TextIOWrapper

import click

from loans.schedule import ScheduleError, build_schedule
from loans.schedule_json import schedule_to_json, terms_from_json
from tideover.cli.common import json_option, print_json


@click.command("schedule")
@json_option
@click.pass_context
def schedule(context: click.Context, as_json: bool) -> None:
    """Read loan terms as one JSON object a line and print each one's schedule as JSON. 计算还款计划。

    The terms are described in docs/schemas/schedule.json. A line that makes no schedule is answered with
    {"error": …}, and the exit status is then 1.
    """
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    failed = False
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            given = json.loads(line, parse_float=Decimal, parse_int=Decimal)
            print_json(schedule_to_json(build_schedule(terms_from_json(given))))
        except ScheduleError as error:
            failed = True
            print_json({"error": {"field": error.field, "en": error.en, "zh": error.zh}})
        except (json.JSONDecodeError, RecursionError) as error:
            failed = True
            print_json({"error": {"field": "input", "en": f"not JSON: {error}", "zh": f"不是 JSON：{error}"}})
    context.exit(1 if failed else 0)
