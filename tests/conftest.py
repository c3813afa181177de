"""What every test may rely on."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio alone: uvicorn, pebble's futures and the database driver do."""
    return "asyncio"
