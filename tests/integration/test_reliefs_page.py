"""docs/reliefs.md is what `tideover quote` says today."""

from __future__ import annotations

from policies.kinds import KINDS, PARAMS
from tools import relief_pages
from tools.relief_kinds import KINDS as DESCRIBED


def test_every_kind_and_parameter_is_described() -> None:
    assert set(DESCRIBED) == set(KINDS)
    assert {name: set(kind.params) for name, kind in DESCRIBED.items()} == {
        name: set(params) for name, params in PARAMS.items()
    }


def test_the_page_is_current_with_every_quote_run_again() -> None:
    written = relief_pages.PAGE.read_text(encoding="utf-8")
    assert written == relief_pages.page(), (
        "run .venv/bin/python -m tools.relief_pages and commit docs/reliefs.md"
    )
