"""Roles for single people, second factors, and tokens with a scope and an end.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("minutes_a_day", sa.Integer(), nullable=True))
    op.add_column("tokens", sa.Column("scope", sa.Text(), nullable=False, server_default="admin"))
    op.add_column("tokens", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "account_people",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("minutes_a_day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name="fk_account_people_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_account_people_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account", "person_id", name="pk_account_people"),
    )
    op.create_index("ix_account_people_person_id", "account_people", ["person_id"], unique=False)
    op.create_table(
        "second_factors",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name="fk_second_factors_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.name"], name="fk_recovery_codes_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account", "code_hash", name="pk_recovery_codes"),
    )
