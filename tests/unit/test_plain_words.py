"""Slang, slips, dialect, pinyin and emoji become common words: tests/nlu/spelling.yml, and what always holds."""

import json
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.danger import dangers
from bot.entities.resolve import resolve
from bot.normalise import normalise
from bot.plain_words import PlainWords, SpellingError, model_text, plain_words, read_lists

TABLE = yaml.safe_load((Path(__file__).parents[1] / "nlu" / "spelling.yml").read_text(encoding="utf-8"))
PAIRS = [(raw, plain) for pairs in TABLE.values() for raw, plain in pairs]
MARKS = ("[ID]", "[PHONE]", "[EMAIL]", "[CARD]", "[NAME]")
TERMS = sorted(
    {
        term.strip()
        for given_lists in read_lists().values()
        for part in ("anywhere", "run_together", "whole_message")
        for terms in given_lists.get(part, {}).values()
        for term in str(terms).split(",")
    }
)
SCRAPS = st.lists(st.sampled_from([*TERMS, *MARKS, " ", ",", "3500", "25号", "我", "pay", "!"]), max_size=12)
SECONDS_A_MESSAGE = 0.0002
MESSAGES_OF_LISTS = 40


@pytest.mark.parametrize(("raw", "plain"), PAIRS)
def test_it_is_read_in_common_words(raw: str, plain: str) -> None:
    assert model_text(raw) == plain


def test_the_table_has_enough_of_what_borrowers_type() -> None:
    assert len(PAIRS) >= 250
    assert len({raw for raw, _ in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize(("raw", "_plain"), TABLE["unchanged"])
def test_words_that_are_no_slang_stay(raw: str, _plain: str) -> None:
    assert model_text(raw) == normalise(raw)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_at_all_can_be_read_and_reading_it_again_changes_nothing(text: str) -> None:
    plain = model_text(text)
    json.dumps(plain, ensure_ascii=False).encode()
    assert plain_words(plain) == plain


@given(SCRAPS, st.sampled_from(["", " "]))
def test_slang_put_together_at_random_is_read_once_and_for_all(scraps: list[str], between: str) -> None:
    plain = model_text(between.join(scraps))
    assert model_text(plain) == plain


@given(SCRAPS)
def test_redaction_marks_survive_in_number_and_order(scraps: list[str]) -> None:
    plain = model_text(" ".join(scraps))
    marks = [scrap for scrap in scraps if scrap in MARKS]
    assert [piece for piece in plain.replace("[", " [").replace("]", "] ").split() if piece in MARKS] == marks


@pytest.mark.parametrize(
    "text",
    [
        "我9月8号还了8000块",
        "下周五还3500，剩下的月底",
        "i can pay 2k by the 5th, rest on 28/11",
        "cant pay 1,500.50 tmr, will pay 500 on friday",
        "咋还都行，25号还一万二",
        "仲爭8886蚊，聽日還886",
        "还88，不是555",
        "thx, 3q, i'll send 300 on 15 december",
    ],
)
def test_amounts_and_dates_survive(text: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime(2026, 11, 20, 10, tzinfo=zone)

    def found(words: str) -> list[tuple[str, object]]:
        entities = resolve(words, now=now, timezone="Asia/Shanghai", currency="CNY", language="zh")
        return [(entity.type, entity.value) for entity in entities if entity.type in ("amount", "date")]

    assert found(text)
    assert [each for each in found(model_text(text)) if each in found(text)] == found(text)


def test_a_part_of_a_message_is_not_taken_for_a_whole_one() -> None:
    assert (model_text("88"), model_text("88", part=True)) == ("再见", "88")


@pytest.mark.parametrize(
    ("text", "category"),
    [("z杀", "self_harm"), ("🛑", "stop"), ("俺是他爹", "third_party"), ("qing lvshi le", "attorney")],
)
def test_the_safety_screen_hears_what_is_only_plain_in_common_words(text: str, category: str) -> None:
    assert category in dangers(text)


def test_the_safety_screen_still_hears_the_message_as_it_was_written() -> None:
    assert {"self_harm", "stop"} <= {*dangers("不想活了"), *dangers("別再打電話給我")}


def test_reading_a_message_takes_no_time_to_speak_of() -> None:
    messages = [normalise(raw) for raw, _ in PAIRS] * MESSAGES_OF_LISTS
    plain_words(messages[0])
    began = time.perf_counter()
    for message in messages:
        plain_words(message)
    assert (time.perf_counter() - began) / len(messages) < SECONDS_A_MESSAGE


@pytest.mark.parametrize("piece", ["pleeease ", "冇", "a", "😭", "mei qian "])
def test_a_message_of_ten_thousand_characters_is_read(piece: str) -> None:
    plain = plain_words(normalise((piece * 10_000)[:10_000]))
    assert plain_words(plain) == plain


def test_a_term_with_two_meanings_is_refused_by_name() -> None:
    lists = {"a.yml": {"anywhere": {"没有": "冇"}}, "b.yml": {"anywhere": {"不": "冇"}}}
    with pytest.raises(SpellingError, match=r"b\.yml: 冇 is both 没有 and 不"):
        PlainWords(lists, chinese=True)
