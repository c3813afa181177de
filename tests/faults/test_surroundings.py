"""Clocks, permissions and roots that change under recorded seeds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.faults import SURROUNDINGS, Fault
from tests.faults.seeds import seeds


@pytest.mark.parametrize(
    ("fault", "seed"), [(fault, seed) for fault in SURROUNDINGS for seed in seeds(fault.name)], ids=str
)
def test_nothing_is_lost_and_nothing_is_doubled(fault: Fault, seed: int, tmp_path: Path) -> None:
    fault.run(seed, tmp_path)
