from __future__ import annotations

import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateIndex, CreateTable
from tests.contract.journal_suite import extracted

from tallylight.db.tables import metadata, outcomes
from tallylight.journal.codec import outcome_body
from tallylight.journal.describing import DESCRIBED


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_made_in_postgresql(table: Table) -> None:
    dialect = registry.load("postgresql")()
    made = str(CreateTable(table).compile(dialect=dialect))
    assert made.lstrip().startswith(f"CREATE TABLE {table.name}")
    for index in table.indexes:
        assert str(index.name) in str(CreateIndex(index).compile(dialect=dialect))


def test_the_body_of_an_outcome_has_the_names_of_its_columns() -> None:
    assert (set(outcome_body(extracted())) - DESCRIBED) | {
        "described",
        "session_id",
        "seq",
        "at",
        "file_raw",
        "number",
        "retries",
        "retried_by",
    } == set(outcomes.columns.keys())
