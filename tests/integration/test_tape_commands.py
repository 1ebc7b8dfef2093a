"""`tideover import`, `export`, `sample`, `show` and `schedule`: what they print, in the shapes of docs/schemas."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from loans.models import Borrower, Case, Instalment, Loan, PromiseToPay
from loans.view import active_schedule, days_past_due
from storage.engine import Database
from tests.support.tapes import NOW, change, write_tape
from tideover.cli import main

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
FAULTY = Path(__file__).parent.parent / "data" / "faulty_tape"
AT = NOW.isoformat()


@pytest.fixture(autouse=True)
def home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIDEOVER_DATABASE_URL", database_url)
    monkeypatch.setenv("TIDEOVER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def call(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=given, catch_exceptions=False)


def matches(shape: Any, schema: str) -> Any:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.validate(
        shape, json.loads((SCHEMAS / schema).read_text(encoding="utf-8")), format_checker=checker
    )
    return shape


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_import_reports_as_json_and_leaves_with_status_1_when_the_tape_is_faulty(tmp_path: Path) -> None:
    good = call("import", str(write_tape(tmp_path / "tape")), "--now", AT, "--json")
    report = matches(json.loads(good.stdout), "import.json")
    assert (good.exit_code, report["written"], report["valid"]) == (0, True, True)
    faulty = call("import", str(FAULTY), "--now", AT, "--json")
    report = matches(json.loads(faulty.stdout), "import.json")
    assert (faulty.exit_code, report["written"], len(report["faults"])) == (1, False, 54)
    skipping = call("import", str(FAULTY), "--now", AT, "--json", "--skip-invalid")
    report = matches(json.loads(skipping.stdout), "import.json")
    assert (skipping.exit_code, report["written"], report["valid"]) == (0, True, False)


def test_import_tells_people_in_both_languages_where_each_fault_is() -> None:
    result = call("import", str(FAULTY), "--now", AT)
    assert result.exit_code == 1
    assert "borrowers.csv:3" in result.stdout and "138****0002" in result.stdout
    assert "没有导入任何数据" in result.stdout and "Nothing was imported" in result.stdout


def test_show_prints_where_a_borrower_stands(tmp_path: Path) -> None:
    call("import", str(write_tape(tmp_path / "tape")), "--now", AT)
    shown = call("show", "--borrower", "B1", "--now", AT, "--json")
    view = matches(json.loads(shown.stdout), "show.json")
    (loan,) = view["loans"]
    assert (loan["days_past_due"], loan["class"], loan["overdue"], loan["outstanding"]["total"]) == (
        41,
        "special_mention",
        "2028.00",
        "2028.00",
    )
    assert [row["settled_on"] for row in loan["schedules"][0]["instalments"]] == ["2026-09-10", None, None]
    assert (view["reminders"], view["borrower"]["name"]) == ("active", "王小红")
    assert "41 days past due" in call("show", "--borrower", "B1", "--now", AT).stdout


def test_show_refuses_an_unknown_borrower() -> None:
    result = call("show", "--borrower", "nobody")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "'nobody'" in result.stderr


def test_a_lender_s_own_worse_class_is_kept(tmp_path: Path) -> None:
    tape = write_tape(tmp_path / "tape")
    content = (tape / "loans.csv").read_text().replace("guarantor\n", "guarantor,class\n")
    (tape / "loans.csv").write_text(
        content.replace("false,false\n", "false,false,次级\n").replace("true\n", "true,\n")
    )
    call("import", str(tape), "--now", AT)
    (loan,) = json.loads(call("show", "--borrower", "B1", "--now", AT, "--json").stdout)["loans"]
    assert (loan["class_floor"], loan["class_on_tape"], loan["class"]) == (
        "special_mention",
        "substandard",
        "substandard",
    )


def test_export_gives_back_what_happened_since_and_defuses_formulas(
    tmp_path: Path, database_url: str
) -> None:
    tape = write_tape(tmp_path / "tape")
    change(tape, "loans.csv", "L1,B1", "=L1,B1")
    for name, times in (("instalments.csv", 3), ("payments.csv", 2)):
        content = (tape / name).read_text()
        assert content.count("L1,") == times
        (tape / name).write_text(content.replace("L1,", "=L1,"))
    assert call("import", str(tape), "--now", AT).exit_code == 0
    database = Database(database_url)
    with database.write() as session:
        borrower = session.scalars(select(Borrower).where(Borrower.ref == "B1")).one()
        borrower.opted_out = True
        loan = borrower.loans[0]
        session.add(
            PromiseToPay(loan_id=loan.id, amount=loan.principal, pay_on=date(2026, 12, 1), made_at=NOW)
        )
        old = NOW - timedelta(days=30)
        session.add(Case(borrower_id=borrower.id, kind="hardship", details='=HYPERLINK("x")', opened_at=NOW))
        session.add(Case(borrower_id=borrower.id, kind="dispute", details="old", opened_at=old))
    database.close()
    out = tmp_path / "out"
    assert call("export", "--since", (NOW - timedelta(days=1)).isoformat(), "--out", str(out)).exit_code == 0
    (promise,) = read(out / "promises.csv")
    assert (promise["loan_ref"], promise["amount"], promise["pay_on"]) == ("'=L1", "3000.00", "2026-12-01")
    assert [(row["kind"], row["details"]) for row in read(out / "cases.csv")] == [
        ("hardship", '\'=HYPERLINK("x")')
    ]
    assert read(out / "opt_outs.csv") == [{"borrower_ref": "B1"}]
    assert {path.name: len(read(path)) for path in out.iterdir()} == {
        "agreements.csv": 0,
        "schedule_versions.csv": 0,
        "waivers.csv": 0,
        "promises.csv": 1,
        "opt_outs.csv": 1,
        "cases.csv": 1,
    }


def test_the_sample_is_the_same_for_the_same_seed_and_day(tmp_path: Path) -> None:
    for name in ("one", "two"):
        arguments = ("--seed", "5", "--borrowers", "40", "--today", "2026-11-20", "--now", AT)
        assert call("sample", *arguments, "--out", str(tmp_path / name), "--json").exit_code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    assert (tmp_path / "one" / "payments.csv").exists()


@pytest.mark.parametrize("today", ["2026-11-20", "2027-01-31", "2028-02-29"])
def test_the_sample_has_every_kind_of_borrower_on_any_day(today: str, database_url: str) -> None:
    result = call("sample", "--today", today, "--now", f"{today}T09:00:00+08:00", "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["faults"], report["notes"]) == (0, [], [])
    day = date.fromisoformat(today)
    database = Database(database_url)
    with database.read() as session:
        loans = session.scalars(select(Loan)).all()
        late = [
            days_past_due(active_schedule(session, loan), day) for loan in loans if loan.status == "active"
        ]
        kinds = set(session.execute(select(Loan.method, Loan.status)).all())
        backing = set(session.execute(select(Loan.secured, Loan.guarantor)).all())
        languages, currencies = (
            set(session.scalars(select(Borrower.language))),
            {loan.currency for loan in loans},
        )
        soon = session.scalar(
            select(func.count(Instalment.id)).where(
                Instalment.settled_on.is_(None), Instalment.due_on.between(day, day + timedelta(days=15))
            )
        )
    database.close()
    assert languages == {"zh", "en"} and currencies == {"CNY", "GBP", "INR", "USD"}
    assert {method for method, _ in kinds} == {"annuity", "equal_principal", "bullet"}
    assert {status for _, status in kinds} == {"active", "closed"}
    assert backing == {(False, False), (True, False), (False, True)} and len(loans) > 300
    assert late.count(0) > 100 and sum(days > 0 for days in late) > 50 and max(late) <= 120 and soon


def test_schedule_answers_line_by_line_and_leaves_with_status_1_when_a_line_fails() -> None:
    terms = {
        "principal": "1000.00",
        "annual_rate_pct": "12",
        "instalments": 2,
        "method": "equal_principal",
        "disbursed_on": "2026-01-15",
        "first_due_on": "2026-02-15",
    }
    schema = json.loads((SCHEMAS / "schedule.json").read_text(encoding="utf-8"))
    jsonschema.validate(terms, {"$ref": "#/$defs/terms", "$defs": schema["$defs"]})
    good = json.dumps(terms)
    result = call(
        "schedule", "--json", given=f"{good}\n\nnonsense\n{json.dumps(terms | {'principal': '-1'})}\n"
    )
    first, second, third = (matches(json.loads(line), "schedule.json") for line in result.stdout.splitlines())
    assert result.exit_code == 1
    assert [row["due"] for row in first["rows"]] == ["510.00", "505.00"]
    assert (second["error"]["field"], third["error"]["field"]) == ("input", "principal")
    assert call("schedule", "--json", given=good).exit_code == 0
