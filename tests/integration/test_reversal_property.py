"""Whatever was agreed and paid in between: when all is taken back, only the payments are left."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.agreement_ends import reverse
from loans.models import Agreement
from storage.engine import Database
from tests.support.agreed import Wanted, agree_if_possible, pay, standing
from tests.support.book import NOW, load_book

PLAIN, RELIEVED = "L-ZH-TWO-A", "L-EN-TWO-A"
"""Two loans with the same terms and the same payments."""

RELIEFS: st.SearchStrategy[Wanted] = st.one_of(
    st.tuples(st.just("extension"), st.fixed_dictionaries({"months": st.integers(1, 6)})),
    st.tuples(
        st.just("deferral"),
        st.fixed_dictionaries(
            {
                "months": st.integers(1, 4),
                "interest": st.sampled_from(["simple", "capitalised"]),
                "placement": st.sampled_from(["first", "spread"]),
            }
        ),
    ),
    st.tuples(st.just("interest_only"), st.fixed_dictionaries({"months": st.integers(1, 4)})),
    st.tuples(st.just("reamortise"), st.fixed_dictionaries({"instalments": st.integers(4, 24)})),
    st.tuples(
        st.just("reduce_rate"), st.fixed_dictionaries({"annual_rate_pct": st.sampled_from(["3", "6.5"])})
    ),
    st.tuples(st.just("interest_pause"), st.fixed_dictionaries({"months": st.integers(1, 3)})),
    st.tuples(st.just("move_due_date"), st.fixed_dictionaries({"day": st.integers(1, 31)})),
    st.tuples(
        st.just("settlement"),
        st.fixed_dictionaries(
            {"principal_pct": st.sampled_from(["50", "90"]), "instalments": st.integers(1, 6)}
        ),
    ),
    st.tuples(st.just("credit_protection"), st.fixed_dictionaries({"months": st.integers(1, 6)})),
)
PAYMENTS = st.decimals(Decimal("0.01"), Decimal("9000"), places=2)


@pytest.fixture(scope="module")
def loaded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A SQLite file with the small book, copied for each example."""
    folder = tmp_path_factory.mktemp("loaded")
    path = folder / "book.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    load_book(database, folder / "tape")
    database.close()
    yield path


@given(events=st.lists(st.one_of(RELIEFS, PAYMENTS), min_size=1, max_size=6))
@settings(max_examples=settings().max_examples // 5, deadline=None)
def test_taking_everything_back_leaves_only_the_payments(
    loaded: Path, events: list[Wanted | Decimal]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.db"
        shutil.copy(loaded, path)
        database = Database(f"sqlite:///{path}")
        agreements = []
        for number, event in enumerate(events):
            now = NOW + timedelta(days=9 * number)
            if isinstance(event, Decimal):
                for ref in (PLAIN, RELIEVED):
                    pay(database, ref, str(event), now.date(), f"paid {number}")
            elif made := agree_if_possible(database, RELIEVED, event, now=now):
                agreements.append(made)
        for agreement_id in reversed(agreements):
            with database.write() as session:
                reverse(session, session.get_one(Agreement, agreement_id), NOW, by="u19", reason="property")
        assert standing(database, RELIEVED) == standing(database, PLAIN)
        database.close()
