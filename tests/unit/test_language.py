import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import detect_language


@pytest.mark.parametrize("previous", ["zh", "en", None])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我想延期两个月", "zh"),
        ("我想 extend 两个月 ok?", "zh"),
        ("我想ask一下extension policy", "zh"),
        ("唔該，我還唔起", "zh"),
        ("好", "zh"),
        ("OK可以", "zh"),
        ("Please 帮我", "zh"),
        ("can I get two more months?", "en"),
        ("I want to talk about my 贷款 please", "en"),
        ("my name is 王小明", "en"),
        ("lost my job", "en"),
        ("extension", "en"),
        ("Ｉ ｃａｎ pay on Friday", "en"),
    ],
)
def test_clear_messages_do_not_depend_on_the_conversation(
    text: str, language: str, previous: str | None
) -> None:
    assert detect_language(text, previous) == language


@pytest.mark.parametrize("previous", ["zh", "en"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "1500",
        "2",
        "A",
        "[ID]",
        "ok",
        "hi",
        "wo xiang yanqi liang ge yue",
        "mei qian huan",
        "2026-12-01",
        "???",
        "a@b.com",
    ],
)
def test_messages_that_say_nothing_keep_the_language(text: str, previous: str) -> None:
    assert detect_language(text, previous) == previous


def test_pinyin_counts_as_chinese_when_nothing_came_before() -> None:
    assert detect_language("wo mei qian huan", None) == "zh"


@pytest.mark.parametrize("text", ["change", "loan", "late", "help", "no money"])
def test_english_words_are_not_taken_for_pinyin(text: str) -> None:
    assert detect_language(text, None) == "en"


@given(st.text(max_size=300), st.sampled_from(["zh", "en", None]))
def test_the_answer_is_always_one_of_two_and_the_same_twice(text: str, previous: str | None) -> None:
    answer = detect_language(text, previous)
    assert answer in ("zh", "en")
    assert detect_language(text, previous) == answer
