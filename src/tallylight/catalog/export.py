"""Committed files as rows of a table, for other programs: JSON lines, CSV, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import IO, Any, Final

from tallylight.catalog.contract import Medium
from tallylight.errors import BadParameters
from tallylight.model import Json, Outcome

#: The columns of a row and the type of each, the same in every form.
COLUMNS: Final[dict[str, type]] = {
    "media_id": int,
    "path": str,
    "type": str,
    "format": str,
    "bytes": int,
    "width": int,
    "height": int,
    "duration": float,
    "created_at": str,
    "score": int,
    "favourite": bool,
    "nsfw_score": float,
    "generator": str,
    "model": str,
    "seed": str,
    "prompt": str,
    "negative_prompt": str,
    "keywords": str,
    "sha256": str,
    "phash": str,
    "session_id": str,
    "committed_at": float,
    "missing_since": float,
}
#: What spreadsheets take for the beginning of a formula, which may send what it reads elsewhere.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
#: Rows of one group in a Parquet file.
_GROUP: Final = 10_000


def row(medium: Medium) -> Json:
    """One row: a value for each column, None where it is unknown. Keywords are joined by `; `."""
    outcome = medium.outcome
    known = {
        "media_id": medium.media_id,
        "path": medium.path,
        "bytes": outcome.bytes,
        "score": outcome.score,
        "favourite": outcome.favourite,
        "nsfw_score": outcome.nsfw_score,
        "keywords": joined_keywords(outcome),
        "sha256": outcome.sha256,
        "phash": outcome.phash,
        "session_id": medium.session_id,
        "committed_at": medium.committed_at,
        "missing_since": medium.missing_since,
    }
    values = {name: _value(name, known, outcome.media, outcome.generation) for name in COLUMNS}
    return {name: _of_type(kind, values[name]) for name, kind in COLUMNS.items()}


def json_lines(media: Iterable[Medium]) -> Iterator[str]:
    """One JSON object a line: all that the catalog knows of a file."""
    for medium in media:
        yield json.dumps({**row(medium), **_further(medium.outcome)}, ensure_ascii=False) + "\n"


def csv_lines(media: Iterable[Medium]) -> Iterator[str]:
    """A header and a line for each file, in the form that RFC 4180 describes. A text that a spreadsheet would run as
    a formula has an apostrophe before it.
    """
    return csv_table(COLUMNS, map(row, media))


def write_parquet(media: Iterable[Medium], to: IO[bytes]) -> int:
    """Write a Parquet file; returns how many rows. Raises BadParameters where the extra is not installed."""
    try:
        import pyarrow as arrow  # noqa: PLC0415 (an extra, and 60 MB)
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise BadParameters("Parquet needs pyarrow; install it: pip install 'tallylight[parquet]'.") from None
    kinds = {int: arrow.int64(), float: arrow.float64(), str: arrow.string(), bool: arrow.bool_()}
    schema = arrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    written = 0
    with parquet.ParquetWriter(to, schema) as writer:
        for group in _groups(map(row, media)):
            writer.write_table(arrow.Table.from_pylist(group, schema))
            written += len(group)
    return written


def _further(outcome: Outcome) -> Json:
    """What no column of a table can hold, or few would look for."""
    return {
        "media": outcome.media,
        "generation": outcome.generation,
        "keywords": list(outcome.keywords),
        "provenance": outcome.provenance,
        "conflicts": list(outcome.conflicts),
        "warnings": list(outcome.warnings),
        "nsfw_model": outcome.nsfw_model,
        "pixel_sha256": outcome.pixel_sha256,
        "frame_phashes": list(outcome.frame_phashes),
        "extractor_version": outcome.extractor_version,
        "tier": outcome.tier.value if outcome.tier is not None else None,
    }


def _value(name: str, known: Json, media: Json, generation: Json) -> Any:
    return known[name] if name in known else media.get(name, generation.get(name))


def _of_type(kind: type, value: Any) -> Any:
    """Values of files are anything: a column of a table is of one type."""
    if value is None or isinstance(value, kind):
        return value
    return kind(value) if kind in {str, float} and isinstance(value, (int, float, str)) else None


def joined_keywords(outcome: Outcome) -> str:
    """The keywords of a file in one cell."""
    return "; ".join(keyword["text"] for keyword in outcome.keywords)


def csv_table(columns: Iterable[str], rows: Iterable[Json]) -> Iterator[str]:
    """A header, and a line for each row."""
    yield csv_line(columns)
    for one in rows:
        yield csv_line(one.values())


def csv_line(cells: Iterable[Any]) -> str:
    """One line as RFC 4180 describes it. No text in it is a formula."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(map(_cell, cells))
    return line.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _groups(rows: Iterable[Json]) -> Iterator[list[Json]]:
    group: list[Json] = []
    for one in rows:
        group.append(one)
        if len(group) == _GROUP:
            yield group
            group = []
    if group:
        yield group
