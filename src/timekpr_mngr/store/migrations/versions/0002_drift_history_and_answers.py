"""Drift, the history of configurations, the log of what was sent, and answers to changes that ask.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ASKS = sa.text("state IN ('conflict', 'uncertain') AND answer IS NULL")
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    for name, kind in (
        ("answer", sa.Text()),
        ("answered_by", sa.Text()),
        ("answered_at", sa.BigInteger()),
        ("follows", sa.Integer()),
        ("follows_as", sa.Text()),
    ):
        op.add_column("changes", sa.Column(name, kind, nullable=True))
    op.create_index("ix_changes_follows", "changes", ["follows"], unique=False)
    op.create_index(
        "ix_changes_asks", "changes", ["id"], unique=False, sqlite_where=ASKS, postgresql_where=ASKS
    )
    op.drop_table("config_history")  # nothing was ever written to these two
    op.drop_table("sent_log")
    op.create_table(
        "config_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("field_values", sa.JSON(), nullable=False),
        sa.Column("change_ids", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_config_history_server_id"),
        sa.PrimaryKeyConstraint("id", name="pk_config_history"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_config_history_server_id_user_id", "config_history", ["server_id", "user", "id"], unique=False
    )
    op.create_table(
        "drift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("known", sa.JSON(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("overwritten", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("change_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_drift_change_id"),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_drift_server_id"),
        sa.PrimaryKeyConstraint("id", name="pk_drift"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drift_server_id_user_id", "drift", ["server_id", "user", "id"], unique=False)
    op.create_index(
        "ix_drift_open", "drift", ["server_id", "id"], unique=False, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "given",
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("moved_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_given_server_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("server_id", "user", "kind", name="pk_given"),
    )
    op.create_table(
        "sent_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name="fk_sent_log_server_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sent_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sent_log_at", "sent_log", ["at"], unique=False)
    op.create_index("ix_sent_log_server_id_id", "sent_log", ["server_id", "id"], unique=False)
