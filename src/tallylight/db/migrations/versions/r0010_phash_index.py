"""Perceptual hashes are read without the rows they are in, which are a hundred times as long.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_media_phash_media_id", "media", ["phash", "media_id"])


def downgrade() -> None:
    op.drop_index("ix_media_phash_media_id", table_name="media")
