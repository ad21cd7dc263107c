"""People, usage over the days, and changes that hold for a day.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FOR_A_DAY = sa.text("until IS NOT NULL")


def upgrade() -> None:
    op.add_column("changes", sa.Column("until", sa.Date(), nullable=True))
    op.create_index(
        "ix_changes_until",
        "changes",
        ["server_id", "id"],
        unique=False,
        sqlite_where=FOR_A_DAY,
        postgresql_where=FOR_A_DAY,
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "kept_apart",
        sa.Column("user", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user", name="pk_kept_apart"),
    )
    op.create_table(
        "person_users",
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_person_users_person_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name="fk_person_users_server_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server_id", "user", name="pk_person_users"),
    )
    op.create_index("ix_person_users_person_id", "person_users", ["person_id"], unique=False)
    op.create_table(
        "usage_days",
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used_seconds", sa.Integer(), nullable=False),
        sa.Column("playtime_seconds", sa.Integer(), nullable=False),
        sa.Column("given_seconds", sa.Integer(), nullable=False),
        sa.Column("limit_seconds", sa.Integer(), nullable=True),
        sa.Column("ran_out", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name="fk_usage_days_server_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server_id", "user", "day", name="pk_usage_days"),
    )
    op.create_table(
        "usage_samples",
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("used_seconds", sa.Integer(), nullable=False),
        sa.Column("playtime_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name="fk_usage_samples_server_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server_id", "user", "at", name="pk_usage_samples"),
    )
    op.create_index("ix_usage_samples_at", "usage_samples", ["at"], unique=False)
