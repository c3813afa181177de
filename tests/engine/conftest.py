from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find functions by name along the path of the process that started them."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    # multiprocessing runs the program's main file in each worker: here all of pytest, for nothing.
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
