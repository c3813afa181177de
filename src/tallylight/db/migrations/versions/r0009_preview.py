"""What a commit would do with each file, worked out once and kept.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _of_preview(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return sa.Column("preview_id", sa.BigInteger(), autoincrement=False, nullable=False), sa.ForeignKeyConstraint(
        ["preview_id"], ["previews.preview_id"], name=f"fk_{table}_preview_id_previews", ondelete="CASCADE"
    )


def upgrade() -> None:
    clock = op.create_table(
        "catalog_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_clock"),
    )
    op.bulk_insert(clock, [{"id": 1, "version": 1}])
    op.create_table(
        "previews",
        sa.Column("preview_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("set_aside", sa.JSON(), nullable=False),
        sa.Column("conflicts", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("moves_known", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("preview_id", name="pk_previews"),
        sa.UniqueConstraint("session_id", name="uq_previews_session_id"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name="fk_previews_session_id_sessions", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "previewed",
        *_of_preview("previewed"),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("moved_from", sa.Text()),
        sa.Column("conflicts", sa.Boolean(), nullable=False),
        sa.Column("set_aside", sa.Boolean(), nullable=False),
        sa.Column("refused", sa.Text()),
        sa.PrimaryKeyConstraint("preview_id", "seq", name="pk_previewed"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_previewed_preview_id_effect_seq", "previewed", ["preview_id", "effect", "seq"])
    op.create_table(
        "first_contents",
        *_of_preview("first_contents"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("preview_id", "sha256", name="pk_first_contents"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("first_contents")
    op.drop_table("previewed")
    op.drop_table("previews")
    op.drop_table("catalog_clock")
