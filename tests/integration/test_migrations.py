"""Migrations keep what is in a database, and lead to exactly the tables the models describe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Engine, MetaData, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

import conversations.models
import scheduler.models
import transcripts.models
from loans.models import Agreement, Case, Loan, Quote
from loans.positions import position_of
from loans.view import active_schedule
from storage.base import Base
from storage.engine import Database, open_engine
from storage.migrate import upgrade

MODELS = (conversations.models, scheduler.models, transcripts.models)
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
QUOTE, AGREEMENT = "a" * 32, "b" * 32


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> str:
    """A database without any table, on each kind of database in turn."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'empty.db'}"
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return database_url


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    opened = open_engine(empty_url)
    yield opened
    opened.dispose()


def check_names(table: Any) -> set[str]:
    return {str(each.name) for each in table.constraints if isinstance(each, CheckConstraint)}


def test_the_migrations_lead_to_the_models(empty_url: str, engine: Engine) -> None:
    upgrade(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
        found = inspect(connection)
        for name, table in Base.metadata.tables.items():
            checks = {str(check["name"]) for check in found.get_check_constraints(name)}
            assert checks == check_names(table), name


def rows_of_before(agreed: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """A loan that agreed to two more months with 12.50 of interest added to its principal, as 0001 kept it."""
    instalment: dict[str, Any] = {
        "fee": 0,
        "penalty": 0,
        "interest_carried": 0,
        "principal_paid": 0,
        "interest_paid": 0,
        "fee_paid": 0,
        "penalty_paid": 0,
    }
    return {
        "borrower": [
            {
                "id": 1,
                "ref": "B1",
                "name": "李晓梅",
                "id_last4": "1024",
                "language": "zh",
                "timezone": "Asia/Shanghai",
                "region": "",
                "industry": "",
                "consent": True,
                "opted_out": False,
                "tags": [],
                "extra": {},
            }
        ],
        "product": [
            {
                "id": 1,
                "code": "shop",
                "allocation": "penalty,fee,interest,principal",
                "rounding_mode": "HALF_UP",
                "rounding_unit": "0.01",
                "max_term_months": 36,
            }
        ],
        "loan": [
            {
                "id": 1,
                "ref": "L1",
                "borrower_id": 1,
                "product_id": 1,
                "principal": 100000,
                "annual_rate_pct": "12",
                "term_months": 6,
                "method": "bullet",
                "disbursed_on": date(2026, 6, 1),
                "first_due_on": date(2026, 12, 1),
                "currency": "CNY",
                "secured": False,
                "guarantor": True,
                "branch": "",
                "day_count": "30/360",
                "penalty_rate_pct": "0",
                "grace_days": 0,
                "original_maturity_on": date(2026, 12, 1),
                "prior_extension_months": 2,
                "restructure_count": 1,
                "asset_class": "",
                "signals": [],
                "extra": {},
                "status": "active",
            }
        ],
        "quote": [
            {
                "id": QUOTE,
                "loan_id": 1,
                "schedule_version": 1,
                "position_hash": "c" * 64,
                "kind": "deferral",
                "params": {"months": 2, "interest": "capitalised"},
                "rows": [agreed],
                "totals": {},
                "new_maturity_on": date(2027, 2, 1),
                "extension_months": 2,
                "extra_cost": 1250,
                "summary_zh": "展期",
                "summary_en": "more time",
                "rules": [],
                "consents_needed": ["guarantor"],
                "needs_approval": False,
                "engine_version": "1",
                "rulebook": "cn_microcredit",
                "hash": "d" * 64,
                "created_at": AT,
                "expires_at": AT,
            }
        ],
        "agreement": [
            {"id": AGREEMENT, "loan_id": 1, "quote_id": QUOTE, "status": "active", "confirmed_at": AT}
        ],
        "consent": [
            {
                "id": 1,
                "agreement_id": AGREEMENT,
                "party": "guarantor",
                "evidence": "letter",
                "recorded_by": "u17",
                "recorded_at": AT,
            }
        ],
        "schedule": [
            {
                "id": number,
                "loan_id": 1,
                "version": number,
                "status": status,
                "effective_on": date(2026, 6, 1),
                "created_at": AT,
                "agreement_id": agreement,
            }
            for number, status, agreement in ((1, "superseded", None), (2, "active", AGREEMENT))
        ],
        "instalment": [
            instalment
            | {
                "id": 1,
                "schedule_id": 1,
                "number": 1,
                "due_on": date(2026, 12, 1),
                "principal": 100000,
                "interest": 6000,
            },
            instalment
            | {
                "id": 2,
                "schedule_id": 2,
                "number": 1,
                "due_on": date(2027, 2, 1),
                "principal": 101250,
                "interest": 6000,
                "principal_paid": 500,
            },
        ],
        "payment": [
            {"id": 1, "loan_id": 1, "paid_on": date(2026, 11, 19), "amount": 500, "external_ref": "P1"}
        ],
        "allocation": [
            {
                "id": 1,
                "payment_id": 1,
                "schedule_id": 2,
                "instalment_number": 1,
                "component": "principal",
                "amount": 500,
            }
        ],
        "care_case": [
            {
                "id": "e" * 32,
                "borrower_id": 1,
                "loan_id": 1,
                "kind": "reconciliation",
                "status": "open",
                "reason": "ledger_behind",
                "details": "L1",
                "opened_at": AT,
            }
        ],
    }


def test_0002_keeps_every_row_of_0001(empty_url: str, engine: Engine) -> None:
    upgrade(empty_url, "0001")
    before = MetaData()
    before.reflect(engine)
    rows = rows_of_before({"number": 1, "principal": "1012.50", "interest": "60.00", "paid": False})
    with engine.begin() as connection:
        for name, given in rows.items():
            for row in given:
                connection.execute(insert(before.tables[name]).values(row))
    upgrade(empty_url)

    database = Database(empty_url)
    with database.read() as session:
        for name in rows:
            assert session.scalar(select(func.count()).select_from(before.tables[name])) == len(rows[name])
        quote = session.get_one(Quote, QUOTE)
        assert quote.steps == [{"kind": "deferral", "params": {"months": 2, "interest": "capitalised"}}]
        assert set(quote.waived.values()) == {"0.00"}
        assert (quote.capitalised_interest, quote.terms, quote.effects) == (Decimal("12.50"), None, {})
        agreement = session.get_one(Agreement, AGREEMENT)
        assert (agreement.status, agreement.ended_because, agreement.decided_by) == ("active", "", None)
        assert session.scalars(select(Case)).one().details == "L1"
        loan = session.get_one(Loan, 1)
        position = position_of(loan, active_schedule(session, loan), AT.date())
        assert (position.method, position.outstanding.principal) == ("bullet", Decimal("1007.50"))
    database.close()


@pytest.mark.parametrize("change", ["UPDATE quote SET kind = 'other'", "DELETE FROM quote"])
def test_a_quote_is_never_changed_or_removed(empty_url: str, engine: Engine, change: str) -> None:
    upgrade(empty_url, "0001")
    before = MetaData()
    before.reflect(engine)
    rows = rows_of_before({"number": 1, "principal": "1000.00", "paid": False})
    with engine.begin() as connection:
        for name in ("borrower", "product", "loan", "quote"):
            connection.execute(insert(before.tables[name]).values(rows[name][0]))
    upgrade(empty_url)
    with pytest.raises(DBAPIError, match="never changed or removed"), engine.begin() as connection:
        connection.execute(text(change))
