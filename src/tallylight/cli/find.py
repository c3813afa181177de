"""`tallylight find`: search the catalog."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import anyio
import typer
from anyio import to_thread

from tallylight.cli import options
from tallylight.errors import BadInput, BadParameters
from tallylight.settings import Settings
from tallylight.visible import visible

if TYPE_CHECKING:
    from rich.table import Table

    from tallylight.catalog import Catalog, Medium, Search

#: Rows of a table where nobody says how many; other forms have no limit.
TABLE_ROWS: Final = 50
#: More than any path is long.
_PIPED_WIDTH: Final = 65_536
#: Media read in one go.
_AT_ONCE: Final = 500


class Format(StrEnum):
    """How results are written."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class OrderName(StrEnum):
    """As `catalog.Order`, which need not be loaded to read a command line."""

    ADDED = "added"
    DATE = "date"
    SCORE = "score"
    SIZE = "size"
    PATH = "path"
    CONTENT = "content"
    LIKENESS = "likeness"


def find(  # noqa: PLR0917 (typer makes the options from these)
    query: Annotated[
        list[str] | None, typer.Argument(metavar="[QUERY]...", help="Keywords, score:>=4, date:2026-05, like:17 …")
    ] = None,
    data: options.Data = None,
    database: options.Database = None,
    format: Annotated[  # noqa: A002 (the option's name)
        Format, typer.Option("--format", help="How results are written.")
    ] = Format.TABLE,
    order: Annotated[OrderName | None, typer.Option(help="What results are sorted by. [default: added]")] = None,
    descending: Annotated[bool, typer.Option("--descending", help="The last first.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="At most so many. [default: 50 in a table, else all]")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file. [default: standard output]")
    ] = None,
) -> None:
    """Search the catalog: keywords, and words such as score:>=4, date:2026-05 or not:fog. A server may go on meanwhile.

    `docs/reference/search.md` lists all words. Exit status: 0 something was found, 1 nothing was, 2 unusable words.
    """
    from tallylight.catalog.search import parse

    search = parse(words(query))
    settings = options.settings(data=data, database=database)
    found = anyio.run(_run, settings, _Asked(search, format, order, descending, limit, output))
    raise typer.Exit(0 if found else 1)


def words(query: list[str] | None) -> str:
    """The arguments as one query."""
    return " ".join(map(_word, query or []))


def _word(word: str) -> str:
    """An argument as the query has it: the shell took the quotes off what has several words."""
    if " " not in word or '"' in word:
        return word
    name, colon, value = word.partition(":")
    return f'{name}:"{value}"' if colon and name.isalpha() else f'"{word}"'


class _Asked:
    """What a search is for and how its results are written."""

    def __init__(
        self,
        search: Search,
        form: Format,
        order: OrderName | None,
        descending: bool,
        limit: int | None,
        output: Path | None,
    ) -> None:
        self.search = search
        self.form = form
        self.order = order
        self.descending = descending
        self.limit = TABLE_ROWS if limit is None and form is Format.TABLE else limit
        self.output = output


async def _run(settings: Settings, asked: _Asked) -> int:
    from tallylight.disk import open_catalog

    if asked.form is Format.PARQUET and asked.output is None and sys.stdout.isatty():
        raise BadParameters("Parquet is no text; name a file with --output FILE.")
    async with open_catalog(settings) as catalog:
        return await to_thread.run_sync(_write, catalog, asked)


def _write(catalog: Catalog, asked: _Asked) -> int:
    from tallylight.catalog import Order

    order = Order(asked.order.value) if asked.order is not None else None
    ids = catalog.find(asked.search, order, descending=asked.descending, limit=asked.limit)
    found = _media(catalog, ids)
    if asked.form is Format.TABLE:
        _print_table(found, catalog.count_found(asked.search), len(ids), asked.output)
    elif asked.form is Format.PARQUET:
        _write_parquet(found, asked.output)
    else:
        _write_lines(found, asked)
    return len(ids)


def _media(catalog: Catalog, ids: list[int]) -> Iterator[Medium]:
    for start in range(0, len(ids), _AT_ONCE):
        yield from catalog.media_of(ids[start : start + _AT_ONCE])


def _write_lines(found: Iterator[Medium], asked: _Asked) -> None:
    from tallylight.catalog.export import csv_lines, json_lines

    lines = json_lines(found) if asked.form is Format.JSONL else csv_lines(found)
    if asked.output is None:
        sys.stdout.writelines(lines)
        return
    # newline="": CSV has line ends of its own.
    try:
        with asked.output.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as error:
        raise _unwritable(asked.output, error) from error


def _write_parquet(found: Iterator[Medium], output: Path | None) -> None:
    from tallylight.catalog.export import write_parquet

    if output is None:
        write_parquet(found, sys.stdout.buffer)
        return
    try:
        with output.open("wb") as file:
            write_parquet(found, file)
    except OSError as error:
        raise _unwritable(output, error) from error


def _unwritable(output: Path, error: OSError) -> BadInput:
    return BadInput(f"{output} cannot be written ({error.strerror}); choose another with --output.")


def _print_table(found: Iterator[Medium], total: int, shown: int, output: Path | None) -> None:
    from rich.console import Console

    if output is not None:
        raise BadParameters("A table is for looking at; write a file with --format jsonl, csv or parquet.")
    if not shown:
        typer.echo("Nothing in the catalog is like that; `tallylight find` alone lists everything.")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        # Nobody sees the edge of a screen: `tallylight find | grep` wants each path whole, on one line.
        console.width = _PIPED_WIDTH
    console.print(_table(found))
    if total > shown:
        typer.echo(f"{shown:,} of {total:,}; --limit {total} shows all, --format csv writes all.")


def _place(medium: Medium) -> str:
    if medium.missing_since is None:
        return visible(medium.path)
    since = datetime.fromtimestamp(medium.missing_since, UTC).astimezone().strftime("%Y-%m-%d")
    return f"{visible(medium.path)} (missing since {since})"


def _table(found: Iterator[Medium]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ID", "SCORE", "SIZE", "DATE"):
        table.add_column(heading, no_wrap=True)
    table.add_column("KEYWORDS", overflow="ellipsis", no_wrap=True, max_width=40)
    table.add_column("PATH", overflow="fold")
    for medium in found:
        outcome = medium.outcome
        width, height = outcome.media.get("width"), outcome.media.get("height")
        table.add_row(
            str(medium.media_id),
            "" if outcome.score is None else str(outcome.score),
            f"{width}×{height}" if width and height else "",
            str(outcome.media.get("created_at", ""))[:10],
            visible(", ".join(keyword["text"] for keyword in outcome.keywords)),
            _place(medium),
        )
    return table
