"""The revisions of the schema, run by Alembic. Apart from `migrate`, which loads this only when there is work."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from tallylight.errors import DataFolderUnusable


def run(connection: Connection, found: str | None) -> None:
    """Run what comes after the revision `found` (None: all), within the connection's transaction.

    Raises DataFolderUnusable where `found` is no revision of ours.
    """
    config = config_for(connection)
    if found is not None:
        _check(ScriptDirectory.from_config(config), found)
    command.upgrade(config, "head")


def newest() -> str | None:
    """The revision that `run` ends at."""
    return ScriptDirectory.from_config(config_for(None)).get_current_head()


def config_for(connection: Connection | None) -> Config:
    """What Alembic's own commands take."""
    config = Config()
    config.set_main_option("script_location", "tallylight.db:migrations")
    config.attributes["connection"] = connection
    return config


def _check(scripts: ScriptDirectory, found: str) -> None:
    try:
        scripts.get_revision(found)
    except CommandError:
        raise DataFolderUnusable(
            f"The database was made by a newer Tallylight (its schema is {found}, this one knows"
            f" {scripts.get_current_head()}); install that one, or choose another folder with --data."
        ) from None
