from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from tallylight.db import migrate, open_database, revisions
from tallylight.db.tables import metadata
from tallylight.errors import DataFolderUnusable


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def schema(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {name: " ".join(sql.split()) for name, sql in rows if name != "alembic_version"}


def test_migrations_make_the_very_schema_of_the_tables(connection: Connection) -> None:
    migrate.upgrade(connection)
    migrated = schema(connection)
    assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    engine = create_engine("sqlite://")
    with engine.connect() as fresh:
        metadata.create_all(fresh)
        assert schema(fresh) == migrated
    engine.dispose()


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


def test_every_revision_can_be_taken_back(connection: Connection) -> None:
    migrate.upgrade(connection)
    command.downgrade(revisions.config_for(connection), "base")
    assert set(inspect(connection).get_table_names()) <= {"alembic_version", "sqlite_sequence"}


def test_a_database_of_the_first_version_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(revisions.config_for(connection), "0001")
        connection.execute(text("INSERT INTO journal_clock (id, epoch, tally) VALUES (1, 'k3f9a2', 41)"))
    engine.dispose()
    database = open_database(path)
    with database.reading() as connection:
        assert connection.execute(text("SELECT epoch, tally FROM journal_clock")).one() == ("k3f9a2", 41)
        assert connection.execute(text("SELECT count(*) FROM tombstones")).scalar_one() == 0
        assert migrate.revision(connection) == migrate.NEWEST
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
