"""What the tests of faults share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import Tallylight
from tests.in_process import paint
from tests.serving import many, slow_picture


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return slow_picture(tmp_path_factory.mktemp("slow"))


@pytest.fixture(scope="session")
def crowded(slow: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Only to be read: a folder that keeps one worker busy for half a minute, at first with a file each millisecond."""
    root = tmp_path_factory.mktemp("crowded")
    pictures = paint(root, 100)
    for number in range(100, 6000):
        (root / f"picture_{number:04}.png").hardlink_to(pictures[number % 100])
    return many(slow, root, 40)


@pytest.fixture
def tallylight(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tallylight:
    return Tallylight(monkeypatch, capsys)
