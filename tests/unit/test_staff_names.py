"""A member of staff is one person, however their id is written."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from policies.staff import StaffError, level_of, load_levels, staff_name
from tideover.cli.staff import Who


@pytest.mark.parametrize("written", ["u17", "U17", " u17 ", "\uff35\uff11\uff17", "\u3000u17\u00a0"])
def test_an_id_is_kept_in_one_way(written: str) -> None:
    assert staff_name(written) == Who().convert(written, None, None) == "u17"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "  ",
        "u17\u200b",
        "u\u200d17",
        "\ufeffu17",
        "u17\ufe0f",
        "u\u034f17",
        "u17\u3164",
        "u\n17",
        "\u202eu17",
    ],
)
def test_an_id_with_something_that_cannot_be_seen_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="can be seen"):
        staff_name(written)
    with pytest.raises(click.BadParameter, match="看得见"):
        Who().convert(written, None, None)


def test_an_id_has_at_most_forty_characters() -> None:
    assert Who().convert("王" * 40, None, None) == "王" * 40
    with pytest.raises(click.BadParameter, match="1 to 40"):
        Who().convert("王" * 41, None, None)


def test_the_staff_file_names_the_same_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "staff.yml"
    file.write_text("levels: {Ｕ17: manager}\n", encoding="utf-8")
    monkeypatch.setenv("TIDEOVER_STAFF_FILE", str(file))
    assert level_of("u17", ["officer", "manager"]) == "manager"
    file.write_text('levels: {"u17\\u200b": manager}\n', encoding="utf-8")
    with pytest.raises(StaffError, match="can be seen"):
        load_levels(file)
