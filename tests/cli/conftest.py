"""One sample archive for all tests of the command line, which only read it."""

from __future__ import annotations

import pytest
from tests.cli.running import Tallylight

from tallylight.samples import build_archive
from tallylight.samples.archive import Summary


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return build_archive(tmp_path_factory.mktemp("archive") / "samples", pictures=12)


@pytest.fixture
def tallylight(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tallylight:
    return Tallylight(monkeypatch, capsys)
