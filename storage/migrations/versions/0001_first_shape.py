"""The first shape of the database.

Written out by Alembic from the models; the append-only triggers of the log are added by hand.
"""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from storage.base import Json
from storage.migrations.append_only import forbid_changes
from storage.types import Exact, Money, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "borrower",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("id_last4", sa.String(length=4), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("industry", sa.String(length=100), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("extra", Json, nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_borrower_language")),
        sa.CheckConstraint("length(id_last4) = 4", name=op.f("ck_borrower_id_last4")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_borrower")),
        sa.UniqueConstraint("ref", name=op.f("uq_borrower_ref")),
    )
    op.create_table(
        "log_entry",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("conv_seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("actor_role", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("keys", Json, nullable=False),
        sa.Column("idem_key", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
        sa.UniqueConstraint(
            "conversation_id", "conv_seq", name=op.f("uq_log_entry_conversation_id_conv_seq")
        ),
        sa.UniqueConstraint("idem_key", name=op.f("uq_log_entry_idem_key")),
    )
    op.create_index(op.f("ix_log_entry_kind"), "log_entry", ["kind"], unique=False)
    op.create_index(op.f("ix_log_entry_subject_id"), "log_entry", ["subject_id"], unique=False)
    op.create_table(
        "log_sequence",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("next_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_log_sequence")),
    )
    op.create_table(
        "plan_run",
        sa.Column("rule_id", sa.String(length=60), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("planned_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "local_date", name=op.f("pk_plan_run")),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("allocation", sa.String(length=64), nullable=False),
        sa.Column("rounding_mode", sa.String(length=16), nullable=False),
        sa.Column("rounding_unit", Exact(), nullable=False),
        sa.Column("max_term_months", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("code", name=op.f("uq_product_code")),
    )
    op.create_table(
        "rate_bucket",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.Column("blocked_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_rate_bucket")),
    )
    op.create_table(
        "send_window",
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("day_starts_at", UtcDateTime(), nullable=False),
        sa.Column("day_ends_at", UtcDateTime(), nullable=False),
        sa.Column("week_starts_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("profile", "timezone", "local_date", name=op.f("pk_send_window")),
    )
    op.create_table(
        "contact_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("borrower_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('phone', 'telegram', 'web', 'terminal')", name=op.f("ck_contact_point_kind")
        ),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_contact_point_borrower_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point")),
        sa.UniqueConstraint(
            "borrower_id", "kind", "value", name=op.f("uq_contact_point_borrower_id_kind_value")
        ),
    )
    op.create_index(op.f("ix_contact_point_borrower_id"), "contact_point", ["borrower_id"], unique=False)
    op.create_index(op.f("ix_contact_point_value"), "contact_point", ["value"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("borrower_id", sa.Integer(), nullable=True),
        sa.Column("linked_at", UtcDateTime(), nullable=True),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("language_pinned", sa.Boolean(), nullable=False),
        sa.Column("control", sa.String(length=8), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("control_epoch", sa.Integer(), nullable=False),
        sa.Column("handover", sa.String(length=10), nullable=True),
        sa.Column("pending", Json, nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("(control = 'human') = (owner IS NOT NULL)", name=op.f("ck_conversation_owner")),
        sa.CheckConstraint("control IN ('bot', 'human', 'closed')", name=op.f("ck_conversation_control")),
        sa.CheckConstraint(
            "handover IN ('requested', 'active', 'crisis')", name=op.f("ck_conversation_handover")
        ),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_conversation_language")),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_conversation_borrower_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("channel", "address", name=op.f("uq_conversation_channel_address")),
    )
    op.create_index(op.f("ix_conversation_borrower_id"), "conversation", ["borrower_id"], unique=False)
    op.create_table(
        "loan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("borrower_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("principal", Money(), nullable=False),
        sa.Column("annual_rate_pct", Exact(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("disbursed_on", sa.Date(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("secured", sa.Boolean(), nullable=False),
        sa.Column("guarantor", sa.Boolean(), nullable=False),
        sa.Column("branch", sa.String(length=64), nullable=False),
        sa.Column("day_count", sa.String(length=20), nullable=False),
        sa.Column("penalty_rate_pct", Exact(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("original_maturity_on", sa.Date(), nullable=False),
        sa.Column("prior_extension_months", sa.Integer(), nullable=False),
        sa.Column("restructure_count", sa.Integer(), nullable=False),
        sa.Column("asset_class", sa.String(length=20), nullable=False),
        sa.Column("signals", Json, nullable=False),
        sa.Column("extra", Json, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.CheckConstraint("method IN ('annuity', 'equal_principal', 'bullet')", name=op.f("ck_loan_method")),
        sa.CheckConstraint("status IN ('active', 'closed')", name=op.f("ck_loan_status")),
        sa.CheckConstraint("principal > 0", name=op.f("ck_loan_principal")),
        sa.CheckConstraint(
            "prior_extension_months >= 0 AND restructure_count >= 0", name=op.f("ck_loan_counts")
        ),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_loan_borrower_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_loan_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan")),
        sa.UniqueConstraint("ref", name=op.f("uq_loan_ref")),
    )
    op.create_index(op.f("ix_loan_borrower_id"), "loan", ["borrower_id"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("borrower_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('opted_out', 'stop_contact', 'wrong_person', 'third_party', 'dispute', 'attorney', 'bankruptcy', 'deceased', 'already_paid', 'crisis', 'human_control', 'unreachable')",
            name=op.f("ck_suppression_reason"),
        ),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_suppression_borrower_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
    )
    op.create_index(
        "uq_suppression_standing",
        "suppression",
        ["borrower_id", "reason"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "button",
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("intent", sa.String(length=40), nullable=False),
        sa.Column("arguments", Json, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_button_conversation_id")
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_button")),
    )
    op.create_table(
        "care_case",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("borrower_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("loan_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("details", sa.String(length=2000), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('hardship', 'dispute', 'already_paid', 'wrong_person', 'third_party', 'attorney', 'bankruptcy', 'deceased', 'complaint', 'fraud_alert', 'debt_agent', 'crisis', 'reconciliation', 'handover')",
            name=op.f("ck_care_case_kind"),
        ),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_care_case_status")),
        sa.CheckConstraint(
            "borrower_id IS NOT NULL OR conversation_id IS NOT NULL", name=op.f("ck_care_case_subject")
        ),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_care_case_borrower_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_care_case_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_case")),
    )
    op.create_index(op.f("ix_care_case_borrower_id"), "care_case", ["borrower_id"], unique=False)
    op.create_index(op.f("ix_care_case_conversation_id"), "care_case", ["conversation_id"], unique=False)
    op.create_index(
        "uq_care_case_one_open",
        "care_case",
        ["borrower_id", "kind"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "charge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("paid", Money(), nullable=False),
        sa.Column("waived", Money(), nullable=False),
        sa.CheckConstraint(
            "amount >= 0 AND paid >= 0 AND waived >= 0 AND paid + waived <= amount",
            name=op.f("ck_charge_amount"),
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_charge_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("loan_id", "kind", "due_on", name=op.f("uq_charge_loan_id_kind_due_on")),
    )
    op.create_index(op.f("ix_charge_loan_id"), "charge", ["loan_id"], unique=False)
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("update_key", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("entities", Json, nullable=False),
        sa.Column("screen", Json, nullable=False),
        sa.Column("explanation", Json, nullable=False),
        sa.Column("clock", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("control_epoch", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('received', 'done', 'human', 'failed')", name=op.f("ck_inbound_message_status")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_inbound_message_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("channel", "update_key", name=op.f("uq_inbound_message_channel_update_key")),
    )
    op.create_index(
        "ix_inbound_message_waiting", "inbound_message", ["status", "conversation_id", "id"], unique=False
    )
    op.create_table(
        "link_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("borrower_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("used_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_link_token_borrower_id")),
        sa.ForeignKeyConstraint(["used_by"], ["conversation.id"], name=op.f("fk_link_token_used_by")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_link_token")),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("external_ref", sa.String(length=100), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_payment_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("loan_id", "external_ref", name=op.f("uq_payment_loan_id_external_ref")),
    )
    op.create_index(op.f("ix_payment_loan_id"), "payment", ["loan_id"], unique=False)
    op.create_table(
        "promise_to_pay",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("source_message", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'kept', 'partly', 'broken', 'cancelled')",
            name=op.f("ck_promise_to_pay_status"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_promise_to_pay_amount")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_promise_to_pay_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_to_pay")),
        sa.UniqueConstraint("source_message", name=op.f("uq_promise_to_pay_source_message")),
    )
    op.create_index(op.f("ix_promise_to_pay_loan_id"), "promise_to_pay", ["loan_id"], unique=False)
    op.create_index(
        "uq_promise_to_pay_one_open",
        "promise_to_pay",
        ["loan_id"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("schedule_version", sa.Integer(), nullable=False),
        sa.Column("position_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("rows", Json, nullable=False),
        sa.Column("totals", Json, nullable=False),
        sa.Column("apr_pct", Exact(), nullable=True),
        sa.Column("new_maturity_on", sa.Date(), nullable=False),
        sa.Column("extension_months", sa.Integer(), nullable=False),
        sa.Column("extra_cost", Money(), nullable=False),
        sa.Column("summary_zh", sa.String(length=500), nullable=False),
        sa.Column("summary_en", sa.String(length=500), nullable=False),
        sa.Column("rules", Json, nullable=False),
        sa.Column("consents_needed", Json, nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("engine_version", sa.String(length=20), nullable=False),
        sa.Column("rulebook", sa.String(length=60), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_quote_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("hash", name=op.f("uq_quote_hash")),
    )
    op.create_index(op.f("ix_quote_loan_id"), "quote", ["loan_id"], unique=False)
    op.create_table(
        "action_run",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("follow_up", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbound_message.id"], name=op.f("fk_action_run_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "action", name=op.f("pk_action_run")),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("quote_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_by_message", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending_consent', 'pending_approval', 'active', 'completed', 'broken', 'rejected', 'expired', 'reversed')",
            name=op.f("ck_agreement_status"),
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_agreement_loan_id")),
        sa.ForeignKeyConstraint(["quote_id"], ["quote.id"], name=op.f("fk_agreement_quote_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("quote_id", name=op.f("uq_agreement_quote_id")),
    )
    op.create_index(op.f("ix_agreement_loan_id"), "agreement", ["loan_id"], unique=False)
    op.create_index(
        "uq_agreement_one_open",
        "agreement",
        ["loan_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('pending_consent', 'pending_approval')"),
        postgresql_where=sa.text("status IN ('pending_consent', 'pending_approval')"),
    )
    op.create_table(
        "identity_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("borrower_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('right', 'wrong', 'cleared')", name=op.f("ck_identity_check_outcome")
        ),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_identity_check_borrower_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_identity_check_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbound_message.id"], name=op.f("fk_identity_check_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_check")),
        sa.UniqueConstraint("message_id", name=op.f("uq_identity_check_message_id")),
    )
    op.create_index(op.f("ix_identity_check_borrower_id"), "identity_check", ["borrower_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=20), nullable=False),
        sa.Column("evidence", sa.String(length=500), nullable=False),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_consent_agreement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("agreement_id", "party", name=op.f("uq_consent_agreement_id_party")),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("agreement_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint("status IN ('active', 'superseded')", name=op.f("ck_schedule_status")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_schedule_agreement_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_schedule_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("loan_id", "version", name=op.f("uq_schedule_loan_id_version")),
    )
    op.create_index(
        "uq_schedule_one_active",
        "schedule",
        ["loan_id"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("instalment_number", sa.Integer(), nullable=False),
        sa.Column("component", sa.String(length=10), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.CheckConstraint(
            "component IN ('penalty', 'fee', 'interest', 'principal', 'charge')",
            name=op.f("ck_allocation_component"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_allocation_amount")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_allocation_payment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name=op.f("fk_allocation_schedule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index(op.f("ix_allocation_payment_id"), "allocation", ["payment_id"], unique=False)
    op.create_table(
        "instalment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("principal", Money(), nullable=False),
        sa.Column("interest", Money(), nullable=False),
        sa.Column("fee", Money(), nullable=False),
        sa.Column("penalty", Money(), nullable=False),
        sa.Column("interest_carried", Money(), nullable=False),
        sa.Column("principal_paid", Money(), nullable=False),
        sa.Column("interest_paid", Money(), nullable=False),
        sa.Column("fee_paid", Money(), nullable=False),
        sa.Column("penalty_paid", Money(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.CheckConstraint("fee >= 0 AND fee_paid >= 0 AND fee_paid <= fee", name=op.f("ck_instalment_fee")),
        sa.CheckConstraint(
            "interest >= 0 AND interest_paid >= 0 AND interest_paid <= interest",
            name=op.f("ck_instalment_interest"),
        ),
        sa.CheckConstraint(
            "penalty >= 0 AND penalty_paid >= 0 AND penalty_paid <= penalty",
            name=op.f("ck_instalment_penalty"),
        ),
        sa.CheckConstraint(
            "principal >= 0 AND principal_paid >= 0 AND principal_paid <= principal",
            name=op.f("ck_instalment_principal"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name=op.f("fk_instalment_schedule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalment")),
        sa.UniqueConstraint("schedule_id", "number", name=op.f("uq_instalment_schedule_id_number")),
    )
    op.create_index("ix_instalment_due_open", "instalment", ["due_on", "settled_on"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("lane", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("control_epoch", sa.Integer(), nullable=True),
        sa.Column("log_entry_id", sa.String(length=32), nullable=True),
        sa.Column("borrower_id", sa.Integer(), nullable=True),
        sa.Column("loan_id", sa.Integer(), nullable=True),
        sa.Column("instalment_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("rule_id", sa.String(length=60), nullable=True),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("buttons", Json, nullable=False),
        sa.Column("picture", Json, nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("sending_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("provider_message_id", sa.String(length=64), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "lane <> 'reminder' OR (loan_id IS NOT NULL AND due_on IS NOT NULL)",
            name=op.f("ck_outbox_reminder"),
        ),
        sa.CheckConstraint(
            "lane = 'reminder' OR (conversation_id IS NOT NULL AND log_entry_id IS NOT NULL)",
            name=op.f("ck_outbox_reply"),
        ),
        sa.CheckConstraint("lane IN ('reply', 'staff', 'reminder')", name=op.f("ck_outbox_lane")),
        sa.CheckConstraint("status <> 'sent' OR log_entry_id IS NOT NULL", name=op.f("ck_outbox_logged")),
        sa.CheckConstraint(
            "status IN ('pending', 'leased', 'sending', 'sent', 'dead', 'expired', 'cancelled', 'uncertain')",
            name=op.f("ck_outbox_status"),
        ),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrower.id"], name=op.f("fk_outbox_borrower_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_outbox_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["instalment_id"], ["instalment.id"], name=op.f("fk_outbox_instalment_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_outbox_loan_id")),
        sa.ForeignKeyConstraint(["log_entry_id"], ["log_entry.id"], name=op.f("fk_outbox_log_entry_id")),
        sa.ForeignKeyConstraint(["message_id"], ["inbound_message.id"], name=op.f("fk_outbox_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_dedupe_key")),
    )
    op.create_index(op.f("ix_outbox_borrower_id"), "outbox", ["borrower_id"], unique=False)
    op.create_index(op.f("ix_outbox_conversation_id"), "outbox", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_outbox_loan_id"), "outbox", ["loan_id"], unique=False)
    op.create_index(op.f("ix_outbox_message_id"), "outbox", ["message_id"], unique=False)
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["priority", "not_before", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "send_attempt",
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_send_attempt_outbox_id")),
        sa.PrimaryKeyConstraint("outbox_id", "number", name=op.f("pk_send_attempt")),
    )
    forbid_changes("log_entry")


def downgrade() -> None:
    op.drop_table("send_attempt")
    op.drop_index(
        "ix_outbox_pending",
        table_name="outbox",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index(op.f("ix_outbox_message_id"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_loan_id"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_conversation_id"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_borrower_id"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_instalment_due_open", table_name="instalment")
    op.drop_table("instalment")
    op.drop_index(op.f("ix_allocation_payment_id"), table_name="allocation")
    op.drop_table("allocation")
    op.drop_index(
        "uq_schedule_one_active",
        table_name="schedule",
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.drop_table("schedule")
    op.drop_table("consent")
    op.drop_index(op.f("ix_identity_check_borrower_id"), table_name="identity_check")
    op.drop_table("identity_check")
    op.drop_index(
        "uq_agreement_one_open",
        table_name="agreement",
        sqlite_where=sa.text("status IN ('pending_consent', 'pending_approval')"),
        postgresql_where=sa.text("status IN ('pending_consent', 'pending_approval')"),
    )
    op.drop_index(op.f("ix_agreement_loan_id"), table_name="agreement")
    op.drop_table("agreement")
    op.drop_table("action_run")
    op.drop_index(op.f("ix_quote_loan_id"), table_name="quote")
    op.drop_table("quote")
    op.drop_index(
        "uq_promise_to_pay_one_open",
        table_name="promise_to_pay",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(op.f("ix_promise_to_pay_loan_id"), table_name="promise_to_pay")
    op.drop_table("promise_to_pay")
    op.drop_index(op.f("ix_payment_loan_id"), table_name="payment")
    op.drop_table("payment")
    op.drop_table("link_token")
    op.drop_index("ix_inbound_message_waiting", table_name="inbound_message")
    op.drop_table("inbound_message")
    op.drop_index(op.f("ix_charge_loan_id"), table_name="charge")
    op.drop_table("charge")
    op.drop_index(
        "uq_care_case_one_open",
        table_name="care_case",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(op.f("ix_care_case_conversation_id"), table_name="care_case")
    op.drop_index(op.f("ix_care_case_borrower_id"), table_name="care_case")
    op.drop_table("care_case")
    op.drop_table("button")
    op.drop_index(
        "uq_suppression_standing",
        table_name="suppression",
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.drop_table("suppression")
    op.drop_index(op.f("ix_loan_borrower_id"), table_name="loan")
    op.drop_table("loan")
    op.drop_index(op.f("ix_conversation_borrower_id"), table_name="conversation")
    op.drop_table("conversation")
    op.drop_index(op.f("ix_contact_point_value"), table_name="contact_point")
    op.drop_index(op.f("ix_contact_point_borrower_id"), table_name="contact_point")
    op.drop_table("contact_point")
    op.drop_table("send_window")
    op.drop_table("rate_bucket")
    op.drop_table("product")
    op.drop_table("plan_run")
    op.drop_table("log_sequence")
    op.drop_index(op.f("ix_log_entry_subject_id"), table_name="log_entry")
    op.drop_index(op.f("ix_log_entry_kind"), table_name="log_entry")
    op.drop_table("log_entry")
    op.drop_table("borrower")
    # ### end Alembic commands ###
