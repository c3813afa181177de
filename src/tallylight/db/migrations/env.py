"""Alembic's entry: runs the revisions on the connection it is given (see `tallylight.db.migrate`)."""

from __future__ import annotations

from alembic import context

from tallylight.db.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
