from __future__ import annotations

import gc
import weakref

import pytest

from tallylight.engine.pool import PoolBroken, Workers, _Context
from tallylight.engine.slots import Slots


def test_the_locks_stay_for_workers_that_are_just_starting() -> None:
    context = _Context()
    lock = weakref.ref(context.RLock())
    gc.collect()
    assert lock() is not None


def test_condemned_workers_take_nothing() -> None:
    slots = Slots(2)
    workers = Workers(1, slots, (), None)
    workers.condemn()
    with pytest.raises(PoolBroken):
        workers.submit(slots.take(), b"", [], 1.0, lambda _: None)
    workers.stop()
    slots.close()
