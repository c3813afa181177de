"""Tombstones: what is kept for a while of deleted sessions.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tombstones",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=False),
        sa.Column("tally", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_tombstones"),
    )
    op.create_index("ix_tombstones_tally", "tombstones", ["tally"])


def downgrade() -> None:
    op.drop_table("tombstones")
