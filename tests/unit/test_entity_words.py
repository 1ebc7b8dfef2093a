"""People, reasons, ways to pay, papers and times of day: a row a message, and what the lists promise."""

from typing import get_args

import pytest

from bot.entities.entity import WordType
from bot.entities.words import read_list
from tests.support.entity_tables import FIGURES, in_words, read_all, table

TABLE = table("entities_words")
KINDS = (*get_args(WordType), "time_window")
ROWS = [
    (kind, language, *row) for kind in KINDS for language in ("zh", "en") for row in TABLE[kind][language]
]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}: {row[2]}" for row in ROWS])
def test_it_reads_the_table(row: tuple[str, ...]) -> None:
    kind, language, text, *told = row
    found = [in_words(one) for one in read_all(text, language) if one.type == kind]
    assert found == [f"{kind}: {one}" for one in told]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_rows_in_both_languages(kind: str) -> None:
    assert min(len(TABLE[kind]["zh"]), len(TABLE[kind]["en"])) >= 15


def test_the_entity_has_the_shape_commands_show() -> None:
    (paper,) = read_all("I have the receipt", "en")
    assert paper.as_json() == {"type": "evidence", "text": "receipt", "value": "receipt"}
    (window,) = read_all("晚上九点以后")
    assert window.as_json() == {
        "type": "time_window", "text": "晚上九点以后", "value": {"from": "21:00", "to": "24:00"},
    }  # fmt: skip


@pytest.mark.parametrize("kind", get_args(WordType))
def test_every_word_of_a_list_is_found_by_itself(kind: WordType) -> None:
    for word, value in read_list(kind).items():
        found = {one.value for one in read_all(word) if one.type == kind}
        assert value == "none" or found == {value} or any(one.type in FIGURES for one in read_all(word)), word


def test_a_word_never_takes_the_place_of_a_figure() -> None:
    found = read_all("明天晚上8点用支付宝还三千五，我老婆转")
    assert [one.type for one in found] == ["date", "time_window", "channel", "amount", "party"]
