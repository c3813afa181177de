from __future__ import annotations

from typing import Any

import pytest

from tallylight.live import Bar, Live
from tallylight.testing import ManualClock


def live() -> Live:
    return Live(clock=ManualClock())


def state(bar: Bar[Any]) -> dict[str, Any]:
    assert bar.progress is not None
    return bar.progress.state()


def test_a_loop_over_it_counts() -> None:
    bar = live().tqdm(range(7), desc="frames")
    seen = [(item, bar.n) for item in bar]
    assert seen == [(item, item) for item in range(7)]
    assert (bar.n, bar.total, len(bar)) == (7, 7, 7)
    assert (state(bar)["label"], state(bar)["status"], state(bar)["done"]) == ("frames", "completed", 7)


def test_an_iterator_without_a_length_has_no_total() -> None:
    bar = live().tqdm(iter(range(3)))
    assert list(bar) == [0, 1, 2]
    assert "total" not in state(bar)
    assert state(bar)["progress"] == 100


def test_by_hand() -> None:
    bar: Bar[int] = live().tqdm(total=10, desc="a", initial=2, unit="file", ncols=80)
    with bar:
        bar.update()
        bar.update(3)
        bar.update(None)
        bar.set_description("b")
        bar.set_postfix(loss=0.5, epoch=2)
        bar.refresh()
        assert bar.n == 6
        assert (state(bar)["label"], state(bar)["note"]) == ("b", "loss=0.5, epoch=2")
        bar.total = 20
        assert state(bar)["progress"] == 30
    assert state(bar)["status"] == "completed"


def test_an_exception_in_its_block_ends_it_in_error() -> None:
    bar: Bar[int] = live().tqdm(total=10)
    with pytest.raises(RuntimeError), bar:
        raise RuntimeError("no")
    assert state(bar)["status"] == "error"


def test_a_loop_that_is_left_has_done_what_it_did() -> None:
    bar = live().tqdm(range(10))
    for item in bar:
        if item == 3:
            break
    bar.close()
    assert (state(bar)["status"], state(bar)["done"]) == ("completed", 3)


def test_disabled_it_is_a_plain_loop() -> None:
    room = live()
    bar = room.tqdm(range(3), disable=True)
    assert list(bar) == [0, 1, 2]
    assert bar.n == 3
    bar.set_description("x")
    bar.set_postfix_str("y")
    bar.total = 5
    bar.close()
    assert room.states() == []


def test_an_option_that_tqdm_does_not_have_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no option totl"):
        live().tqdm(range(3), totl=5)


def test_a_bar_by_hand_is_no_loop() -> None:
    with pytest.raises(TypeError, match="without an iterable"):
        list(live().tqdm(total=3))
