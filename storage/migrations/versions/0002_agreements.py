"""Agreements through their whole life: terms of a version, combined reliefs, waivers, two people for a decision.

Old rows are kept as they are; a quote from before gets its one step, and what it capitalised is worked out from its
rows. Quotes and consents can no longer be changed, and an agreement comes in force only with its consents and its
approval, by somebody who recorded none of them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.base import Json
from storage.migrations.append_only import forbid_changes, forbid_replacing
from storage.migrations.two_people import demand_two_people
from storage.types import Money, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WAITING = "status IN ('pending_consent', 'pending_approval')"
OPEN = "status = 'open'"
AGREEMENT_STATES = (
    "status IN ('pending_consent', 'pending_approval', 'active', 'completed', 'broken', 'rejected', 'expired', "
    "'reversed'{more})"
)
COMPONENTS = ("principal", "interest", "fee", "penalty")


def upgrade() -> None:
    op.add_column("loan", sa.Column("watch_until", sa.Date(), nullable=True))
    op.add_column("loan", sa.Column("credit_protected_until", sa.Date(), nullable=True))
    _retype("product", "allocation", sa.String(64), sa.String(200))
    _schedule()
    _quote()
    _agreement()
    _waiver()
    _cases()
    forbid_changes("quote")
    forbid_changes("consent")
    forbid_replacing("quote", ["id"], ["hash"])
    forbid_replacing("consent", ["id"], ["agreement_id", "party"])
    forbid_replacing("agreement", ["id"], ["quote_id"])
    forbid_replacing("log_entry", ["id"], ["conversation_id", "conv_seq"], ["idem_key"])
    demand_two_people()


def _schedule() -> None:
    with op.batch_alter_table("schedule") as table:
        table.add_column(sa.Column("terms", Json, nullable=True))
        table.drop_constraint(op.f("ck_schedule_status"), type_="check")
        table.create_check_constraint(
            op.f("ck_schedule_status"), "status IN ('active', 'superseded', 'reversed')"
        )
    op.create_index(op.f("ix_schedule_agreement_id"), "schedule", ["agreement_id"])


def _quote() -> None:
    new: dict[str, tuple[Any, str]] = {
        "steps": (Json, "'[]'"),
        "waived": (Json, "'{}'"),
        "waived_charges": (Json, "'[]'"),
        "capitalised_interest": (Money(), "0"),
        "effects": (Json, "'{}'"),
    }
    for name, (kind, default) in new.items():
        column: sa.Column[Any] = sa.Column(name, kind, nullable=False, server_default=sa.text(default))
        op.add_column("quote", column)
    op.add_column("quote", sa.Column("terms", Json, nullable=True))
    op.add_column("quote", sa.Column("approval_level", sa.String(20), nullable=True))
    _complete_old_quotes()
    with op.batch_alter_table("quote") as table:
        for name, (kind, _) in new.items():
            table.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
        table.alter_column("kind", existing_type=sa.String(40), existing_nullable=False, type_=sa.String(100))
        for name in ("summary_zh", "summary_en"):
            table.alter_column(
                name, existing_type=sa.String(500), existing_nullable=False, type_=sa.String(2000)
            )


def _complete_old_quotes() -> None:
    """Give quotes from before their one step, that they waived nothing, and the interest they capitalised."""
    connection = op.get_bind()
    for quote_id, kind, params, rows, principal in connection.execute(
        sa.text(
            "SELECT quote.id, quote.kind, quote.params, quote.rows, sum(instalment.principal) FROM quote "
            "JOIN schedule ON schedule.loan_id = quote.loan_id AND schedule.version = quote.schedule_version "
            "JOIN instalment ON instalment.schedule_id = schedule.id "
            "GROUP BY quote.id, quote.kind, quote.params, quote.rows"
        ).columns(params=Json, rows=Json)
    ).all():
        asked = sum((Decimal(row["principal"]) for row in rows), Decimal(0))
        connection.execute(
            sa.text(
                "UPDATE quote SET steps = :steps, waived = :waived, capitalised_interest = :capitalised "
                "WHERE id = :id"
            ).bindparams(
                sa.bindparam("steps", [{"kind": kind, "params": params}], Json),
                sa.bindparam("waived", dict.fromkeys(COMPONENTS, "0.00"), Json),
                sa.bindparam("capitalised", max(int(asked * 100) - int(principal), 0), sa.BigInteger()),
                id=quote_id,
            )
        )


def _agreement() -> None:
    with op.batch_alter_table("agreement") as table:
        table.add_column(sa.Column("requested_by", sa.String(100), nullable=True))
        table.add_column(sa.Column("decided_by", sa.String(100), nullable=True))
        table.add_column(sa.Column("loan_before", Json, nullable=True))
        table.add_column(sa.Column("replaces_id", sa.String(32), nullable=True))
        table.add_column(sa.Column("ended_at", UtcDateTime(), nullable=True))
        table.add_column(
            sa.Column("ended_because", sa.String(500), nullable=False, server_default=sa.text("''"))
        )
        table.add_column(sa.Column("ended_by", sa.String(100), nullable=True))
        table.create_foreign_key(op.f("fk_agreement_replaces_id"), "agreement", ["replaces_id"], ["id"])
        table.drop_constraint(op.f("ck_agreement_status"), type_="check")
        table.create_check_constraint(
            op.f("ck_agreement_status"), AGREEMENT_STATES.format(more=", 'replaced'")
        )
        table.create_check_constraint(
            op.f("ck_agreement_two_people"), "lower(decided_by) <> lower(requested_by)"
        )
        table.create_check_constraint(
            op.f("ck_agreement_reversed_by"), "status <> 'reversed' OR ended_by IS NOT NULL"
        )
        table.create_check_constraint(
            op.f("ck_agreement_ended_by_another"),
            "lower(ended_by) <> lower(decided_by) AND lower(ended_by) <> lower(requested_by)",
        )
    with op.batch_alter_table("agreement") as table:
        table.alter_column(
            "ended_because", existing_type=sa.String(500), existing_nullable=False, server_default=None
        )


def _waiver() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.String(length=32), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("component", sa.String(length=10), nullable=False),
        sa.Column("instalment_number", sa.Integer(), nullable=True),
        sa.Column("charge_id", sa.Integer(), nullable=True),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("waived_at", UtcDateTime(), nullable=False),
        sa.Column("reversed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_waiver_amount")),
        sa.CheckConstraint(
            "component IN ('penalty', 'fee', 'interest', 'principal')", name=op.f("ck_waiver_component")
        ),
        sa.CheckConstraint("instalment_number IS NULL OR charge_id IS NULL", name=op.f("ck_waiver_one_debt")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_waiver_agreement_id")),
        sa.ForeignKeyConstraint(["charge_id"], ["charge.id"], name=op.f("fk_waiver_charge_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_waiver_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
    )
    op.create_index(op.f("ix_waiver_agreement_id"), "waiver", ["agreement_id"])
    op.create_index(op.f("ix_waiver_loan_id"), "waiver", ["loan_id"])


def _cases() -> None:
    for table in ("care_case", "promise_to_pay"):
        op.add_column(table, sa.Column("changed_at", UtcDateTime(), nullable=True))
    op.drop_index("uq_care_case_one_open", table_name="care_case")
    _retype("care_case", "details", sa.String(2000), sa.Text())
    _one_open("uq_care_case_one_open", ["borrower_id", "kind"], f"{OPEN} AND kind <> 'reconciliation'")
    _one_open("uq_care_case_one_reconciliation", ["loan_id", "reason"], f"{OPEN} AND kind = 'reconciliation'")


def _retype(table_name: str, column: str, old: Any, new: Any) -> None:
    with op.batch_alter_table(table_name) as table:
        table.alter_column(column, existing_type=old, existing_nullable=False, type_=new)


def _one_open(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "care_case",
        columns,
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def downgrade() -> None:
    raise NotImplementedError(
        "agreements as they live since 0002 do not fit into 0001: restore the backup from before"
    )
