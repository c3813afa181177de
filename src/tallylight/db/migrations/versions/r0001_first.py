"""The first tables: journal, catalog and the texts they share.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "journal_clock",
    "sessions",
    "facts",
    "outcomes",
    "raw_texts",
    "outcome_texts",
    "media",
    "media_keywords",
    "media_texts",
)


def upgrade() -> None:
    _journal_clock()
    _sessions()
    _facts()
    _outcomes()
    _raw_texts()
    _outcome_texts()
    _media()
    _media_keywords()
    _media_texts()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _journal_clock() -> None:
    op.create_table(
        "journal_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("tally", sa.BigInteger(), nullable=False),
        sa.Column("boot_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_journal_clock"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tally", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_created_at", "sessions", ["created_at"])
    op.create_index("ix_sessions_tally", "sessions", ["tally"])


def _facts() -> None:
    op.create_table(
        "facts",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name="fk_facts_session_id_sessions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_facts"),
        sqlite_with_rowid=False,
    )


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("file_raw", sa.LargeBinary()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("ms", sa.Double(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("generation", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("score", sa.Integer()),
        sa.Column("favourite", sa.Boolean()),
        sa.Column("nsfw_score", sa.Double()),
        sa.Column("sha256", sa.Text()),
        sa.Column("phash", sa.Text()),
        sa.Column("has_thumbnail", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name="fk_outcomes_session_id_sessions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_session_id_kind_seq", "outcomes", ["session_id", "kind", "seq"])


def _raw_texts() -> None:
    op.create_table(
        "raw_texts",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("zlib", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_raw_texts"),
    )


def _outcome_texts() -> None:
    op.create_table(
        "outcome_texts",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name="fk_outcome_texts_session_id_sessions", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["raw_texts.sha256"], name="fk_outcome_texts_sha256_raw_texts"),
        sa.PrimaryKeyConstraint("session_id", "seq", "position", name="pk_outcome_texts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outcome_texts_sha256", "outcome_texts", ["sha256"])


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("media_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_raw", sa.LargeBinary()),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text()),
        sa.Column("format", sa.Text()),
        sa.Column("width", sa.BigInteger()),
        sa.Column("height", sa.BigInteger()),
        sa.Column("duration", sa.Double()),
        sa.Column("created_at", sa.Text()),
        sa.Column("score", sa.Integer()),
        sa.Column("favourite", sa.Boolean()),
        sa.Column("nsfw_score", sa.Double()),
        sa.Column("sha256", sa.Text()),
        sa.Column("phash", sa.Text()),
        sa.Column("has_thumbnail", sa.Boolean(), nullable=False),
        sa.Column("model", sa.Text()),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("committed_at", sa.Double(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("generation", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("media_id", name="pk_media"),
        sa.UniqueConstraint("path", name="uq_media_path"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_media_folder", "media", ["folder"])
    op.create_index("ix_media_sha256", "media", ["sha256"])


def _media_keywords() -> None:
    op.create_table(
        "media_keywords",
        sa.Column("media_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.media_id"], name="fk_media_keywords_media_id_media", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_id", "position", name="pk_media_keywords"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_media_keywords_text", "media_keywords", ["text"])


def _media_texts() -> None:
    op.create_table(
        "media_texts",
        sa.Column("media_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.media_id"], name="fk_media_texts_media_id_media", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["raw_texts.sha256"], name="fk_media_texts_sha256_raw_texts"),
        sa.PrimaryKeyConstraint("media_id", "position", name="pk_media_texts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_media_texts_sha256", "media_texts", ["sha256"])
