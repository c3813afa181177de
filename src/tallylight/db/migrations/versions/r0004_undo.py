"""What commits replaced, so that they can be undone.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replaced",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("medium", sa.JSON(), nullable=True),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "path", name="pk_replaced"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "replaced_texts",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "path"],
            ["replaced.session_id", "replaced.path"],
            name="fk_replaced_texts_session_id_path_replaced",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["sha256"], ["raw_texts.sha256"], name="fk_replaced_texts_sha256_raw_texts"),
        sa.PrimaryKeyConstraint("session_id", "path", "position", name="pk_replaced_texts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_replaced_texts_sha256", "replaced_texts", ["sha256"])


def downgrade() -> None:
    op.drop_table("replaced_texts")
    op.drop_table("replaced")
