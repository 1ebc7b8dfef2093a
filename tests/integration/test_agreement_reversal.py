"""Taking an agreement back: the loan stands exactly as before, and every payment counts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from loans.agreement_ends import reverse
from loans.agreements import AgreementError, agree
from loans.allocation import allocate, undo
from loans.models import Agreement, Charge, Instalment, Waiver
from loans.positions import position_of
from loans.relief import compute_all, position_after
from loans.view import active_schedule
from storage.engine import Database
from tests.support.agreed import Wanted, agreed, pay, standing, status_of, the_loan, versions
from tests.support.book import NOW, load_book

LATER = NOW + timedelta(days=30)
EVERY_KIND: list[tuple[str, list[Wanted]]] = [
    ("L-ZH-DUE", [("extension", {"months": 2})]),
    ("L-ZH-DUE", [("deferral", {"months": 3, "interest": "capitalised"})]),
    ("L-ZH-DUE", [("interest_only", {"months": 3})]),
    ("L-ZH-LATE", [("reamortise", {"instalments": 20})]),
    ("L-ZH-LATE", [("waive", {"penalty": "100", "fee": "50", "interest": "10"})]),
    ("L-ZH-LATE", [("settlement", {"principal_pct": "80", "instalments": 3})]),
    ("L-ZH-LATE", [("waive", {"penalty": "100"}), ("deferral", {"months": 2})]),
    ("L-ZH-DUE", [("reduce_rate", {"annual_rate_pct": "6"})]),
    ("L-ZH-DUE", [("interest_pause", {"months": 2})]),
    ("L-ZH-DUE", [("move_due_date", {"day": 20})]),
    ("L-ZH-DUE", [("affordable", {"pay": "3000"})]),
    ("L-ZH-DUE", [("partial_payment", {"pay": "1000", "months": 3})]),
    ("L-ZH-BULLET", [("renewal", {"months": 6})]),
    ("L-ZH-DUE", [("credit_protection", {"months": 3})]),
]


@pytest.fixture
def book(database: Database, tmp_path: Path) -> Database:
    """The small book, with a penalty in an overdue instalment, two charges, and a part of an instalment paid."""
    load_book(database, tmp_path / "tape")
    pay(database, "L-ZH-DUE", "1000.00", date(2026, 11, 18), "part")
    with database.write() as session:
        loan = the_loan(session, "L-ZH-LATE")
        late = next(row for row in active_schedule(session, loan).instalments if row.settled_on is None)
        late.penalty = Decimal("123.45")
        for kind, amount in (("late_penalty", "80.00"), ("visit_fee", "30.00")):
            session.add(Charge(loan_id=loan.id, kind=kind, due_on=date(2026, 11, 10), amount=Decimal(amount)))
    return database


def take_back(database: Database, agreement_id: str) -> None:
    with database.write() as session:
        reverse(
            session, session.get_one(Agreement, agreement_id), LATER, by="u19", reason="agreed by mistake"
        )


def count_afresh(database: Database, ref: str) -> None:
    with database.write() as session:
        loan_id = the_loan(session, ref).id
        undo(session, [loan_id])
        allocate(session, [loan_id])


@pytest.mark.parametrize(("ref", "wanted"), EVERY_KIND, ids=lambda value: str(value)[:40])
def test_every_kind_of_relief_is_taken_back_without_a_trace_in_the_figures(
    book: Database, ref: str, wanted: list[Wanted]
) -> None:
    before = standing(book, ref)
    agreement = agreed(book, ref, *wanted)
    in_force = standing(book, ref)
    assert in_force != before
    count_afresh(book, ref)
    assert standing(book, ref)["rows"] == in_force["rows"]
    take_back(book, agreement)
    assert standing(book, ref) == before
    assert status_of(book, agreement) == "reversed"


@pytest.mark.parametrize(
    ("ref", "wanted", "times"),
    [
        ("L-ZH-LATE", [("waive", {"penalty": "100"})], 0),
        ("L-ZH-LATE", [("credit_protection", {"months": 3})], 0),
        ("L-ZH-LATE", [("waive", {"penalty": "100"}), ("credit_protection", {"months": 3})], 0),
        ("L-ZH-LATE", [("waive", {"penalty": "100"}), ("extension", {"months": 2})], 1),
        ("L-ZH-DUE", [("move_due_date", {"day": 20})], 0),
        ("L-ZH-DUE", [("extension", {"months": 2})], 1),
    ],
    ids=lambda value: str(value)[:40],
)
def test_only_what_changes_the_plan_counts_as_a_restructuring(
    book: Database, ref: str, wanted: list[Wanted], times: int
) -> None:
    with book.read() as session:
        loan = the_loan(session, ref)
        position = position_of(loan, active_schedule(session, loan), NOW.date())
        foreseen = position_after(position, compute_all(wanted, position)).restructure_count
    agreement = agreed(book, ref, *wanted)
    assert (foreseen, standing(book, ref)["counts"][0]) == (times, times)
    take_back(book, agreement)
    assert standing(book, ref)["counts"][0] == 0


def test_a_payment_under_the_agreement_counts_as_if_there_had_been_none(book: Database) -> None:
    plain, relieved = "L-ZH-TWO-A", "L-EN-TWO-A"
    agreement = agreed(book, relieved, ("extension", {"months": 2}))
    for ref in (plain, relieved):
        pay(book, ref, "3000.00", date(2026, 12, 10), "after")
    assert standing(book, plain)["rows"] != standing(book, relieved)["rows"]
    take_back(book, agreement)
    assert standing(book, relieved) == standing(book, plain)


def test_the_agreement_that_was_replaced_counts_again_and_only_the_latest_can_be_taken_back(
    book: Database,
) -> None:
    untouched = standing(book, "L-ZH-DUE")
    first = agreed(book, "L-ZH-DUE", ("extension", {"months": 1}))
    with_first = standing(book, "L-ZH-DUE")
    second = agreed(book, "L-ZH-DUE", ("reamortise", {"instalments": 12}), now=NOW + timedelta(hours=1))
    assert (status_of(book, first), status_of(book, second)) == ("replaced", "active")
    with pytest.raises(AgreementError) as refused:
        take_back(book, first)
    assert refused.value.code == "not_in_force" and "撤销" in refused.value.zh
    take_back(book, second)
    assert (status_of(book, first), standing(book, "L-ZH-DUE")) == ("active", with_first)
    take_back(book, first)
    assert standing(book, "L-ZH-DUE") == untouched
    assert versions(book, "L-ZH-DUE") == ["active", "reversed", "reversed"]
    again = agreed(book, "L-ZH-DUE", ("extension", {"months": 1}), now=NOW + timedelta(hours=2))
    assert versions(book, "L-ZH-DUE") == ["superseded", "reversed", "reversed", "active"]
    take_back(book, again)
    assert standing(book, "L-ZH-DUE") == untouched


def test_taking_back_again_changes_nothing_and_its_quote_is_used_up(book: Database) -> None:
    agreement = agreed(book, "L-ZH-DUE", ("extension", {"months": 2}))
    take_back(book, agreement)
    after = standing(book, "L-ZH-DUE")
    take_back(book, agreement)
    assert standing(book, "L-ZH-DUE") == after
    with book.write() as session, pytest.raises(AgreementError) as refused:
        agree(session, session.get_one(Agreement, agreement).quote, NOW)
    assert refused.value.code == "reversed"


def test_without_a_reason_nothing_is_taken_back(book: Database) -> None:
    agreement = agreed(book, "L-ZH-DUE", ("extension", {"months": 2}))
    with book.write() as session, pytest.raises(AgreementError) as refused:
        reverse(session, session.get_one(Agreement, agreement), LATER, by="u19", reason=" ")
    assert refused.value.code == "no_reason" and status_of(book, agreement) == "active"


def test_every_stated_waiver_is_booked_and_taken_back_with_its_time(book: Database) -> None:
    agreement = agreed(book, "L-ZH-LATE", ("waive", {"penalty": "100", "fee": "100"}))
    with book.read() as session:
        found = session.scalars(select(Waiver).where(Waiver.agreement_id == agreement)).all()
        late = session.scalars(select(Instalment.number).where(Instalment.penalty > 0)).first()
        assert {
            (row.component, row.instalment_number, row.charge.kind if row.charge else None, row.amount)
            for row in found
        } == {
            ("penalty", late, None, Decimal("123.45")),
            ("penalty", None, "late_penalty", Decimal("80.00")),
            ("fee", None, "visit_fee", Decimal("30.00")),
        }
        assert all(row.reversed_at is None for row in found)
    take_back(book, agreement)
    with book.read() as session:
        assert {row.reversed_at for row in session.scalars(select(Waiver))} == {LATER}


def test_protection_of_the_credit_record_makes_no_version_and_replaces_no_plan(book: Database) -> None:
    plan = agreed(book, "L-ZH-DUE", ("extension", {"months": 2}))
    with_plan = standing(book, "L-ZH-DUE")
    protection = agreed(book, "L-ZH-DUE", ("credit_protection", {"months": 3}), now=NOW + timedelta(hours=1))
    assert standing(book, "L-ZH-DUE") == with_plan | {"dates": (with_plan["dates"][0], date(2027, 2, 20))}
    assert (status_of(book, plan), status_of(book, protection)) == ("active", "active")
    take_back(book, protection)
    assert standing(book, "L-ZH-DUE") == with_plan
