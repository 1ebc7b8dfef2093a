"""The ledger is master, but never overwrites what was agreed here: where they differ, a case shows both sides."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from conversations import agreement_ends
from conversations.agreement_ends import end_by_rule
from loans.agreement_ends import reverse
from loans.agreements import AgreementError, agree
from loans.export import export
from loans.models import Agreement, Case, Charge, Quote
from loans.promises import promise
from loans.quotes import quote_options
from loans.tape.load import import_tape
from loans.tape.outcome import Outcome
from loans.view import active_schedule
from policies.rulebook import rulebook
from storage.engine import Database
from tests.support.agreed import agreed, standing, status_of, the_loan, versions
from tests.support.book import NOW, load_book

LOAN = "L-ZH-DUE"
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tape"


@pytest.fixture
def book(database: Database, tape: Path) -> Database:
    load_book(database, tape)
    return database


def bring_in(book: Database, tape: Path) -> Outcome:
    return bring_in_on(book, tape, TOMORROW)


def bring_in_on(book: Database, tape: Path, now: datetime) -> Outcome:
    outcome = import_tape(book, tape, now)
    assert not outcome.faults, [(fault.line, fault.reason_en) for fault in outcome.faults]
    return outcome


def edit(tape: Path, name: str, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    """Write a file of the tape anew."""
    with (tape / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = change(rows)
    with (tape / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def adopt(book: Database, tape: Path, ref: str) -> None:
    """Let the ledger take over the plan in force: the tape repeats it line by line."""
    with book.read() as session:
        plan = [
            {
                "loan_ref": ref,
                "number": str(row.number),
                "due_on": row.due_on.isoformat(),
                "principal": str(row.principal),
                "interest": str(row.interest),
                "fee": str(row.fee),
            }
            for row in active_schedule(session, the_loan(session, ref)).instalments
        ]
    edit(tape, "instalments.csv", lambda rows: [*(row for row in rows if row["loan_ref"] != ref), *plan])


def set_loan(tape: Path, ref: str, **values: str) -> None:
    edit(
        tape,
        "loans.csv",
        lambda rows: [row | values if row["loan_ref"] == ref else row for row in rows],
    )


def add_payment(tape: Path, ref: str, paid_on: str, amount: str, external_ref: str) -> None:
    edit(
        tape,
        "payments.csv",
        lambda rows: [
            *rows,
            {"loan_ref": ref, "paid_on": paid_on, "amount": amount, "external_ref": external_ref},
        ],
    )


def cases(book: Database, status: str = "open") -> list[Case]:
    with book.read() as session:
        found = select(Case).where(Case.kind == "reconciliation", Case.status == status)
        return list(session.scalars(found.order_by(Case.reason, Case.loan_id)))


def test_a_ledger_that_is_behind_or_has_another_plan_changes_nothing_and_the_case_shows_both_sides(
    book: Database, tape: Path
) -> None:
    agreement = agreed(book, LOAN, ("extension", {"months": 2}))
    before = standing(book, LOAN)
    for _ in range(2):
        bring_in(book, tape)
        [case] = cases(book)
        assert case.reason == "ledger_behind" and agreement in case.details
    edit(
        tape,
        "instalments.csv",
        lambda rows: [
            row | {"interest": "1.11"} if (row["loan_ref"], row["number"]) == (LOAN, "12") else row
            for row in rows
        ],
    )
    bring_in(book, tape)
    [case] = cases(book)
    assert case.reason == "ledger_differs" and " 1.11 " in case.details
    assert standing(book, LOAN) == before
    adopt(book, tape, LOAN)
    bring_in(book, tape)
    assert cases(book) == [] and len(cases(book, "closed")) == 1


def test_each_loan_has_its_own_case(book: Database, tape: Path) -> None:
    for ref in ("L-ZH-TWO-A", "L-ZH-TWO-B"):
        agreed(book, ref, ("extension", {"months": 1}))
    bring_in(book, tape)
    assert len(cases(book)) == 2
    adopt(book, tape, "L-ZH-TWO-A")
    bring_in(book, tape)
    [left] = cases(book)
    assert "L-ZH-TWO-B" in left.details


@pytest.mark.parametrize("raised", [False, True])
def test_capitalised_interest_may_or_may_not_have_raised_the_ledgers_principal(
    book: Database, tape: Path, raised: bool
) -> None:
    agreed(book, LOAN, ("deferral", {"months": 3, "interest": "capitalised"}))
    with book.read() as session:
        capitalised = session.scalars(select(Quote.capitalised_interest)).one()
    assert capitalised > 0
    before = standing(book, LOAN)
    adopt(book, tape, LOAN)
    if raised:
        set_loan(tape, LOAN, principal=str(Decimal("60000.00") + capitalised))
    bring_in(book, tape)
    assert (cases(book), standing(book, LOAN)) == ([], before)
    with book.read() as session:
        assert the_loan(session, LOAN).principal == Decimal("60000.00")


def test_a_tape_that_says_nothing_of_penalties_does_not_disagree_about_them(
    book: Database, tape: Path
) -> None:
    with book.write() as session:
        rows = active_schedule(session, the_loan(session, "L-ZH-LATE")).instalments
        next(row for row in rows if row.settled_on is None).penalty = Decimal("45.00")
    agreed(book, "L-ZH-LATE", ("waive", {"interest": "50"}))
    with book.read() as session:
        rows = active_schedule(session, the_loan(session, "L-ZH-LATE")).instalments
        assert any(row.penalty and row.due_on < NOW.date() for row in rows)
    edit(tape, "instalments.csv", lambda rows: [without_penalty(row) for row in rows])
    adopt(book, tape, "L-ZH-LATE")
    bring_in(book, tape)
    assert cases(book) == []
    edit(tape, "instalments.csv", lambda rows: [row | {"penalty": "0.00"} for row in rows])
    bring_in(book, tape)
    [case] = cases(book)
    assert case.reason == "ledger_differs" and "45.00" in case.details


def without_penalty(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name != "penalty"}


def test_a_principal_that_is_neither_is_a_disagreement(book: Database, tape: Path) -> None:
    agreed(book, LOAN, ("deferral", {"months": 3, "interest": "capitalised"}))
    adopt(book, tape, LOAN)
    set_loan(tape, LOAN, principal="65000.00")
    bring_in(book, tape)
    [case] = cases(book)
    assert case.reason == "ledger_differs" and "| 65000.00" in case.details


def test_rows_that_add_up_to_nothing_known_are_still_a_fault(book: Database, tape: Path) -> None:
    agreed(book, LOAN, ("deferral", {"months": 3, "interest": "capitalised"}))
    adopt(book, tape, LOAN)
    edit(
        tape,
        "instalments.csv",
        lambda rows: [
            row | {"principal": "1.00"} if (row["loan_ref"], row["number"]) == (LOAN, "1") else row
            for row in rows
        ],
    )
    outcome = import_tape(book, tape, TOMORROW)
    assert [fault.code for fault in outcome.faults] == ["principal_mismatch"]


def test_a_ledger_may_repeat_a_plan_with_less_principal_and_two_instalments_on_one_day(
    book: Database, tape: Path
) -> None:
    add_payment(tape, "L-ZH-LATE", "2026-11-15", "700.00", "part")
    bring_in(book, tape)
    agreed(book, "L-ZH-LATE", ("waive", {"interest": "50"}), now=TOMORROW)
    agreed(book, LOAN, ("settlement", {"principal_pct": "90", "instalments": 3}), now=TOMORROW)
    with book.read() as session:
        rows = active_schedule(session, the_loan(session, "L-ZH-LATE")).instalments
        assert len({row.due_on for row in rows}) < len(rows)
    adopt(book, tape, "L-ZH-LATE")
    adopt(book, tape, LOAN)
    bring_in(book, tape)
    assert cases(book) == []


def test_a_payment_from_before_that_comes_after_counts_on_the_agreed_plan_and_opens_a_case(
    book: Database, tape: Path
) -> None:
    agreement = agreed(book, LOAN, ("extension", {"months": 2}))
    adopt(book, tape, LOAN)
    add_payment(tape, LOAN, "2026-11-16", "500.00", "slow")
    for _ in range(2):
        bring_in(book, tape)
    [case] = cases(book)
    assert case.reason == "paid_before_agreement" and agreement in case.details
    assert case.details.count("2026-11-16 500.00 slow") == 1
    counted = [part for part in standing(book, LOAN)["counted"] if part[3] == date(2026, 11, 16)]
    assert sum(part[2] for part in counted) == 500 and versions(book, LOAN) == ["superseded", "active"]
    edit(
        tape,
        "payments.csv",
        lambda rows: [row | {"amount": "600.00"} if row["external_ref"] == "slow" else row for row in rows],
    )
    bring_in(book, tape)
    [case] = cases(book)
    assert "2026-11-16 600.00 slow, was 原为 2026-11-16 500.00" in case.details


def test_a_payment_from_the_day_of_the_agreement_opens_a_case_unless_the_quote_knew_it(
    book: Database, tape: Path
) -> None:
    add_payment(tape, LOAN, "2026-11-20", "300.00", "in time")
    import_tape(book, tape, NOW)
    agreed(book, LOAN, ("extension", {"months": 2}))
    adopt(book, tape, LOAN)
    add_payment(tape, LOAN, "2026-11-21", "400.00", "next day")
    bring_in(book, tape)
    assert cases(book) == []
    add_payment(tape, LOAN, "2026-11-20", "500.00", "same day")
    bring_in(book, tape)
    [case] = cases(book)
    assert case.reason == "paid_before_agreement"
    assert "same day" in case.details and "in time" not in case.details and "next day" not in case.details


def test_a_quote_no_longer_holds_once_a_payment_has_come(book: Database, tape: Path) -> None:
    with book.write() as session:
        quotes, _ = quote_options(session, the_loan(session, LOAN), rulebook(), NOW, requested_months=2)
        quote_id = quotes[0].id
    add_payment(tape, LOAN, "2026-11-20", "500.00", "meanwhile")
    import_tape(book, tape, NOW)
    with book.write() as session, pytest.raises(AgreementError) as refused:
        agree(session, session.get_one(Quote, quote_id), NOW)
    assert refused.value.code == "changed" and versions(book, LOAN) == ["active"]


def test_a_waived_charge_that_the_ledger_has_as_paid_is_a_case(book: Database, tape: Path) -> None:
    def charge(paid: str) -> None:
        (tape / "charges.csv").write_text(
            f"loan_ref,kind,due_on,amount,paid\nL-ZH-LATE,late_penalty,2026-11-10,80.00,{paid}\n",
            encoding="utf-8",
        )

    charge("0.00")
    bring_in(book, tape)
    agreed(book, "L-ZH-LATE", ("waive", {"penalty": "100"}), now=TOMORROW)
    bring_in(book, tape)
    assert cases(book) == []
    charge("50.00")
    bring_in(book, tape)
    [case] = cases(book)
    assert case.reason == "waived_but_paid" and "80.00 | paid" in case.details
    with book.read() as session:
        waived = session.scalars(select(Charge.waived).where(Charge.kind == "late_penalty")).one()
        assert waived == Decimal("30.00")


def test_a_broken_agreement_whose_plan_goes_on_is_not_overwritten_either_until_it_is_taken_back(
    book: Database, tape: Path
) -> None:
    agreement = agreed(book, LOAN, ("extension", {"months": 2}))
    assert end_by_rule(book, NOW + timedelta(days=200)) == 1
    assert status_of(book, agreement) == "broken"
    edit(
        tape,
        "instalments.csv",
        lambda rows: [
            row | {"interest": "1.11"} if (row["loan_ref"], row["number"]) == (LOAN, "12") else row
            for row in rows
        ],
    )
    bring_in(book, tape)
    assert versions(book, LOAN) == ["superseded", "active"] and len(cases(book)) == 1
    with book.write() as session:
        reverse(session, session.get_one(Agreement, agreement), NOW, by="u19", reason="the ledger is right")
    bring_in(book, tape)
    assert versions(book, LOAN) == ["superseded", "reversed", "active"] and cases(book) == []
    assert any(Decimal("1.11") in row for row in standing(book, LOAN)["rows"])


def test_the_counts_of_relief_stay_after_a_broken_agreement_gave_way_to_the_former_plan(
    book: Database, tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book_rules = rulebook()
    restoring = replace(book_rules, agreements=replace(book_rules.agreements, after_broken="restore_old"))
    monkeypatch.setattr(agreement_ends, "rulebook", lambda: restoring)
    agreed(book, LOAN, ("extension", {"months": 2}))
    assert standing(book, LOAN)["counts"] == (1, 2)
    assert end_by_rule(book, NOW + timedelta(days=200)) == 1
    for ledger, ours in ((("0", "0"), (1, 2)), (("1", "3"), (1, 3)), (("0", "0"), (1, 3))):
        set_loan(tape, LOAN, restructure_count=ledger[0], prior_extension_months=ledger[1])
        outcome = bring_in(book, tape)
        assert standing(book, LOAN)["counts"] == ours
        held = {note.column for note in outcome.notes if note.code == "held_back"}
        assert held == ({"restructure_count", "prior_extension_months"} if ledger == ("0", "0") else set())


def exported(book: Database, folder: Path, name: str, days_ago: int = 1) -> list[dict[str, Any]]:
    with book.read() as session:
        export(session, NOW - timedelta(days=days_ago), folder)
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_ledger_gets_agreements_versions_with_terms_and_waivers(
    book: Database, tape: Path, tmp_path: Path
) -> None:
    with book.write() as session:
        loan = the_loan(session, "L-ZH-LATE")
        session.add(
            Charge(loan_id=loan.id, kind="late_penalty", due_on=date(2026, 11, 10), amount=Decimal("80.00"))
        )
    waived = agreed(book, "L-ZH-LATE", ("waive", {"penalty": "100"}))
    cut = agreed(book, LOAN, ("reduce_rate", {"annual_rate_pct": "6"}))
    rows = {row["agreement_id"]: row for row in exported(book, tmp_path / "out", "agreements.csv")}
    assert rows[waived]["waived_penalty"] == "80.00" and rows[waived]["steps"].startswith('[{"kind": "waive"')
    assert (rows[cut]["status"], rows[cut]["requested_by"], rows[cut]["ended_at"]) == ("active", "", "")
    [waiver] = exported(book, tmp_path / "out", "waivers.csv")
    assert {**waiver, "waived_at": ""} == {
        "agreement_id": waived,
        "loan_ref": "L-ZH-LATE",
        "component": "penalty",
        "instalment_number": "",
        "charge_kind": "late_penalty",
        "charge_due_on": "2026-11-10",
        "amount": "80.00",
        "currency": "CNY",
        "waived_at": "",
        "reversed_at": "",
    }
    written = exported(book, tmp_path / "out", "schedule_versions.csv")
    rates = {row["rate_changes"] for row in written if row["agreement_id"] == cut}
    assert len(rates) == 1 and '"annual_rate_pct": "6' in rates.pop()


def test_the_ledger_hears_again_of_a_promise_that_another_took_the_place_of(
    book: Database, tmp_path: Path
) -> None:
    def promised(at: datetime) -> str:
        with book.write() as session:
            return promise(session, the_loan(session, LOAN), Decimal("100.00"), date(2026, 12, 5), at).id

    first = promised(NOW)
    second = promised(NOW + timedelta(days=9))
    found = {row["promise_id"]: row["status"] for row in exported(book, tmp_path / "out", "promises.csv", -8)}
    assert found == {first: "cancelled", second: "open"}
    assert exported(book, tmp_path / "out", "promises.csv", -10) == []


def test_the_ledger_hears_again_of_a_case_whose_details_have_changed(
    book: Database, tape: Path, tmp_path: Path
) -> None:
    agreed(book, LOAN, ("extension", {"months": 2}))
    bring_in(book, tape)
    bring_in_on(book, tape, NOW + timedelta(days=9))
    assert exported(book, tmp_path / "out", "cases.csv", -8) == []
    edit(
        tape,
        "instalments.csv",
        lambda rows: [
            row | {"interest": "1.11"} if (row["loan_ref"], row["number"]) == (LOAN, "12") else row
            for row in rows
        ],
    )
    add_payment(tape, LOAN, "2026-11-16", "500.00", "slow")
    bring_in_on(book, tape, NOW + timedelta(days=10))
    add_payment(tape, LOAN, "2026-11-17", "500.00", "slower")
    bring_in_on(book, tape, NOW + timedelta(days=20))
    after_the_first = exported(book, tmp_path / "out", "cases.csv", -9)
    assert {row["reason"] for row in after_the_first} == {"ledger_differs", "paid_before_agreement"}
    [last] = exported(book, tmp_path / "out", "cases.csv", -19)
    assert last["reason"] == "paid_before_agreement" and "slower" in last["details"]


def test_the_ledger_hears_of_a_reversal_and_of_the_agreement_that_counts_again(
    book: Database, tmp_path: Path
) -> None:
    first = agreed(book, LOAN, ("extension", {"months": 1}))
    second = agreed(book, LOAN, ("reamortise", {"instalments": 12}), now=NOW + timedelta(hours=1))
    with book.write() as session:
        reverse(
            session,
            session.get_one(Agreement, second),
            NOW + timedelta(days=9),
            by="u19",
            reason="wrong number of instalments",
        )
    found = {row["agreement_id"]: row for row in exported(book, tmp_path / "out", "agreements.csv", -8)}
    assert {key: row["status"] for key, row in found.items()} == {first: "active", second: "reversed"}
    assert (found[second]["replaces"], found[second]["ended_because"]) == (
        first,
        "wrong number of instalments",
    )
    statuses = {
        (row["agreement_id"], row["status"])
        for row in exported(book, tmp_path / "out", "schedule_versions.csv", -8)
    }
    assert statuses == {(first, "active"), (second, "reversed")}
