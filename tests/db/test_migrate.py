from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, func, inspect, make_url, select, text, update
from sqlalchemy.exc import DBAPIError
from tests.databases import KINDS, address

from tallylight.catalog import CommitItem
from tallylight.catalog.rows import medium_of
from tallylight.catalog.sql import SqlCatalog
from tallylight.db import migrate, open_database, revisions
from tallylight.db.tables import media, metadata, outcomes, replaced, sessions
from tallylight.errors import DataFolderUnusable
from tallylight.facts import State
from tallylight.journal.rows import item_of, session_of
from tallylight.model import Outcome, OutcomeKind, Parameters, Status, Tier


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(params=KINDS)
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """A connection to an empty database, one kind after the other."""
    with address(request.param, tmp_path) as place, connected(place) as connection:
        yield connection


@contextmanager
def connected(place: str) -> Iterator[Connection]:
    url = make_url(place).set(drivername="postgresql+psycopg") if "://" in place else f"sqlite:///{place}"
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def changed(connection: Connection) -> list[object]:
    """What would have to change for the schema to be that of the tables."""
    options = {"compare_type": True}
    found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return found


def test_migrations_make_the_schema_of_the_tables_on_every_database(anywhere: Connection) -> None:
    revisions.run(anywhere, None)
    assert changed(anywhere) == []
    assert migrate.revision(anywhere) == migrate.NEWEST
    command.downgrade(revisions.config_for(anywhere), "base")
    assert set(inspect(anywhere).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    revisions.run(anywhere, None)
    assert changed(anywhere) == []


#: All that a database says of its own schema: what a name stands for, in its words.
SCHEMA = {
    "sqlite": ("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL",),
    "postgresql": (
        """
        SELECT table_name || '.' || column_name, concat_ws(' ',
            rank() OVER (PARTITION BY table_name ORDER BY ordinal_position),
            data_type, is_nullable, column_default, identity_generation)
        FROM information_schema.columns WHERE table_schema = current_schema()
        """,
        """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
        """,
        """
        SELECT indexname, replace(indexdef, current_schema() || '.', '')
        FROM pg_indexes WHERE schemaname = current_schema()
        """,
    ),
}


def contents(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in metadata.sorted_tables}


def schema(connection: Connection) -> dict[str, str]:
    rows = [row for question in SCHEMA[connection.dialect.name] for row in connection.execute(text(question))]
    return {name: " ".join(sql.split()) for name, sql in rows}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_database_has_the_very_schema_and_rows_that_migrations_make(kind: str, tmp_path: Path) -> None:
    ways: tuple[Callable[[Connection], None], ...] = (
        migrate.upgrade,
        lambda connection: revisions.run(connection, None),
    )
    made, folders = [], [tmp_path / "new", tmp_path / "migrated"]
    for number, way in enumerate(ways):
        folders[number].mkdir()
        with address(kind, folders[number]) as place, connected(place) as connection:
            way(connection)
            assert migrate.revision(connection) == migrate.NEWEST
            made.append((schema(connection), contents(connection)))
    assert made[0] == made[1]
    assert len(made[0][0]) > 20


def test_a_new_database_is_made_without_alembic(tmp_path: Path) -> None:
    script = "import sys; from tallylight.db import open_database; open_database(sys.argv[1]).close()"
    check = f"{script}; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check, str(tmp_path / "t.sqlite")], check=False).returncode == 0


def test_a_table_of_somebody_else_is_not_taken_for_ours(anywhere: Connection) -> None:
    anywhere.execute(text("CREATE TABLE media (media_id integer PRIMARY KEY)"))
    with pytest.raises(DBAPIError, match="media"):
        migrate.upgrade(anywhere)


def test_the_newest_revision_is_the_one_that_is_skipped(connection: Connection) -> None:
    assert revisions.newest() == migrate.NEWEST
    assert migrate.revision(connection) is None
    migrate.upgrade(connection)
    assert migrate.revision(connection) == migrate.NEWEST


def test_upgrading_twice_changes_nothing(connection: Connection) -> None:
    migrate.upgrade(connection)
    before = schema(connection)
    migrate.upgrade(connection)
    revisions.run(connection, migrate.NEWEST)
    assert schema(connection) == before


#: Rows as the first version wrote them; every later one must still be able to read them.
FIRST_ROWS = (
    "INSERT INTO journal_clock (id, epoch, tally) VALUES (1, 'k3f9a2', 41)",
    (
        "INSERT INTO sessions (session_id, epoch, created_at, parameters, state, seq, status, tally)"
        " VALUES ('s-1', 'abcdef', 5.0, :parameters, :state, 3, 'completed', 41)"
    ),
    (
        "INSERT INTO outcomes (session_id, seq, at, root, file, kind, message, warnings, ms, bytes, mtime_ns, media,"
        " generation, keywords, has_thumbnail)"
        " VALUES ('s-1', 3, 6.0, '/m', 'a.png', 'extracted', '', '[]', 1.5, 7, 8, '{}', '{}', '[]', :no)"
    ),
    (
        "INSERT INTO media (path, folder, name, size, mtime_ns, has_thumbnail, session_id, committed_at, digest, media,"
        " generation, warnings)"
        " VALUES ('/m/a.png', '/m', 'a.png', 7, 8, :no, 's-1', 9.0, 'd', '{}', '{}', '[]')"
    ),
)


@pytest.mark.parametrize("earlier", [f"{number:04}" for number in range(1, int(migrate.NEWEST))])
def test_a_database_of_any_earlier_version_keeps_what_it_holds(anywhere: Connection, earlier: str) -> None:
    command.upgrade(revisions.config_for(anywhere), "0001")
    state = State(session_id="s-1", seq=3, status=Status.COMPLETED)
    values = {
        "parameters": json.dumps(Parameters(directories=("/m",)).as_json()),
        "state": json.dumps(state.as_json()),
        "no": False,
    }
    for row in FIRST_ROWS:
        statement = text(row)
        anywhere.execute(statement, {name: values[name] for name in statement.compile().params})
    command.upgrade(revisions.config_for(anywhere), earlier)
    migrate.upgrade(anywhere)
    assert migrate.revision(anywhere) == migrate.NEWEST
    assert session_of(anywhere.execute(select(sessions)).one()._asdict()).state == state
    assert item_of(anywhere.execute(select(outcomes)).one()._asdict()).outcome.file == "a.png"
    assert medium_of(anywhere.execute(select(media)).one()._asdict(), []).path == "/m/a.png"
    assert anywhere.execute(text("SELECT epoch, tally FROM journal_clock")).one() == ("k3f9a2", 41)


#: Columns of outcomes until 0011, as the JSON and the texts that were in them.
SAID: tuple[dict[str, str | None], ...] = (
    {
        "media": '{"type":"image","width":4}',
        "generation": '{"prompt":"дом, 星 \\"a\\""}',
        "keywords": '[{"text":"house","weight":1.0,"source":"prompt"}]',
        "provenance": '{"score":{"source":"xmp","at":1.5}}',
        "phash": "00ff00ff00ff00ff",
        "pixel_sha256": "abab",
        "frame_phashes": '["00ff00ff00ff00ff"]',
        "nsfw_model": 'a "model"',
    },
    {
        "media": "{}",
        "generation": "{}",
        "keywords": "[]",
        "provenance": "{}",
        "phash": None,
        "pixel_sha256": None,
        "frame_phashes": "[]",
        "nsfw_model": None,
    },
)


def _with_outcomes_of_0011(connection: Connection, count: int) -> None:
    config = revisions.config_for(connection)
    command.upgrade(config, "0001")
    values = {"parameters": "{}", "state": "{}", "no": False}
    for row in FIRST_ROWS[:2]:
        connection.execute(text(row), {name: values[name] for name in text(row).compile().params})
    command.upgrade(config, "0011")
    outcome = (
        "INSERT INTO outcomes (session_id, seq, at, root, file, kind, message, warnings, ms, bytes, mtime_ns,"
        " has_thumbnail, sha256, media, generation, keywords, provenance, phash, pixel_sha256, frame_phashes,"
        " nsfw_model) VALUES ('s-1', :seq, 6.0, '/m', 'a.png', :kind, '', '[\"w\"]', 1.5, 7, 8, :no, 'ef', :media,"
        " :generation, :keywords, :provenance, :phash, :pixel_sha256, :frame_phashes, :nsfw_model)"
    )
    kinds = ("extracted", "failed")
    rows = [SAID[seq % 2] | {"seq": seq, "kind": kinds[seq % 2], "no": False} for seq in range(count)]
    connection.execute(text(outcome), rows)


@pytest.mark.parametrize("count", [2, 2003])
def test_what_describes_a_file_is_packed_and_unpacked(anywhere: Connection, count: int) -> None:
    _with_outcomes_of_0011(anywhere, count)
    table = text("SELECT * FROM outcomes ORDER BY seq")
    before = [dict(row._mapping) for row in anywhere.execute(table)]
    migrate.upgrade(anywhere)
    full, bare = (
        item_of(row._asdict()).outcome for row in anywhere.execute(select(outcomes).order_by(outcomes.c.seq).limit(2))
    )
    assert (full.media, full.generation) == ({"type": "image", "width": 4}, {"prompt": 'дом, 星 "a"'})
    assert full.keywords == ({"text": "house", "weight": 1.0, "source": "prompt"},)
    assert full.provenance == {"score": {"source": "xmp", "at": 1.5}}
    assert (full.phash, full.pixel_sha256, full.nsfw_model) == ("00ff00ff00ff00ff", "abab", 'a "model"')
    assert (full.frame_phashes, full.sha256, full.warnings) == (("00ff00ff00ff00ff",), "ef", ("w",))
    assert bare == Outcome(
        root="/m", file="a.png", kind=OutcomeKind.FAILED, bytes=7, mtime_ns=8, ms=1.5, sha256="ef", warnings=("w",)
    )
    assert anywhere.scalar(select(func.count()).select_from(outcomes)) == count
    command.downgrade(revisions.config_for(anywhere), "0011")
    assert [dict(row._mapping) for row in anywhere.execute(table)] == before
    migrate.upgrade(anywhere)
    assert changed(anywhere) == []


@pytest.mark.parametrize(
    ("sha256", "facts", "tier"),
    [("ab", '{"format": "png"}', "full"), (None, '{"format": "png", "width": 4}', "metadata"), (None, "{}", "index")],
)
def test_how_deep_a_file_of_before_was_read_is_told_by_what_is_known_of_it(
    anywhere: Connection, sha256: str | None, facts: str, tier: str
) -> None:
    command.upgrade(revisions.config_for(anywhere), "0006")
    anywhere.execute(
        text(
            "INSERT INTO media (path, folder, name, size, mtime_ns, has_thumbnail, session_id, committed_at, digest,"
            " media, generation, warnings, sha256)"
            " VALUES ('/m/a.png', '/m', 'a.png', 7, 8, :no, 's-1', 9.0, 'd', :facts, '{}', '[]', :sha256)"
        ),
        {"no": False, "facts": facts, "sha256": sha256},
    )
    migrate.upgrade(anywhere)
    medium = medium_of(anywhere.execute(select(media)).one()._asdict(), [])
    assert (medium.outcome.tier, medium.outcome.extractor_version, medium.missing_since) == (Tier(tier), 0, None)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_commit_of_before_replaced_can_still_be_undone(kind: str, tmp_path: Path) -> None:
    with address(kind, tmp_path) as place:
        database = open_database(place)
        catalog = SqlCatalog(database)
        old = Outcome(root="/m", file="a.png", kind=OutcomeKind.EXTRACTED, bytes=1)
        catalog.commit("s-1", [CommitItem(1, "/m/a.png", old)], 1.0)
        catalog.commit("s-2", [CommitItem(1, "/m/a.png", replace(old, bytes=2))], 2.0)
        with database.writing() as connection:
            # As an older version wrote it, before there were these columns.
            kept = connection.execute(select(replaced.c.medium).where(replaced.c.session_id == "s-2")).scalar_one()
            bare = {key: kept[key] for key in kept if key not in {"extractor_version", "tier", "missing_since"}}
            connection.execute(update(replaced).where(replaced.c.session_id == "s-2").values(medium=bare))
        assert catalog.undo("s-2", 10) == 1
        assert [(medium.outcome.bytes, medium.outcome.tier) for medium in catalog.media()] == [(1, None)]
        database.close()


def test_a_database_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    database = open_database(path)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(
        DataFolderUnusable, match=rf"newer Tallylight \(its schema is 9999, this one knows {migrate.NEWEST}\)"
    ):
        open_database(path)


def test_opening_a_database_that_is_up_to_date_does_not_load_alembic(tmp_path: Path) -> None:
    path = str(tmp_path / "t.sqlite")
    open_database(path).close()
    script = "import sys; from tallylight.db import open_database; open_database(sys.argv[1]).close()"
    check = f"{script}; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check, path], check=False).returncode == 0
