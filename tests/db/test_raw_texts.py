from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from tests.contract.journal_suite import raw_text

from tallylight.db import Database, open_database
from tallylight.db.raw_texts import CHUNK, chunked, keep, sweep
from tallylight.db.tables import outcome_texts, raw_texts, sessions


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "t.sqlite")
    yield database
    database.close()


def stored(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.scalars(select(raw_texts.c.sha256)))


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_chunks_are_small_and_miss_nothing(count: int) -> None:
    chunks = list(chunked(range(count)))
    assert [value for chunk in chunks for value in chunk] == list(range(count))
    assert all(0 < len(chunk) <= CHUNK for chunk in chunks)


def test_keeping_again_keeps_the_first(database: Database) -> None:
    text, other = raw_text("a"), raw_text("b")
    for texts in ([text, text], [text, other], []):
        with database.writing() as connection:
            keep(connection, texts)
    assert stored(database) == {text.sha256, other.sha256}


def test_a_sweep_takes_only_what_was_named_and_nobody_has(database: Database) -> None:
    used, unused, unnamed = raw_text("used"), raw_text("unused"), raw_text("unnamed")
    session = {"session_id": "s", "epoch": "e", "created_at": 1.0, "parameters": {}, "state": {}, "seq": 0}
    with database.writing() as connection:
        connection.execute(insert(sessions), session | {"status": "starting", "tally": 1})
        keep(connection, [used, unused, unnamed])
        row = {"session_id": "s", "seq": 1, "position": 0, "key": "k", "sha256": used.sha256}
        connection.execute(insert(outcome_texts), row)
        sweep(connection, {used.sha256, unused.sha256, "unknown"})
    assert stored(database) == {used.sha256, unnamed.sha256}
