"""The whole stack by Telegram: a link, an identity, an extension by pressing buttons, a reminder; killed on the way.

`tideover serve` runs as a process of its own with the real Telegram client, the trained model and the real actions.
Only Telegram is ours: a strict Bot API server whose journal outlives the process. The loan is dated from today, because
`serve` goes by the real clock.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

import tests.support.book as tape
from conversations.identity import make_link
from conversations.models import InboundMessage, OutboxMessage
from loans.models import Agreement, Borrower, Instalment, Schedule
from storage.engine import Database
from tests.support.bot_api import TOKEN, BotApi, delay
from tests.support.telegram_user import TelegramUser
from tideover.engine import free_port
from tideover.settings import ROOT

SHANGHAI = ZoneInfo("Asia/Shanghai")
A_TURN = 30.0


@pytest.fixture
def api(tmp_path: Path) -> Iterator[BotApi]:
    with BotApi(tmp_path / "journal.jsonl") as server:
        yield server


@pytest.fixture
def lately(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A book of one loan: five of twelve instalments paid, the sixth due in about three weeks."""
    now = datetime.now(SHANGHAI)
    due = now.date() + timedelta(days=21)
    due = due.replace(day=min(due.day, 28))
    loan = tape.LoanSpec(
        "L-1", "60000.00", "14.4", 12, months_before(due, 6).isoformat(), months_before(due, 5).isoformat(), 5
    )
    monkeypatch.setattr(tape, "BOOK", (tape.BorrowerSpec("B-1", "李晓梅", "102X", "zh", (loan,)),))
    monkeypatch.setattr(tape, "NOW", now)
    database = Database(sqlite_url)
    tape.load_book(database, tmp_path / "tape")
    yield database
    database.close()


@pytest.fixture
def environment(api: BotApi, lately: Database, engine_home: Path, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TIDEOVER_HOME": str(tmp_path / "home"),
        "TIDEOVER_DATABASE_URL": lately.url,
        "TIDEOVER_ENGINE_HOME": str(engine_home),
        "TIDEOVER_TELEGRAM_TOKEN": TOKEN,
        "TIDEOVER_TELEGRAM_BASE_URL": api.base_url,
        "TIDEOVER_PORT": str(free_port()),
    }


class Server:
    """`tideover serve` without the dialogue engine, which is shared. It can be killed and started again."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment, self.log = environment, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tideover", "serve", "--only", "gateway,scheduler"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as an operator does; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    running = Server(environment, tmp_path / "serve.log")
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.kill()
    print(running.log.read_text(encoding="utf-8"))  # pytest shows it when the test fails


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month; the day is at most the 28th."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, day.day)


async def until(true: Callable[[], bool], within: float = A_TURN) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)


def remind(environment: dict[str, str], at: datetime) -> None:
    """Plan and send the reminders of a moment, as an operator's cron would."""
    for command in (["plan", "--at", at.isoformat()], ["dispatch", "--once", "--at", at.isoformat()]):
        subprocess.run(
            [sys.executable, "-m", "tideover", "remind", *command],
            cwd=ROOT,
            env=environment,
            check=True,
            timeout=60,
        )


async def test_from_a_link_to_a_reminder_with_kills_on_the_way(
    api: BotApi, lately: Database, environment: dict[str, str], server: Server
) -> None:
    lin = TelegramUser(api)
    with lately.write() as session:
        token = make_link(session, session.scalars(select(Borrower)).one(), datetime.now(SHANGHAI))

    lin.starts(token)
    [welcome] = await lin.hears(within=A_TURN)
    assert "AI" in welcome and "证件号码的最后四位" in welcome
    lin.says("102X")
    thanks, _menu = await lin.hears(2, within=A_TURN)
    assert "李晓梅" in thanks

    # Killed while nothing happens; what is written meanwhile waits at Telegram.
    server.kill()
    lin.says("最近生意不好，能不能延期两个月？")
    server.start()
    await until(lambda: lin.offers("选1"))

    # Killed as soon as the choice is stored, before it is answered.
    seen = stored(lately)
    lin.presses("选1")
    await until(lambda: stored(lately) > seen)
    server.kill()
    server.start()
    await until(lambda: lin.offers("确认办理"))

    # Killed when Telegram has taken the answer, but we do not know it yet.
    api.fail_next("sendMessage", delay(60))
    lin.presses("确认办理")
    await until(lambda: any("办好了" in message["text"] for message in lin.messages))
    server.kill()
    server.start()
    await until(lambda: "uncertain" in states(lately))
    await until(lambda: not {"pending", "leased", "sending"} & set(states(lately)))

    with lately.read() as session:
        [agreement] = session.scalars(select(Agreement)).all()
        assert agreement.status == "active"
        schedules = session.scalars(select(Schedule).order_by(Schedule.version)).all()
        assert [schedule.status for schedule in schedules] == ["superseded", "active"]
        due_on = session.scalars(
            select(Instalment.due_on)
            .where(Instalment.schedule_id == schedules[1].id, Instalment.settled_on.is_(None))
            .order_by(Instalment.number)
        ).first()
        assert due_on is not None
    said = Counter(message["text"] for message in lin.messages)
    assert [text for text, count in said.items() if count > 1] == []

    # Three days before the new due date.
    assert server.stop() == 0
    heard = len(lin.messages)
    three_days_before = datetime.combine(due_on - timedelta(days=3), time_of_day(17, 30), SHANGHAI)
    remind(environment, three_days_before)
    remind(environment, three_days_before)
    [reminder] = lin.messages[heard:]
    assert "AI" in reminder["text"] and "退订" in reminder["text"]

    with lately.read() as session:
        left = [m.status for m in session.scalars(select(InboundMessage)) if m.status != "done"]
        rows = session.scalars(
            select(OutboxMessage).where(OutboxMessage.status.in_(("sent", "uncertain")))
        ).all()
        assert left == []
        assert sorted(row.text or "" for row in rows) == sorted(message["text"] for message in lin.messages)


def stored(database: Database) -> int:
    """Count the messages that are safely in."""
    with database.read() as session:
        return len(session.scalars(select(InboundMessage.id)).all())


def states(database: Database) -> list[str]:
    """The states of everything in the outbox."""
    with database.read() as session:
        return list(session.scalars(select(OutboxMessage.status)))
