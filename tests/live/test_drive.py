from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from tallylight.live.drive import begin

pytestmark = pytest.mark.anyio


async def test_a_coroutine_that_never_waits_is_done_at_once() -> None:
    done: list[int] = []

    async def write() -> None:
        done.append(1)

    assert begin(write()) is None
    assert done == [1]


async def test_one_that_waits_is_finished_in_a_task() -> None:
    gate, steps = anyio.Event(), ["begun"]

    async def write() -> None:
        for step in ("first", "second"):
            await gate.wait()
            await anyio.lowlevel.checkpoint()
            steps.append(step)

    rest = begin(write())
    assert rest is not None
    assert steps == ["begun"]
    gate.set()
    await rest
    assert steps == ["begun", "first", "second"]


async def test_an_error_comes_out_where_it_happens() -> None:
    gate = anyio.Event()

    async def fail_at_once() -> None:
        raise OSError("gone")

    async def fail_later() -> None:
        await gate.wait()
        raise OSError("gone later")

    with pytest.raises(OSError, match=r"^gone$"):
        begin(fail_at_once())
    rest = begin(fail_later())
    assert rest is not None
    gate.set()
    with pytest.raises(OSError, match="gone later"):
        await rest


async def test_cancelling_reaches_the_coroutine() -> None:
    ended: list[str] = []

    async def write() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cleaned up")

    rest = begin(write())
    assert rest is not None
    with anyio.CancelScope() as scope:
        scope.cancel()
        await rest
    assert ended == ["cleaned up"]
