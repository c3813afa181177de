"""What every test may rely on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import settings
from tests.databases import database, database_address, emptied, opening

__all__ = ["database", "database_address", "emptied", "opening"]

# Else each of the hundreds of processes that tests start would compile the package anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Shared machines stall for whole seconds; how long an example takes says nothing about what it shows.
settings.register_profile("tallylight", deadline=None)
settings.register_profile("long", deadline=None, max_examples=10_000)
settings.load_profile("tallylight")


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio alone: uvicorn, pebble's futures and the database driver do."""
    return "asyncio"


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    """Fail a test in which Tallylight's own code blocks a running event loop: files, sockets, locks, databases."""
    with blockbuster_ctx("tallylight"):
        yield
