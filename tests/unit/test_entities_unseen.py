"""The table written without sight of the rules: a gate for each language."""

import pytest

from tests.support.entity_tables import Row, is_right, read, unseen

GATE = 0.97
ROWS = list(unseen())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_rules_had_not_seen_is_read_rightly(language: str) -> None:
    rows = [row for row in ROWS if row.language == language]
    wrong = [row.text for row in rows if not is_right(row, read(row.text, language))]
    assert len(wrong) <= (1 - GATE) * len(rows), wrong


def test_the_table_is_large_and_has_no_row_twice() -> None:
    assert len(ROWS) >= 400
    assert len({(row.language, row.text) for row in ROWS}) == len(ROWS)


def test_a_wrong_reading_is_no_reading() -> None:
    row = Row(
        "zh", "amounts", "还三千五，明天", (["amount: 三千五 = 3500.00 CNY", "date: 明天 = 2026-11-19"],)
    )
    amount, day = read(row.text)
    assert is_right(row, [amount, day])
    assert not is_right(row, [amount])
    assert not is_right(row, [day, amount])
    assert not is_right(row, [amount, read("还三千五，后天")[1]])
