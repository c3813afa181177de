"""What the tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.serving import slow_picture

from tallylight.samples import build_archive
from tallylight.samples.archive import Summary


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """Only to be read."""
    return build_archive(tmp_path_factory.mktemp("archive") / "samples", pictures=12)


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return slow_picture(tmp_path_factory.mktemp("slow"))


@pytest.fixture
def tallylight(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tallylight:
    return Tallylight(monkeypatch, capsys)
