"""What the tests of faults share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.serving import slow_picture


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return slow_picture(tmp_path_factory.mktemp("slow"))


@pytest.fixture
def tallylight(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tallylight:
    return Tallylight(monkeypatch, capsys)
