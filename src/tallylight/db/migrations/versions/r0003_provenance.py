"""Who said what of a file, the model behind its NSFW score, and hashes of its pixels and frames.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("outcomes", "media")
_NAMES = ("provenance", "conflicts", "nsfw_model", "pixel_sha256", "frame_phashes")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("provenance", sa.JSON(), nullable=False, server_default="{}"))
        op.add_column(table, sa.Column("conflicts", sa.JSON(), nullable=False, server_default="[]"))
        op.add_column(table, sa.Column("nsfw_model", sa.Text()))
        op.add_column(table, sa.Column("pixel_sha256", sa.Text()))
        op.add_column(table, sa.Column("frame_phashes", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index("ix_media_pixel_sha256", "media", ["pixel_sha256"])


def downgrade() -> None:
    op.drop_index("ix_media_pixel_sha256", "media")
    for table in _TABLES:
        for name in reversed(_NAMES):
            op.drop_column(table, name)
