import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.folding import fold
from bot.normalise import clean, normalise

ANY_CHARACTER = st.characters(exclude_categories=())


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("  Ｉ　ｗａｎｔ　１２３４ ", "i want 1234"),
        ("我想延期兩個月還錢", "我想延期两个月还钱"),
        ("HELP!!!!!!!! 求求求求求求", "help!!! 求求求"),
        ("还100000块", "还100000块"),
        ("zero\u200bwidth \u202eright\u202c", "zerowidth right"),
        ("a\x00b\x07c", "abc"),
        ("line one\r\nline\ttwo", "line one line two"),
        ("尾号[ID]", "尾号[ID]"),
        ("\ud800还钱", "还钱"),
        ("", ""),
    ],
)
def test_it_brings_text_into_one_form(raw: str, normal: str) -> None:
    assert normalise(raw) == normal


def test_cleaning_keeps_lines_and_emoji_and_drops_controls() -> None:
    assert (
        clean("first\r\nsecond\x1b[31m \u202e👨\u200d👩\u200d👧 兩個月")
        == "first\nsecond[31m 👨\u200d👩\u200d👧 兩個月"
    )


@given(st.text(ANY_CHARACTER))
def test_normal_text_can_always_be_sent_and_holds_no_control_characters(text: str) -> None:
    normal = normalise(text)
    json.dumps(normal, ensure_ascii=False).encode()
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in normal)
    assert normal == normal.strip()


@given(st.text(ANY_CHARACTER))
def test_clean_text_can_always_be_written(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert clean(cleaned) == cleaned


@given(st.text(ANY_CHARACTER))
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize("piece", ["還錢", "a", "1", " ", "ﷺ", "\u200b", "z\u0301", "👍", "我想延期兩個月，"])
def test_a_message_of_ten_thousand_characters_is_normalised(piece: str) -> None:
    message = (piece * 10_000)[:10_000]
    assert normalise(message) == normalise(normalise(message))
