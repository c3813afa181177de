"""The queue of a session in motion, and which outcome of a file counts.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _of_session(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return sa.Column("session_id", sa.Text(), nullable=False), sa.ForeignKeyConstraint(
        ["session_id"], ["sessions.session_id"], name=f"fk_{table}_session_id_sessions", ondelete="CASCADE"
    )


def upgrade() -> None:
    op.add_column("sessions", sa.Column("taken", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("outcomes", sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("outcomes", sa.Column("retries", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("outcomes", sa.Column("retried_by", sa.BigInteger()))
    op.create_table(
        "hauls",
        *_of_session("hauls"),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_hauls"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tries",
        *_of_session("tries"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "number", name="pk_tries"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("tries")
    op.drop_table("hauls")
    op.drop_column("outcomes", "retried_by")
    op.drop_column("outcomes", "retries")
    op.drop_column("outcomes", "number")
    op.drop_column("sessions", "taken")
