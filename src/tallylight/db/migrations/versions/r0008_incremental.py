"""What read a file and how deep, what a session found in each folder, and which files are missing.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("outcomes", "media"):
        op.add_column(table, sa.Column("extractor_version", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("tier", sa.Text()))
        _tell_tiers(table)
    op.add_column("media", sa.Column("missing_since", sa.Double()))
    op.create_table(
        "folders",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("files", "unchanged", "excluded", "known", "lost")
        ),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name="fk_folders_session_id_sessions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "folder", name="pk_folders"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mounts",
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("mount_point", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("directory", name="pk_mounts"),
        sqlite_with_rowid=False,
    )


def _tell_tiers(table: str) -> None:
    """The tier of a row of before shows in what it has: only a whole read hashes, and only an opened file has a
    format.
    """
    of = sa.table(
        table, *(sa.column(name) for name in ("tier", "sha256", "media", "kind" if table == "outcomes" else "path"))
    )
    is_full, is_opened = of.c.sha256.is_not(None), sa.cast(of.c.media, sa.Text()).like('%"format"%')
    tiers = sa.update(of).values(tier=sa.case((is_full, "full"), (is_opened, "metadata"), else_="index"))
    op.execute(tiers.where(of.c.kind == "extracted") if table == "outcomes" else tiers)


def downgrade() -> None:
    op.drop_table("mounts")
    op.drop_table("folders")
    op.drop_column("media", "missing_since")
    for table in ("media", "outcomes"):
        op.drop_column(table, "tier")
        op.drop_column(table, "extractor_version")
