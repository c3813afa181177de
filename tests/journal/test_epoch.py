from __future__ import annotations

import re

from tallylight.journal.epoch import new_epoch


def test_epochs_are_short_safe_and_differ() -> None:
    epochs = {new_epoch() for _ in range(100)}
    assert len(epochs) == 100
    assert all(re.fullmatch("[a-z0-9]{6}", epoch) for epoch in epochs)
