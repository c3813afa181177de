"""A seed of every fault; `./scripts/faults` runs more of them and writes the table."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.faults import BY_NAME

#: Any will do. One that once showed a defect stays.
SEEDS = (1,)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", BY_NAME)
def test_nothing_is_lost_and_nothing_is_doubled(fault: str, seed: int, tmp_path: Path) -> None:
    BY_NAME[fault].run(seed, tmp_path)
