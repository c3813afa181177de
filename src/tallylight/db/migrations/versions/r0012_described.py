"""What describes a file is one column of its outcome, packed; only what was not extracted has an index.

Never edited once released: it says what databases out there look like, whatever `tables.py` says by then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from tallylight.deflated import deflate, inflate

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INDEX: Final = "ix_outcomes_session_id_kind_seq"
_INDEXED: Final = ["session_id", "kind", "seq"]
_NOT_EXTRACTED: Final = sa.text("kind != 'extracted'")
#: Rows in one statement, on PostgreSQL.
_AT_ONCE: Final = 1000


def _json(name: str, empty: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default=empty)


# The columns that are packed, and the JSON of those that say nothing.
_EMPTY: Final = {
    "media": "{}",
    "generation": "{}",
    "keywords": "[]",
    "provenance": "{}",
    "phash": None,
    "pixel_sha256": None,
    "frame_phashes": "[]",
    "nsfw_model": None,
}


def _kept_first() -> tuple[sa.Column[Any], ...]:
    return (
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
    )


def _kept_last() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("retries", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("retried_by", sa.BigInteger()),
        sa.Column("extractor_version", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tier", sa.Text()),
    )


def _rated() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("score", sa.Integer()),
        sa.Column("favourite", sa.Boolean()),
        sa.Column("nsfw_score", sa.Double()),
        sa.Column("sha256", sa.Text()),
    )


def _columns_after() -> tuple[sa.Column[Any], ...]:
    return (
        *_kept_first(),
        *_rated(),
        sa.Column("has_thumbnail", sa.Boolean(), nullable=False),
        _json("conflicts", "[]"),
        *_kept_last(),
        sa.Column("described", sa.LargeBinary()),
    )


def _columns_before() -> tuple[sa.Column[Any], ...]:
    return (
        *_kept_first(),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("generation", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        *_rated(),
        sa.Column("phash", sa.Text()),
        sa.Column("has_thumbnail", sa.Boolean(), nullable=False),
        _json("provenance", "{}"),
        _json("conflicts", "[]"),
        sa.Column("nsfw_model", sa.Text()),
        sa.Column("pixel_sha256", sa.Text()),
        _json("frame_phashes", "[]"),
        *_kept_last(),
    )


def upgrade() -> None:
    op.drop_index(_INDEX, table_name="outcomes")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(_columns_after(), {"described": f"described({', '.join(_EMPTY)})"})
    else:
        op.add_column("outcomes", sa.Column("described", sa.LargeBinary()))
        _pack_all(op.get_bind())
        for name in _EMPTY:
            op.drop_column("outcomes", name)
    op.create_index(_INDEX, "outcomes", _INDEXED, sqlite_where=_NOT_EXTRACTED, postgresql_where=_NOT_EXTRACTED)


def downgrade() -> None:
    op.drop_index(_INDEX, table_name="outcomes")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(_columns_before(), {name: f"said(described, '{name}')" for name in _EMPTY})
    else:
        for name, empty in _EMPTY.items():
            typed = _json(name, empty) if empty is not None else sa.Column(name, sa.Text())
            op.add_column("outcomes", typed)
        _unpack_all(op.get_bind())
        for name in ("media", "generation", "keywords"):
            op.alter_column("outcomes", name, server_default=None)
        op.drop_column("outcomes", "described")
    op.create_index(_INDEX, "outcomes", _INDEXED)


def _packed(*values: str | None) -> bytes | None:
    """The columns as one JSON object, without those that say nothing."""
    said = [
        f'"{name}":{value if empty is not None else json.dumps(value)}'
        for (name, empty), value in zip(_EMPTY.items(), values, strict=True)
        if value is not None and value != empty
    ]
    return deflate("{" + ",".join(said) + "}") if said else None


def _said(packed: bytes | None, name: str) -> str | None:
    """The value of one such column."""
    said = json.loads(inflate(packed)) if packed is not None else {}
    if name not in said:
        return _EMPTY[name]
    return said[name] if _EMPTY[name] is None else json.dumps(said[name], ensure_ascii=False, separators=(",", ":"))


def _rebuild(columns: Sequence[sa.Column[Any]], made: dict[str, str]) -> None:
    """Write the whole table once: SQLite would write it again for every column that goes."""
    connection = op.get_bind()
    driver: Any = connection.connection.driver_connection
    driver.create_function("described", len(_EMPTY), _packed, deterministic=True)
    driver.create_function("said", 2, _said, deterministic=True)
    op.rename_table("outcomes", "outcomes_before")
    op.create_table(
        "outcomes",
        *columns,
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name="fk_outcomes_session_id_sessions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_outcomes"),
    )
    names = [f'"{column.name}"' for column in columns]
    values = [made.get(column.name, f'"{column.name}"') for column in columns]
    # Our own names.
    op.execute(f"INSERT INTO outcomes ({', '.join(names)}) SELECT {', '.join(values)} FROM outcomes_before")  # noqa: S608
    op.drop_table("outcomes_before")


def _pack_all(connection: sa.Connection) -> None:
    old = sa.table("outcomes", *(sa.column(name) for name in ("session_id", "seq", "described", *_EMPTY)))
    # PostgreSQL keeps JSON as it was written.
    texts = [sa.cast(old.c[name], sa.Text()) for name in _EMPTY]
    for rows in _in_pieces(connection, old, texts):
        packed = [{"of": of, "at_seq": seq, "now": _packed(*values)} for of, seq, *values in rows]
        _set(connection, old, {"described": sa.bindparam("now", type_=sa.LargeBinary())}, packed)


def _unpack_all(connection: sa.Connection) -> None:
    new = sa.table("outcomes", *(sa.column(name) for name in ("session_id", "seq", "described", *_EMPTY)))
    now = {name: sa.text(f"CAST(:now_{name} AS {'JSON' if empty else 'TEXT'})") for name, empty in _EMPTY.items()}
    for rows in _in_pieces(connection, new, [new.c.described]):
        said = [
            {"of": of, "at_seq": seq, **{f"now_{name}": _said(packed, name) for name in _EMPTY}}
            for of, seq, packed in rows
        ]
        _set(connection, new, now, said)


def _in_pieces(connection: sa.Connection, table: sa.TableClause, values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    key = sa.tuple_(table.c.session_id, table.c.seq)
    rows = sa.select(table.c.session_id, table.c.seq, *values).order_by(table.c.session_id, table.c.seq).limit(_AT_ONCE)
    query = rows
    while found := connection.execute(query).all():
        yield found
        query = rows.where(key > sa.tuple_(sa.literal(found[-1][0]), sa.literal(found[-1][1])))


def _set(connection: sa.Connection, table: sa.TableClause, now: dict[str, Any], rows: Iterable[dict[str, Any]]) -> None:
    of_one = (table.c.session_id == sa.bindparam("of")) & (table.c.seq == sa.bindparam("at_seq"))
    connection.execute(sa.update(table).where(of_one).values(now), list(rows))
