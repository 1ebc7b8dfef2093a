"""Files that borrowers send by Telegram: fetched by the real client, kept by hash, put to a case, decided by nobody."""

from __future__ import annotations

import asyncio
import hashlib
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

import bot.channels.telegram_files as telegram_files
from bot.gateway import Gateway
from conversations.evidence import evidence_of_cases
from conversations.identity import make_link
from conversations.models import Evidence, EvidenceCase, EvidenceFile, InboundMessage
from loans.models import Borrower, Case
from storage.engine import Database
from tests.support.bot_api import RESET, BotApi, Fault, refuse
from tests.support.telegram_bench import running
from tests.support.telegram_user import TelegramUser
from transcripts.models import LogEntry

LAST4 = "482X"
RECEIPT = b"\xff\xd8\xff\xe0 a receipt"


@pytest.fixture(autouse=True)
def fetching_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_files, "FIRST_PAUSE", 0.05)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[BotApi]:
    with BotApi(tmp_path / "journal.jsonl") as server:
        yield server


@pytest.fixture
def lin(api: BotApi) -> TelegramUser:
    return TelegramUser(api)


@pytest.fixture
def borrower_id(database: Database) -> int:
    with database.write() as session:
        borrower = Borrower(ref="B1", name="林晓", id_last4=LAST4, language="zh", timezone="Asia/Shanghai")
        session.add(borrower)
        session.flush()
        return borrower.id


async def verified(user: TelegramUser, database: Database, borrower_id: int) -> None:
    """Open the bot by one's link and show who one is."""
    with database.write() as session:
        token = make_link(session, session.get_one(Borrower, borrower_id), datetime.now(UTC))
    user.starts(token)
    await user.hears()
    user.says(LAST4)
    await user.hears(2)


def rows(database: Database, table: Any) -> Sequence[Any]:
    with database.read() as session:
        found = session.scalars(select(table)).all()
        session.expunge_all()
        return found


def cases(database: Database) -> dict[str, list[str]]:
    """The kinds of open cases with the kinds of files that belong to them."""
    with database.read() as session:
        return {
            case.kind: [
                session.get_one(Evidence, row.evidence_id).kind
                for row in session.scalars(select(EvidenceCase).where(EvidenceCase.case_id == case.id))
            ]
            for case in session.scalars(select(Case))
        }


def logged(database: Database, kind: str) -> list[dict[str, Any]]:
    with database.read() as session:
        wanted = select(LogEntry).where(LogEntry.kind == kind).order_by(LogEntry.conv_seq)
        return [dict(entry.payload) for entry in session.scalars(wanted)]


async def until(true: Callable[[], object], within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.02)


async def test_a_photo_is_kept_by_its_hash_for_the_owner_only(
    database: Database, api: BotApi, lin: TelegramUser, tmp_path: Path
) -> None:
    async with running(database, api, home=tmp_path):
        lin.sends_photo(content=RECEIPT)
        await lin.hears()
        await until(lambda: rows(database, EvidenceFile))
    [file] = rows(database, EvidenceFile)
    assert (file.outcome, file.size, file.sha256) == (
        "kept",
        len(RECEIPT),
        hashlib.sha256(RECEIPT).hexdigest(),
    )
    path = tmp_path / file.path
    assert path.read_bytes() == RECEIPT and path.is_relative_to(tmp_path / "evidence")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    [evidence] = rows(database, Evidence)
    assert (evidence.kind, evidence.media_type) == ("photo", "image/jpeg")
    assert [entry["outcome"] for entry in logged(database, "evidence_fetched")] == ["kept"]


@pytest.mark.parametrize("fault", [RESET, refuse(429, "Too Many Requests: retry after 1", retry_after=1)])
async def test_a_file_that_cannot_be_fetched_now_is_fetched_later(
    database: Database, api: BotApi, lin: TelegramUser, tmp_path: Path, fault: Fault
) -> None:
    api.fail_next("getFile", fault)
    api.fail_next("download", Fault("garbage", code=502), Fault("garbage", code=404))
    async with running(database, api, home=tmp_path):
        lin.sends_photo(content=RECEIPT)
        await lin.hears()
        await until(lambda: rows(database, EvidenceFile))
    assert rows(database, EvidenceFile)[0].outcome == "kept"


async def test_what_was_left_by_a_restart_is_fetched(
    database: Database, api: BotApi, lin: TelegramUser, tmp_path: Path
) -> None:
    async with running(database, api):
        lin.sends_document(b"%PDF-1.7", "application/pdf")
        await lin.hears()
    async with running(database, api, home=tmp_path):
        await until(lambda: rows(database, EvidenceFile))
    assert rows(database, EvidenceFile)[0].outcome == "kept"


@pytest.mark.parametrize(
    ("send", "outcome", "asked"),
    [
        (lambda user: user.sends_document(b"MZ", "application/x-msdownload"), "wrong_type", False),
        (lambda user: user.sends_document(b"%PDF", "application/pdf", size=20_000_001), "too_big", False),
        (lambda user: user.sends_document(bytes(20_000_001), "image/png", size=5), "too_big", True),
        (lambda user: user.sends_photo(), "gone", True),
    ],
)
async def test_what_is_too_big_of_another_type_or_gone_stays_a_reference(
    database: Database,
    api: BotApi,
    lin: TelegramUser,
    tmp_path: Path,
    send: Callable[[TelegramUser], int],
    outcome: str,
    asked: bool,
) -> None:
    async with running(database, api, home=tmp_path):
        send(lin)
        await lin.hears()
        await until(lambda: rows(database, EvidenceFile))
    assert rows(database, EvidenceFile)[0].outcome == outcome
    assert ("getFile" in [method for method, _ in api.calls]) is asked
    assert not (tmp_path / "evidence").exists()


async def test_a_stranger_hears_that_it_is_kept_and_nothing_else(
    database: Database, api: BotApi, lin: TelegramUser, borrower_id: int, tmp_path: Path
) -> None:
    async with running(database, api, home=tmp_path):
        lin.sends_photo(content=RECEIPT)
        [heard] = await lin.hears()
    assert "和本次对话一起保存" in heard and "个案" not in heard
    assert cases(database) == {}


async def test_who_has_paid_presses_so_and_the_receipt_goes_to_that_case(
    database: Database, api: BotApi, lin: TelegramUser, borrower_id: int, tmp_path: Path
) -> None:
    async with running(database, api, home=tmp_path):
        await verified(lin, database, borrower_id)
        lin.sends_photo(content=RECEIPT)
        [asked] = await lin.hears()
        assert "请问这是什么" in asked
        lin.presses("我已经还了")
        received, _ = await lin.hears(2)
        assert "放进您的个案" in received
        assert cases(database) == {"already_paid": ["photo"]}
        lin.sends_photo(content=RECEIPT + b" of another day")
        [again] = await lin.hears()
        assert "放进您的个案" in again
        assert cases(database) == {"already_paid": ["photo", "photo"]}
        await until(lambda: len(rows(database, EvidenceFile)) == 2)
    with database.read() as session:
        shown = evidence_of_cases(session, borrower_id)
    assert [(each["case_kind"], each["state"]) for each in shown] == [("already_paid", "kept")] * 2
    assert len(logged(database, "evidence_attached")) == 2


@pytest.mark.parametrize(
    ("caption", "case"),
    [("这是转账凭证", "already_paid"), ("my sick note", "hardship"), ("病历", "hardship")],
)
async def test_a_caption_that_says_what_it_is_puts_it_to_the_case(
    database: Database, api: BotApi, lin: TelegramUser, borrower_id: int, caption: str, case: str
) -> None:
    async with running(database, api):
        await verified(lin, database, borrower_id)
        lin.sends_photo(caption)
        await lin.hears(2)
    assert cases(database)[case] == ["photo"]


async def test_a_word_after_the_photo_says_what_it_is(
    database: Database, api: BotApi, lin: TelegramUser, borrower_id: int
) -> None:
    async with running(database, api):
        await verified(lin, database, borrower_id)
        lin.sends_photo()
        await lin.hears()
        lin.says("还款凭证")
        await lin.hears(2)
    assert cases(database) == {"already_paid": ["photo"]}


async def test_a_cry_for_help_under_a_photo_comes_first_and_alone(
    database: Database, api: BotApi, lin: TelegramUser, borrower_id: int
) -> None:
    async with running(database, api):
        await verified(lin, database, borrower_id)
        lin.sends_photo("我不想活了")
        heard = await lin.hears()
        await lin.hears_nothing_more()
    assert not any("文件收到了" in each for each in heard)
    assert cases(database) == {"crisis": []}
    assert len(rows(database, Evidence)) == 1


async def test_in_a_crisis_nobody_is_asked_what_a_file_is(
    database: Database, api: BotApi, lin: TelegramUser, borrower_id: int
) -> None:
    async with running(database, api):
        await verified(lin, database, borrower_id)
        with database.write() as session:
            session.add(Case(borrower_id=borrower_id, kind="crisis", opened_at=datetime.now(UTC)))
        lin.sends_photo()
        [heard] = await lin.hears()
    assert "和本次对话一起保存" in heard and not lin.offers("我已经还了")


class WhenThreeFilesAreIn(Gateway):
    """A gateway that handles nothing before three files are safely in, as when they come in one moment."""

    async def handle_waiting(self, conversation_id: str) -> None:
        while len(rows(self._db, Evidence)) < 3:
            await asyncio.sleep(0.02)
        await super().handle_waiting(conversation_id)


async def test_several_photos_at_once_are_asked_about_once(
    database: Database, api: BotApi, lin: TelegramUser, borrower_id: int
) -> None:
    async with running(database, api) as bench:
        await verified(lin, database, borrower_id)
        await bench.stop()
        for _ in range(3):
            lin.sends_photo()
    async with running(database, api, WhenThreeFilesAreIn):
        await lin.hears()
        await lin.hears_nothing_more()
        lin.presses("我已经还了")
        await lin.hears(2)
    assert cases(database) == {"already_paid": ["photo"] * 3}


def recogniser(tmp_path: Path, program: str) -> str:
    """A recogniser that runs `program`, with the file's path in `path`."""
    script = tmp_path / "hear.py"
    script.write_text(f"import sys, time\npath = sys.argv[1]\n{program}\n", encoding="utf-8")
    return f"{sys.executable} {script}"


async def test_a_voice_message_is_handled_as_if_it_had_been_typed(
    database: Database, api: BotApi, lin: TelegramUser, tmp_path: Path
) -> None:
    says = recogniser(tmp_path, "sys.stdout.buffer.write(open(path, 'rb').read())")
    async with running(database, api, home=tmp_path, recogniser=says) as bench:
        lin.sends_voice("我想看看菜单".encode())
        await lin.hears()
        assert [told for told, _ in bench.model.told] == ["我想看看菜单"]
    assert [entry["text"] for entry in logged(database, "transcribed")] == ["我想看看菜单"]
    assert [message.text for message in rows(database, InboundMessage)] == ["我想看看菜单"]


async def test_danger_is_heard_in_a_voice_message(
    database: Database, api: BotApi, lin: TelegramUser, tmp_path: Path
) -> None:
    says = recogniser(tmp_path, "sys.stdout.buffer.write('我不想活了'.encode())")
    async with running(database, api, home=tmp_path, recogniser=says) as bench:
        lin.sends_voice(b"OggS")
        await lin.hears()
        assert bench.model.told == []
    assert [entry["screen"] for entry in logged(database, "transcribed")] == [["self_harm"]]
    assert "crisis" in cases(database)


@pytest.mark.parametrize("program", ["sys.exit(1)", "time.sleep(60)", "pass", "print(' ')"])
async def test_without_words_from_the_recogniser_the_borrower_is_asked_to_type(
    database: Database, api: BotApi, lin: TelegramUser, tmp_path: Path, program: str
) -> None:
    async with running(database, api, home=tmp_path, recogniser=recogniser(tmp_path, program)):
        lin.sends_voice(b"OggS")
        [heard] = await lin.hears()
    assert "听不了语音" in heard
    assert logged(database, "transcribed") == []


@pytest.mark.parametrize("table", ["evidence", "evidence_file", "evidence_case"])
async def test_the_records_of_files_are_never_changed(
    database: Database, api: BotApi, lin: TelegramUser, borrower_id: int, tmp_path: Path, table: str
) -> None:
    async with running(database, api, home=tmp_path):
        await verified(lin, database, borrower_id)
        lin.sends_photo("收据", content=RECEIPT)
        await lin.hears(2)
        await until(lambda: rows(database, EvidenceFile))
    column = {"evidence": "received_at", "evidence_file": "at", "evidence_case": "attached_at"}[table]
    for change in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
        with pytest.raises(DBAPIError, match="never changed or removed"), database.write() as session:
            session.execute(text(change))


async def test_a_file_is_noted_once_for_a_message(database: Database, api: BotApi, lin: TelegramUser) -> None:
    async with running(database, api):
        lin.sends_photo()
        await lin.hears()
    [first] = rows(database, Evidence)
    with pytest.raises((IntegrityError, DBAPIError)), database.write() as session:
        session.add(
            Evidence(
                conversation_id=first.conversation_id,
                message_id=first.message_id,
                kind="photo",
                channel_file=first.channel_file,
                received_at=first.received_at,
            )
        )
