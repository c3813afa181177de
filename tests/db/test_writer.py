from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from functools import partial

import anyio
import anyio.lowlevel
import pytest
from anyio.lowlevel import checkpoint

from tallylight.db import Writer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    writer = Writer()
    yield writer
    await writer.aclose()


async def started(event: threading.Event) -> None:
    """Wait without holding up the loop until the writer's thread is there."""
    assert await anyio.to_thread.run_sync(event.wait, 10)


class Gate:
    """A write that says that it began, and waits to be let through."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.open = threading.Event()

    def __call__(self) -> None:
        self.began.set()
        assert self.open.wait(10)


async def test_it_returns_what_the_write_returns(writer: Writer) -> None:
    assert await writer.run(divmod, 7, 2) == (3, 1)


async def test_it_raises_what_the_write_raises_and_goes_on(writer: Writer) -> None:
    with pytest.raises(ZeroDivisionError):
        await writer.run(divmod, 1, 0)
    assert await writer.run(int, "5") == 5


async def test_every_write_is_on_one_thread_that_is_not_the_loops(writer: Writer) -> None:
    threads = {await writer.run(threading.get_ident) for _ in range(5)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_writes_and_results_keep_the_order_of_the_calls(writer: Writer) -> None:
    gate, written, returned = Gate(), list[int](), list[int]()

    async def write(number: int) -> None:
        await writer.run(written.append, number)
        returned.append(number)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, gate)
        await started(gate.began)
        for number in range(50):
            tasks.start_soon(write, number)
            await checkpoint()
        assert written == []
        gate.open.set()
    assert written == returned == list(range(50))


async def test_a_cancelled_caller_leaves_its_queued_write_standing(writer: Writer) -> None:
    gate, written = Gate(), list[str]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, gate)
        await started(gate.began)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as inner:
                inner.start_soon(writer.run, written.append, "queued")
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
        assert scope.cancelled_caught
        assert written == []
        gate.open.set()
    await writer.run(written.append, "later")
    assert written == ["queued", "later"]


async def test_a_cancelled_caller_does_not_undo_the_write_under_way(writer: Writer) -> None:
    gate, written = Gate(), list[str]()

    def write() -> None:
        gate()
        written.append("done")

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(writer.run, write)
            await started(gate.began)
            scope.cancel()
    gate.open.set()
    await writer.run(int)
    assert written == ["done"]


async def test_a_failure_that_nobody_waits_for_is_logged(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()

    def fail() -> None:
        gate()
        raise ZeroDivisionError("nobody is here")

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(writer.run, fail)
            await started(gate.began)
            scope.cancel()
    gate.open.set()
    with caplog.at_level(logging.ERROR, "tallylight.db.writer"):
        await writer.run(int)
        await checkpoint()
    assert "A write failed after its caller had left: nobody is here" in caplog.text
    assert "nobody is here" in caplog.text


async def test_closing_drains_what_is_queued() -> None:
    writer, gate, written = Writer(), Gate(), list[int]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, gate)
        await started(gate.began)
        for number in range(10):
            tasks.start_soon(writer.run, written.append, number)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(writer.aclose)
        await anyio.wait_all_tasks_blocked()
        assert written == []
        gate.open.set()
    assert written == list(range(10))


async def test_a_closed_writer_takes_no_more_and_closes_again() -> None:
    writer = Writer()
    await writer.aclose()
    await writer.aclose()
    with pytest.raises(RuntimeError, match="shutdown"):
        await writer.run(partial(int, "1"))
