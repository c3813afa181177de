"""`kill -9` under recorded seeds: nothing is lost, nothing is doubled, and it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.faults import KILLS, Fault
from tests.faults.seeds import seeds


@pytest.mark.parametrize(("fault", "seed"), [(fault, seed) for fault in KILLS for seed in seeds(fault.name)], ids=str)
def test_nothing_is_lost_and_nothing_is_doubled(fault: Fault, seed: int, tmp_path: Path) -> None:
    fault.run(seed, tmp_path)
