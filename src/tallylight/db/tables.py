"""Every table. Names are those of the glossary, the same as in code and JSON.

Times are seconds since 1970 in UTC as double floats, never a database's own date type: a fact's `at` must come back
from the journal exactly as the fold saw it, and every database keeps a double bit by bit. (`created_at` of a medium is
text: what the camera wrote, usually without a time zone.) Whole numbers are 64 bits wide, because sizes and
nanoseconds are.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
    text,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of_session() -> Column[Any]:
    return Column("session_id", Text, ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True)


def _of_medium() -> Column[Any]:
    return Column("media_id", BigInteger, ForeignKey("media.media_id", ondelete="CASCADE"), primary_key=True)


def _to_raw_text() -> Column[Any]:
    return Column("sha256", Text, ForeignKey("raw_texts.sha256"), nullable=False, index=True)


def _conflicts() -> Column[Any]:
    return Column("conflicts", JSON, nullable=False, server_default="[]")


def _told_since_0008() -> tuple[Column[Any], ...]:
    """Of outcomes and of media alike: what read the file, and how deep."""
    return Column("extractor_version", Integer, nullable=False, server_default="0"), Column("tier", Text)


def _number(name: str) -> Column[Any]:
    """Part of a key that we count ourselves; SQLAlchemy would otherwise ask the database to."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


#: One row: what belongs to the journal as a whole.
journal_clock: Final = Table(
    "journal_clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Text, nullable=False),
    Column("tally", BigInteger, nullable=False),
    Column("boot_id", Text),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("created_at", Double, nullable=False, index=True),
    Column("parameters", JSON, nullable=False),
    Column("state", JSON, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("tally", BigInteger, nullable=False, index=True),
    Column("taken", BigInteger, nullable=False, server_default="0"),  # workers may be on candidates up to this number
    Column("owner", Text),  # who works on it, where several processes may; no foreign key: the dead are cleared away
)

#: The processes that share this database: how people and programs reach each, and until when it counts as alive.
owners: Final = Table(
    "owners",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("url", Text, nullable=False),  # empty where it is no server
    Column("leased_until", Double, nullable=False),  # by the database's clock
    Column("folder", Text, nullable=False, server_default=""),  # its data folder, on its machine
)

#: What is kept for a while of deleted sessions, so that readers who were away can be told.
tombstones: Final = Table(
    "tombstones",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("state", JSON, nullable=False),
    Column("deleted_at", Double, nullable=False),
    Column("tally", BigInteger, nullable=False, index=True),
)

#: Every fact but the outcomes.
facts: Final = Table(
    "facts",
    metadata,
    _of_session(),
    _number("seq"),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", JSON, nullable=False),
    sqlite_with_rowid=False,
)

_NOT_EXTRACTED_SQL: Final = text("kind != 'extracted'")

#: One row for each Processed fact, numbered with the other facts.
outcomes: Final = Table(
    "outcomes",
    metadata,
    _of_session(),
    _number("seq"),
    Column("at", Double, nullable=False),
    Column("root", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("file_raw", LargeBinary),  # only where the name is not UTF-8
    Column("kind", Text, nullable=False),
    Column("code", Text),
    Column("message", Text, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("ms", Double, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("score", Integer),
    Column("favourite", Boolean),
    Column("nsfw_score", Double),
    Column("sha256", Text),
    Column("has_thumbnail", Boolean, nullable=False),
    _conflicts(),
    Column("number", BigInteger, nullable=False, server_default="0"),  # the candidate's; 0 in rows of before 0005
    Column("retries", BigInteger, nullable=False, server_default="0"),  # seq of the one in whose place this one counts
    Column("retried_by", BigInteger),  # seq of the newer outcome of the same file, which counts instead
    *_told_since_0008(),
    Column("described", LargeBinary),  # all else that is known of the file (see `journal.describing`); null if nothing
    # What was extracted is nearly everything: the primary key finds as much of it.
    Index(None, "session_id", "kind", "seq", sqlite_where=_NOT_EXTRACTED_SQL, postgresql_where=_NOT_EXTRACTED_SQL),
)

#: A query that says so in these very words may go by the index of what was not extracted.
NOT_EXTRACTED: Final = outcomes.c.kind != literal_column("'extracted'")

#: What discovery found, a stretch of it each, numbered by the fact that counts it. Gone when the session rests.
hauls: Final = Table(
    "hauls",
    metadata,
    _of_session(),
    _number("seq"),
    Column("packed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: What a session found in a folder that it was through with, where that was anything. `known` and `lost` leave out what
#: was marked as missing by an
#: earlier one; `missing` and `found` are names.
folders: Final = Table(
    "folders",
    metadata,
    _of_session(),
    Column("folder", Text, primary_key=True),
    Column("files", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False),
    Column("excluded", BigInteger, nullable=False),
    Column("known", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("missing", JSON, nullable=False),
    Column("found", JSON, nullable=False),
    sqlite_with_rowid=False,
)

#: How often the process ended while a worker was on a candidate. Gone when the session rests.
tries: Final = Table(
    "tries",
    metadata,
    _of_session(),
    _number("number"),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: Embedded text, once for each content hash; journal and catalog share them.
raw_texts: Final = Table(
    "raw_texts",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("zlib", LargeBinary, nullable=False),
)

#: `position` keeps the order they were found in: one file may hold two texts under one key.
outcome_texts: Final = Table(
    "outcome_texts",
    metadata,
    _of_session(),
    _number("seq"),
    _number("position"),
    Column("key", Text, nullable=False),
    _to_raw_text(),
    sqlite_with_rowid=False,
)

media: Final = Table(
    "media",
    metadata,
    # SQLite counts by itself only in a column that is called INTEGER; it has 64 bits all the same.
    Column("media_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("path_raw", LargeBinary),  # only where the path is not UTF-8
    Column("folder", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("type", Text),
    Column("format", Text),
    Column("width", BigInteger),
    Column("height", BigInteger),
    Column("duration", Double),
    Column("created_at", Text),
    Column("score", Integer),
    Column("favourite", Boolean),
    Column("nsfw_score", Double),
    Column("sha256", Text, index=True),
    Column("phash", Text),
    Column("has_thumbnail", Boolean, nullable=False),
    Column("model", Text),
    Column("session_id", Text, nullable=False),  # no foreign key: the catalog outlives sessions
    Column("committed_at", Double, nullable=False),
    Column("digest", Text, nullable=False),  # of all that is stored of it: tells an unchanged row from a changed one
    Column("media", JSON, nullable=False),
    Column("generation", JSON, nullable=False),
    Column("warnings", JSON, nullable=False),
    # What rows of before 0003 say nothing of, hence the defaults.
    Column("provenance", JSON, nullable=False, server_default="{}"),
    _conflicts(),
    Column("nsfw_model", Text),
    Column("pixel_sha256", Text),
    Column("frame_phashes", JSON, nullable=False, server_default="[]"),
    *_told_since_0008(),
    Column("missing_since", Double),  # when a session did not find the file any more
    Index(None, "pixel_sha256"),
    Index(None, "phash", "media_id"),
    # An address of a medium that was removed must never show another one.
    sqlite_autoincrement=True,
)

media_keywords: Final = Table(
    "media_keywords",
    metadata,
    _of_medium(),
    _number("position"),
    Column("text", Text, nullable=False, index=True),
    Column("weight", Double, nullable=False),
    Column("source", Text, nullable=False),
    sqlite_with_rowid=False,
)

media_texts: Final = Table(
    "media_texts",
    metadata,
    _of_medium(),
    _number("position"),
    Column("key", Text, nullable=False),
    _to_raw_text(),
    sqlite_with_rowid=False,
)

#: On which mounted file system a directory was when a session over it was committed.
mounts: Final = Table(
    "mounts",
    metadata,
    Column("directory", Text, primary_key=True),
    Column("mount_point", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: What stood at the paths a session's commit wrote, from before its first write: `medium` is null where nothing did.
#: No foreign key: sessions are forgotten one by one, and the catalog is asked to forget with them.
replaced: Final = Table(
    "replaced",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("medium", JSON(none_as_null=True)),
    Column("keywords", JSON, nullable=False),
    sqlite_with_rowid=False,
)

replaced_texts: Final = Table(
    "replaced_texts",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    _number("position"),
    Column("key", Text, nullable=False),
    _to_raw_text(),
    ForeignKeyConstraint(
        ["session_id", "path"],
        ["replaced.session_id", "replaced.path"],
        name="fk_replaced_texts_session_id_path_replaced",
        ondelete="CASCADE",
    ),
    sqlite_with_rowid=False,
)

#: Folders that a server looks at by itself. No foreign key to the session: it may be deleted.
schedules: Final = Table(
    "schedules",
    metadata,
    Column("schedule_id", Text, primary_key=True),
    Column("folder", Text, nullable=False, unique=True),
    Column("rule", Text, nullable=False),
    Column("auto_commit", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ran_at", Double),
    Column("session_id", Text),
    Column("trouble", Text, nullable=False),
)

#: Files that a schedule took and that are not in the catalog (not committed yet, or unreadable): not taken again as
#: long as they look like this.
schedule_looks: Final = Table(
    "schedule_looks",
    metadata,
    Column("schedule_id", Text, ForeignKey("schedules.schedule_id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("session_id", Text),  # null until the session has started
    sqlite_with_rowid=False,
)

#: What people ask of a session again and again.
presets: Final = Table(
    "presets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("parameters", JSON, nullable=False),
    Column("saved_at", Double, nullable=False),
)

#: One row: a counter that every change of the catalog raises. What was worked out against another count is outdated.
catalog_clock: Final = Table(
    "catalog_clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)

#: The one row of that in a new database.
FIRST_OF_CATALOG: Final = {"id": 1, "version": 1}

#: How far the preview of a session is. A small number stands for the session in the tables of its files.
previews: Final = Table(
    "previews",
    metadata,
    Column("preview_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("session_id", Text, ForeignKey("sessions.session_id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("until", BigInteger, nullable=False),  # outcomes up to this number were looked at
    Column("version", BigInteger, nullable=False),  # of the catalog they were compared with
    Column("files", JSON, nullable=False),  # by effect
    Column("set_aside", JSON, nullable=False),  # by effect
    Column("conflicts", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),  # files of the catalog that are gone and have not moved
    Column("moves_known", Boolean, nullable=False),  # whether it was looked at what has moved
    Column("mark", Text, nullable=False),  # of all files with their effects, whatever the order
    Column("revision", BigInteger, nullable=False),  # raised by each change of what is set aside
    sqlite_autoincrement=True,
)


def _of_preview() -> Column[Any]:
    return Column("preview_id", BigInteger, ForeignKey("previews.preview_id", ondelete="CASCADE"), primary_key=True)


#: What a commit would do with each outcome that counts.
previewed: Final = Table(
    "previewed",
    metadata,
    _of_preview(),
    _number("seq"),
    Column("effect", Text, nullable=False),
    Column("moved_from", Text),  # where the catalog has it until now: absolute, escaped
    Column("conflicts", Boolean, nullable=False),  # whether sources, or a source and the catalog, disagree
    Column("set_aside", Boolean, nullable=False),
    Column("refused", Text),  # why the commit did not take it
    Index(None, "preview_id", "effect", "seq"),
    sqlite_with_rowid=False,
)

#: The first outcome of a session with each content: how duplicates inside a session are told.
first_contents: Final = Table(
    "first_contents",
    metadata,
    _of_preview(),
    Column("sha256", LargeBinary, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
