"""The safety screen against tables of lines: tests/nlu/safety_zh.yml and safety_en.yml."""

from pathlib import Path

import pytest
import yaml
from opencc import OpenCC

from policies.safety import CATEGORIES, SafetyListError, load_screen, screen, shipped_screen

TABLES = Path(__file__).parents[1] / "nlu"
LANGUAGES = ("zh", "en")
TO_SIMPLIFIED = OpenCC("t2s")


def table(language):
    return yaml.safe_load((TABLES / f"safety_{language}.yml").read_text(encoding="utf-8"))


def caught_lines():
    return [
        (line, category)
        for language in LANGUAGES
        for category, lines in table(language)["caught"].items()
        for line in lines
    ]


def ordinary_lines():
    return [line for language in LANGUAGES for line in table(language)["ordinary"]]


def found(text):
    return screen(TO_SIMPLIFIED.convert(text))


@pytest.mark.parametrize(("line", "category"), caught_lines())
def test_it_hears_or_suspects(line, category):
    heard = shipped_screen().look(TO_SIMPLIFIED.convert(line))
    assert category in (*heard.certain, *heard.suspected)


@pytest.mark.parametrize("line", ordinary_lines())
def test_it_lets_ordinary_hardship_and_anger_pass(line):
    assert found(line) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_enough_lines_of_every_kind(language):
    lines = table(language)
    assert set(lines["caught"]) == set(CATEGORIES)
    assert sum(len(kind) for kind in lines["caught"].values()) >= 60
    assert len(lines["ordinary"]) >= 60


def test_it_names_every_category_once_and_in_order():
    assert found("STOP texting me, talk to my lawyer, I want to die. 律师 不想活了") == (
        "attorney",
        "self_harm",
        "stop",
    )


def test_an_excepted_phrase_does_not_hide_a_real_one_beside_it():
    assert found("饿死了") == ()
    assert found("饿死了，真的不想活了") == ("self_harm",)


@pytest.mark.parametrize(
    "text", ["STOP", "  stop!! ", "Ｓｔｏｐ", "s\u200btop", "STOP 🙏", "退 订。", "ＴＤ"]
)
def test_case_width_spacing_and_emoji_do_not_hide_an_opt_out(text):
    assert found(text) == ("stop",)


@pytest.mark.parametrize("text", ["", "   ", "👍", "...", "3500", "你好T恤", "Mr T called"])
def test_nothing_is_found_in_nothing(text):
    assert found(text) == ()


def test_a_long_message_is_screened_to_its_end():
    assert found("我会还的。" * 2000 + "不想活了") == ("self_harm",)


def write_list(folder, categories, **header):
    values = {"effective_from": "2026-11-20", "source": "a test", "confirmed_by": "null", "script": "words"}
    lines = "\n".join(f"{key}: {value}" for key, value in {**values, **header}.items())
    (folder / "xx.yml").write_text(f"{lines}\ncategories:\n{categories}", encoding="utf-8")


def test_a_lender_can_bring_its_own_lists(tmp_path):
    write_list(tmp_path, "  stop: {phrases: [basta], not_when: ['basta pasta']}\n")
    own = load_screen(tmp_path)
    assert own.screen("Basta!") == ("stop",)
    assert own.screen("basta pasta") == ()


@pytest.mark.parametrize(
    ("categories", "header", "complaint"),
    [
        ("  weather: {phrases: [rain]}\n", {}, "unknown category"),
        ("  stop: {phrases: [yes]}\n", {}, "put it in quotes"),
        ("  stop: {patterns: ['(']}\n", {}, "not a regular expression"),
        ("  stop: {patterns: ['x?']}\n", {}, "matches an empty message"),
        ("  stop: {words: [basta]}\n", {}, "needs one or more of"),
        ("  stop: {phrases: [basta]}\n", {"script": "latin"}, "script must be one of"),
        ("  stop: {phrases: [basta]}\n", {"effective_from": "soon"}, "effective_from must be a date"),
    ],
)
def test_a_broken_list_is_refused_with_its_place(tmp_path, categories, header, complaint):
    write_list(tmp_path, categories, **header)
    with pytest.raises(SafetyListError, match=complaint) as refusal:
        load_screen(tmp_path)
    assert "xx.yml" in str(refusal.value)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(SafetyListError, match="no safety list"):
        load_screen(tmp_path)


@pytest.mark.parametrize("answer", ["不安全", "我不安全。", "No, I'm not safe", "I don't feel safe"])
def test_the_answer_that_one_is_not_safe_is_a_cry_for_help(answer):
    assert "self_harm" in found(answer)
