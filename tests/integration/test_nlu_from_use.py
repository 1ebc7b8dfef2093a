"""`tideover nlu export`, `review` and `add`: from what borrowers wrote to labelled examples, and nobody is in them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from sqlalchemy import select

from actions.base import BorrowerAction
from actions.misunderstood import ActionMisunderstood
from actions.repeat import ActionRepeat
from bot.gateway import direct_answer
from bot.incoming import Incoming
from bot.intake import take
from conversations import control, identity
from conversations.models import Conversation, InboundMessage
from conversations.turn import Reading, run
from loans.models import Borrower
from storage.engine import Database
from tests.support.book import NOW, load_book
from tests.support.desk import call, matches, said
from tests.support.small_models import fit
from tideover import nlu_data
from tideover.nlu_add import plan
from tideover.nlu_lines import read_lines
from tideover.nlu_queue import REASONS, hidden
from tideover.settings import Settings
from tideover.training import fingerprint, model_file
from transcripts import log


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real intent model of twelve examples for each intent and language, which has never heard of stopping."""
    return fit(tmp_path_factory.mktemp("model") / "small.tar.gz", 12, without="stop_contact")


@pytest.fixture
def book(
    database: Database, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """The small loan book, and an engine home whose model is trained."""
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TIDEOVER_ENGINE_HOME", str(tmp_path / "engine"))
    file = model_file(Settings.from_environment(), fingerprint())
    file.parent.mkdir(parents=True)
    shutil.copy(model, file)
    load_book(database, tmp_path / "tape")
    yield database


class Chat:
    """A borrower's linked and verified web chat, whose messages are answered as if the model had read them so."""

    def __init__(self, database: Database, ref: str, *, linked: bool = True) -> None:
        self.database, self.address, self.now = database, f"web:{ref}", NOW
        with database.write() as session:
            chat = Conversation(channel="web", address=self.address, language=ref[:2].lower(), created_at=NOW)
            session.add(chat)
            session.flush()
            self.id = chat.id
            if linked:
                borrower = session.scalars(select(Borrower).where(Borrower.ref == ref)).one()
                identity.attach(session, chat, borrower.id, NOW, how="test")
                identity.verify(session, chat, NOW, how="test")
                chat.language = borrower.language

    def says(self, words: str, action: BorrowerAction | None = None, **chances: float) -> None:
        """Say something that the model takes for `chances`, likeliest first; what is screened is answered at once."""
        self.now += timedelta(minutes=1)
        taken = take(self.database, Incoming("web", self.address, uuid4().hex, "text", words, clock=self.now))
        with self.database.read() as session:
            screened = direct_answer(session.get_one(InboundMessage, taken.message_id))
        if screened is not None:
            run(self.database, taken.message_id, "gateway", Reading("gateway"), lambda turn: screened(turn))
            return
        ranking = [{"name": name, "confidence": chance} for name, chance in chances.items()]
        best = ranking[0]
        unsure = isinstance(action, ActionMisunderstood)
        reading = Reading(
            "nlu_fallback" if unsure else str(best["name"]), float(str(best["confidence"])), ranking
        )
        answering = action or ActionRepeat()
        run(self.database, taken.message_id, answering.name(), reading, answering._handle)

    def is_taken_over(self) -> None:
        """A person takes the conversation."""
        with self.database.write() as session:
            epoch = session.get_one(Conversation, self.id).control_epoch
            control.take_over(session, self.id, owner="u17", seen_epoch=epoch, at=self.now)


def exported(*arguments: str) -> list[Any]:
    result = call("nlu", "export", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return [matches(json.loads(line), "nlu_export.json#line") for line in result.stdout.splitlines()]


def reasons(*arguments: str) -> dict[str, list[str]]:
    return {line["text"]: line["why"] for line in exported(*arguments)}


def test_each_kind_of_doubtful_turn_is_exported_with_why(book: Database) -> None:
    chat = Chat(book, "EN-DUE")
    chat.says("that interest thing, not now", ask_penalty=0.41, ask_settlement=0.38)
    chat.says("what happens with the june one", ActionMisunderstood(), ask_due_date=0.2, ask_schedule=0.19)
    chat.says("I can bring it in on friday", promise_to_pay=0.97, willing_to_pay=0.02)
    chat.says("no I meant the other one", correct_value=0.95, deny=0.03)
    chat.says("all clear to me, carry on", affirm=0.99, thanks=0.01)
    other = Chat(book, "ZH-DUE")
    other.says("那个利息能不能先别算着", ask_settlement=0.9, ask_penalty=0.05)
    other.is_taken_over()
    found = {line["text"]: line for line in exported()}
    assert {text: line["why"] for text, line in found.items()} == {
        "that interest thing, not now": ["low_confidence"],
        "what happens with the june one": ["not_understood"],
        "I can bring it in on friday": ["corrected"],
        "那个利息能不能先别算着": ["taken_over"],
    }
    unsure = found["what happens with the june one"]
    assert (unsure["predicted"], unsure["confidence"]) == ("ask_due_date", 0.2)
    assert unsure["runner_up"] == {"name": "ask_schedule", "confidence": 0.19} and unsure["language"] == "en"
    assert found["那个利息能不能先别算着"]["language"] == "zh"


def test_asking_for_help_counts_only_after_a_doubtful_reading(book: Database) -> None:
    chat = Chat(book, "EN-DUE")
    chat.says("put the june thing with the other", ask_extension=0.7, ask_schedule=0.2)
    chat.says("say that again would you now", repeat=0.98)
    chat.says("whats still open on my side then", ask_amount_due=0.99)
    chat.says("one more time for me please", repeat=0.98)
    assert reasons() == {"put the june thing with the other": ["corrected"]}


def test_word_screen_and_model_are_held_against_each_other(book: Database) -> None:
    unscreened, screened = Chat(book, "EN-DUE"), Chat(book, "EN-LATE")
    unscreened.says("quiet please, no letters no calls no nothing", stop_contact=0.92, deny=0.03)
    screened.says(
        "how much do I owe in total and when is it due, and do not contact me again", ask_amount_due=0.8
    )
    screened.says("I want to kill myself, and I mean it")
    by_model, by_words = sorted(exported(), key=lambda line: line["screened"])
    assert (by_model["predicted"], by_model["screened"]) == ("stop_contact", [])
    assert by_words["text"].startswith("how much") and by_words["screened"] == ["stop_contact"]
    assert by_words["predicted"] != "stop_contact" and by_words["ranking"]
    assert by_model["why"] == by_words["why"] == ["screen_disagrees"]


def test_a_text_that_is_the_same_to_the_model_comes_once_with_its_count_the_gravest_first(
    book: Database,
) -> None:
    chat, other = Chat(book, "ZH-DUE"), Chat(book, "EN-DUE")
    chat.says("六月那笔怎么弄呢到底", ask_how_to_pay=0.4, ask_schedule=0.3)
    chat.says("六月那筆怎麼弄呢到底", ask_how_to_pay=0.4, ask_schedule=0.3)
    other.says("六月那笔怎么弄呢到底", ActionMisunderstood(), ask_how_to_pay=0.2, ask_schedule=0.1)
    other.says("and the thing with june is what", ask_schedule=0.3, ask_due_date=0.2)
    other.is_taken_over()
    first, second = exported()
    assert (first["text"], first["count"]) == ("and the thing with june is what", 1)
    assert (second["count"], second["why"]) == (3, ["not_understood", "low_confidence"])
    [only] = exported("--limit", "1")
    assert only == first


def test_nothing_that_leads_back_to_a_borrower_is_exported(book: Database, tmp_path: Path) -> None:
    chinese, english = Chat(book, "ZH-DUE"), Chat(book, "EN-DUE")
    chinese.says("我是李晓梅电话13900000001贷款L-ZH-DUE那个37789.66怎么算", ask_amount_due=0.4, greet=0.2)
    english.says(
        "Anna Keller here (anna@keller.example), card 6222021234567890123, ref en-due, contract HT20231205001",
        ask_statement=0.4,
        greet=0.1,
    )
    file = tmp_path / "turns.jsonl"
    summary = said("nlu_export.json#summary", "nlu", "export", "--out", str(file))
    assert summary["turns"] == 2 and set(summary["why"]) == set(REASONS)
    written = file.read_text()
    for secret in ("李晓梅", "13900000001", "ZH-DUE", "37789", "Anna", "Keller", "6222", "en-due", "HT2023"):
        assert secret not in written
    with book.read() as session:
        for chat in session.scalars(select(Conversation)):
            assert chat.id not in written and str(NOW.date()) not in written
    assert {line["text"] for line in read_lines(file)} == {
        "我是[NAME]电话[PHONE]贷款[ID]那个30000.00怎么算",
        "[NAME] here ([EMAIL]), card [CARD], ref [ID], contract [ID]",
    }


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("25号还350块", "25号还350块"),
        ("下周还3,512.40", "下周还3,000.00"),
        ("还１２０００可以吗", "还10000可以吗"),
        ("500.25 on 2026-12-05", "500.00 on 2000-12-05"),
        ("合同 123456789 的", "合同 [ID] 的"),
        ("rs5000 or 2000rmb or covid-19", "rs5000 or 2000rmb or covid-19"),
        ("two\nlines\u2028here", "two lines here"),
    ],
)
def test_figures_are_kept_coarse(written: str, shown: str) -> None:
    assert hidden(written, [], []) == shown


def test_chats_of_nobody_and_conversations_with_something_erased_are_left_out(book: Database) -> None:
    Chat(book, "EN-NOBODY", linked=False).says("hm what is this about then", ask_human=0.3, greet=0.2)
    chat = Chat(book, "EN-DUE")
    chat.says("the thing with june, what of it", ask_schedule=0.3, ask_due_date=0.2)
    assert len(exported()) == 1
    with book.write() as session:
        log.append(
            session,
            conversation_id=chat.id,
            kind="message_in",
            actor_role="borrower",
            occurred_at=chat.now,
            subject_id="0",
            fields={"kind": "text"},
        )
    assert exported() == []
    assert "there is nothing to look at 没有需要标注的" in call("nlu", "export").stdout


def test_only_what_was_written_since_then_and_is_no_example_yet(book: Database) -> None:
    chat = Chat(book, "EN-DUE")
    chat.says("the thing with june, what of it", ask_schedule=0.3, ask_due_date=0.2)
    later = chat.now + timedelta(seconds=30)
    known = next(example.text for example in nlu_data.examples() if example.intent == "ask_schedule")
    chat.says(known, ask_due_date=0.3, ask_schedule=0.2)
    chat.says("and the july one then, what of it", ask_schedule=0.3, ask_due_date=0.2)
    assert list(reasons("--since", later.isoformat())) == ["and the july one then, what of it"]
    assert len(reasons()) == 2


def turns(folder: Path, *texts: str) -> Path:
    """A file of turns as the export writes them."""
    file = folder / "turns.jsonl"
    ranking = [
        {"name": "ask_penalty", "confidence": 0.4},
        {"name": "ask_settlement", "confidence": 0.3},
        {"name": "cannot_pay", "confidence": 0.1},
    ]
    lines = [
        {
            "text": text,
            "language": "zh" if text > "\u3400" else "en",
            "predicted": "ask_penalty",
            "confidence": 0.4,
            "runner_up": ranking[1],
            "ranking": ranking,
            "screened": [],
            "why": ["low_confidence"],
            "count": 2,
        }
        for text in texts
    ]
    file.write_text("".join(json.dumps(matches(line, "nlu_export.json#line")) + "\n" for line in lines))
    return file


def labels(file: Path) -> list[tuple[str, str | None, list[str]]]:
    lines = file.with_name("turns.labelled.jsonl").read_text().splitlines()
    found = [matches(json.loads(line), "nlu_labelled.json") for line in lines]
    return [(line["text"], line.get("intent"), line.get("also", [])) for line in found]


def test_a_label_is_enter_a_number_or_part_of_a_name_in_either_language(tmp_path: Path) -> None:
    file = turns(tmp_path, "one", "two", "three", "four", "five")
    result = call("nlu", "review", str(file), given="\n2\nunemp\n延期\nask_h\n2\n")
    assert labels(file) == [
        ("one", "ask_penalty", []),
        ("two", "ask_settlement", []),
        ("three", "unemployed", []),
        ("four", "ask_extension", []),
        ("five", "ask_human", []),
    ]
    assert "── 5 / 5 " in result.stdout and "nothing is left to label 全部标完" in result.stdout
    assert "1  ask_how_to_pay 问怎么还" in result.stdout and "×2" in result.stdout


def test_also_skip_drop_undo_and_quit(tmp_path: Path) -> None:
    file = turns(tmp_path, "one", "two", "my sister Mei", "four", "five")
    call("nlu", "review", str(file), given="a illness\na\n3\n2\nd\nu\ns\nd\n1\nq\n")
    assert labels(file) == [
        ("one", "ask_settlement", ["illness", "cannot_pay"]),
        ("", None, []),
        ("four", "ask_penalty", []),
    ]
    assert "Mei" not in file.with_name("turns.labelled.jsonl").read_text()


def test_a_review_goes_on_where_it_was_and_skipped_turns_come_again(tmp_path: Path) -> None:
    file = turns(tmp_path, "one", "two", "lapis lazuli", "four")
    call("nlu", "review", str(file), given="\ns\nd\n")
    again = call("nlu", "review", str(file), given="2\n3\n")
    assert [text for text, _, _ in labels(file)] == ["one", "", "two", "four"]
    assert "lapis lazuli" not in again.stdout and "── 3 / 4 " in again.stdout


def test_what_cannot_be_meant_is_asked_again(tmp_path: Path) -> None:
    file = turns(tmp_path, "one")
    result = call("nlu", "review", str(file), given="9\nnonsense\nu\n?\n\n")
    assert labels(file) == [("one", "ask_penalty", [])]
    for answer in ("no such number", "no intent is called so", "nothing to undo", "撤销上一条"):
        assert answer in result.stdout


def test_the_nearest_examples_are_shown(tmp_path: Path) -> None:
    example = next(e for e in nlu_data.examples() if e.intent == "ask_schedule" and len(e.text) > 10)
    result = call("nlu", "review", str(turns(tmp_path, f"{example.text} x")), given="q\n")
    assert f"~ {example.text}  → {example.intent}" in result.stdout


def test_a_file_that_is_no_export_is_refused_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "turns.jsonl"
    file.write_text('{"text": "a", "language": "zh"}\nhello\n')
    result = call("nlu", "review", str(file), given="\n")
    assert result.exit_code == 1 and f"{file}:2: " in result.stderr


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the examples and the held-out files that may be added to."""
    shutil.copytree(nlu_data.NLU_DATA, tmp_path / "nlu_data")
    shutil.copytree(nlu_data.HELD_OUT, tmp_path / "held_out")
    monkeypatch.setattr(nlu_data, "NLU_DATA", tmp_path / "nlu_data")
    monkeypatch.setattr(nlu_data, "HELD_OUT", tmp_path / "held_out")
    return tmp_path


def labelled(folder: Path, *lines: tuple[str, str, str], **more: Any) -> Path:
    file = folder / "turns.labelled.jsonl"
    rows = [{"text": t, "language": lang, "intent": intent, "also": [], **more} for t, lang, intent in lines]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*.yml"))}


NEW = [
    ("那个利滚利的钱先给我停一停成不", "zh", "ask_settlement"),
    ("六月跟七月的并一块儿还中不中", "zh", "ask_extension"),
    ("lump june's and july's into one for me, can or not", "en", "ask_extension"),
    ("who won the cricket at Lord's: 'us' or them", "en", "out_of_scope"),
]


def test_labelled_lines_become_examples_as_they_are(data: Path) -> None:
    before = len(list(nlu_data.examples()))
    old = contents(data)
    added = said("nlu_add.json", "nlu", "add", str(labelled(data, *NEW)), "--held-out", "0")
    assert (added["examples"], added["held_out"]) == (4, 0)
    assert len(list(nlu_data.examples())) == before + 4
    meant = {example.text: example.intent for example in nlu_data.examples()}
    for text, _, intent in NEW:
        assert meant[nlu_data.model_text(text)] == intent
    for path, content in contents(data).items():
        assert content.startswith(old.get(path, b""))
        assert yaml.safe_load(content)
    assert (data / "nlu_data/nlu/en/out_of_scope/from_use.yml").exists()


def test_held_out_lines_keep_their_second_meaning_and_are_never_trained_on(data: Path) -> None:
    file = labelled(data, *NEW, also=["cannot_pay"])
    added = said("nlu_add.json", "nlu", "add", str(file), "--held-out", "1")
    assert (added["examples"], added["held_out"]) == (0, 4)
    kept = {message.text: message for message in nlu_data.held_out()}
    trained = {example.text for example in nlu_data.examples()}
    for text, language, intent in NEW:
        message = kept[nlu_data.model_text(text)]
        assert (message.intent, message.language, message.also) == (intent, language, ("cannot_pay",))
        assert message.text not in trained


def test_about_a_fifth_is_held_out_and_always_the_same_lines(data: Path) -> None:
    lines = [
        (f"put instalment {n} behind number {n + 1} would you", "en", "ask_extension") for n in range(400)
    ]
    first = plan(read_lines(labelled(data, *lines)), 0.2)
    again = plan(read_lines(labelled(data, *reversed(lines))), 0.2)
    held = {addition.text for addition in first if addition.held_out}
    assert 50 <= len(held) <= 110
    assert held == {addition.text for addition in again if addition.held_out}


def test_what_cannot_be_added_is_named_and_nothing_is(data: Path) -> None:
    known = next(example for example in nlu_data.examples() if example.intent == "ask_schedule")
    kept = next(message for message in nlu_data.held_out() if message.intent == "ask_settlement")
    file = labelled(
        data,
        NEW[0],
        (known.text.upper(), known.language, "ask_penalty"),
        (kept.text, kept.language, "ask_settlement"),
        ("那個利滾利的錢先給我停一停成不", "zh", "cannot_pay"),
        ("ring my cousin on 13900000001 about it", "en", "ask_human"),
        ("nothing like this there is", "en", "ask_the_moon"),
        ("a [link](url) of mine", "en", "ask_human"),
    )
    before = contents(data)
    result = call("nlu", "add", str(file))
    assert result.exit_code == 1 and contents(data) == before
    for number, words in (
        (2, "an example of ask_schedule already"),
        (3, "held out already as ask_settlement"),
        (4, "the same to the model as line 1, but that is ask_settlement"),
        (5, "personal data is left (PHONE)"),
        (6, "there is no intent 'ask_the_moon'"),
        (7, "markup"),
    ):
        assert f"line {number}: " in result.stderr and words in result.stderr
    assert "nothing was added" in result.stderr and "未加入任何一条" in result.stderr


def test_adding_a_file_twice_adds_it_once(data: Path) -> None:
    file = labelled(data, *NEW)
    assert call("nlu", "add", str(file)).exit_code == 0
    before = contents(data)
    assert call("nlu", "add", str(file)).exit_code == 1 and contents(data) == before


def test_a_file_that_cannot_be_written_leaves_all_as_they_were(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(data)
    target = data / "nlu_data/nlu/zh/requests/ask_extension.yml"
    target.unlink()
    target.with_suffix(".yml").mkdir()
    target_content = before.pop(target)
    file = labelled(data, NEW[0], NEW[2], ("五月那期挪到六月行不行啊哥", "zh", "ask_extension"))
    with pytest.raises(OSError):
        call("nlu", "add", str(file), "--held-out", "0")
    target.rmdir()
    assert contents(data) == before and target_content


def test_a_whole_round_ends_in_the_examples(book: Database, data: Path) -> None:
    chat = Chat(book, "ZH-DUE")
    chat.says("利滚利那块先给我停停呗中不中", ask_penalty=0.41, ask_settlement=0.38)
    chat.says("六月跟七月并一块儿还中不中呀", ActionMisunderstood(), ask_schedule=0.3, ask_extension=0.2)
    file = data / "turns.jsonl"
    assert "tideover nlu review" in call("nlu", "export", "--out", str(file)).stdout
    assert "tideover nlu add" in call("nlu", "review", str(file), given="延期\n2\n").stdout
    result = call("nlu", "add", str(data / "turns.labelled.jsonl"), "--held-out", "0")
    assert "tideover nlu promote" in result.stdout
    meant = {example.text: example.intent for example in nlu_data.examples()}
    assert meant[nlu_data.model_text("六月跟七月并一块儿还中不中呀")] == "ask_extension"
    assert exported() == []
