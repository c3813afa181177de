"""A root to extract from."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ingest.extract.build import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
