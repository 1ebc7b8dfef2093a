"""Files that borrowers send: the file, what became of fetching it, the cases it belongs to. Rows are only added."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations.append_only import forbid_changes, forbid_replacing
from storage.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("channel_file", sa.String(length=250), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'document', 'voice', 'video')", name=op.f("ck_evidence_kind")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_evidence_conversation_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["inbound_message.id"], name=op.f("fk_evidence_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_conversation_id"), "evidence", ["conversation_id"])
    op.create_index(
        "uq_evidence_message_id_channel_file", "evidence", ["message_id", "channel_file"], unique=True
    )
    op.create_table(
        "evidence_file",
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("path", sa.String(length=120), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('kept', 'too_big', 'wrong_type', 'gone')", name=op.f("ck_evidence_file_outcome")
        ),
        sa.CheckConstraint(
            "(outcome = 'kept') = (sha256 IS NOT NULL AND path IS NOT NULL AND size IS NOT NULL)",
            name=op.f("ck_evidence_file_kept"),
        ),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_file_evidence_id")),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence_file")),
    )
    op.create_table(
        "evidence_case",
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("attached_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_evidence_case_case_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_case_evidence_id")),
        sa.PrimaryKeyConstraint("evidence_id", "case_id", name=op.f("pk_evidence_case")),
    )
    op.create_index(op.f("ix_evidence_case_case_id"), "evidence_case", ["case_id"])
    for table in ("evidence", "evidence_file", "evidence_case"):
        forbid_changes(table)
    forbid_replacing("evidence", ["id"], ["message_id", "channel_file"])
    forbid_replacing("evidence_file", ["evidence_id"])
    forbid_replacing("evidence_case", ["evidence_id", "case_id"])


def downgrade() -> None:
    raise NotImplementedError("0002 has no place for evidence: restore the backup from before")
