"""Where a server keeps what lets its own user in, for commands that come from another data folder.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("owners", sa.Column("folder", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("owners", "folder")
