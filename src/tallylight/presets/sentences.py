"""What is said of presets that there are not, or that are too many."""

from __future__ import annotations

from tallylight.errors import BadInput, NotFound
from tallylight.presets.contract import MOST_PRESETS


def missing(name: str) -> NotFound:
    """For one that is not there."""
    return NotFound(f"There is no preset “{name[:100]}”; it may have been deleted in another tab.")


def too_many() -> BadInput:
    """For one more than there may be."""
    return BadInput(f"There are {MOST_PRESETS} presets already, which is the most; delete one first.")
