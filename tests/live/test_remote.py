"""Counting from other processes."""

from __future__ import annotations

import logging
import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Client

import anyio
import pytest
from anyio import to_thread

from tallylight.live import Live, Progress, Remote

pytestmark = pytest.mark.anyio


def work(remote: Remote, amount: int) -> None:
    remote.note(f"item {amount}")
    remote.advance(amount)


def in_a_pool(remote: Remote, start: str) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context(start)) as pool:
        list(pool.map(partial(work, remote), [1, 2, 3, 4] * 10))


async def until(job: Progress, done: float) -> None:
    """What comes through a pipe may come a moment after its process has ended."""
    with anyio.fail_after(30):
        while job.done < done:
            await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("start", ["spawn", "forkserver"])
async def test_a_pool_counts(start: str) -> None:
    live = Live()
    async with live.running():
        job = live.progress(total=100)
        await to_thread.run_sync(in_a_pool, await to_thread.run_sync(live.remote, job), start)
        await until(job, 100)
        assert job.done == 100
        assert job.state()["note"].startswith("item ")


async def test_what_is_no_count_is_passed_over_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    live = Live()
    async with live.running():
        job = live.progress()
        remote = await to_thread.run_sync(live.remote, job)
        with Client(remote._address, authkey=remote._secret) as wire:
            for junk in (b"no json", b"[1]", b'["x", 1, null, 4]', b'["' + job.key.encode() + b'", -1, null]'):
                wire.send_bytes(junk)
            wire.send_bytes(b'["' + job.key.encode() + b'", 2, null]')
            await until(job, 2)
    assert "a count that cannot be one was passed over" in caplog.text


async def test_a_job_that_has_ended_counts_no_more() -> None:
    live = Live()
    async with live.running():
        first, second = live.progress("first"), live.progress("second")
        remotes = [await to_thread.run_sync(live.remote, job) for job in (first, second)]
        first.end()
        for remote in remotes:
            await to_thread.run_sync(remote.advance, 5)
        await until(second, 5)
        assert first.done == 0


async def test_a_stranger_is_turned_away(caplog: pytest.LogCaptureFixture) -> None:
    live = Live()
    async with live.running():
        job = live.progress()
        remote = await to_thread.run_sync(live.remote, job)
        stranger = Remote(remote._address, b"guessed", job.key)
        with caplog.at_level(logging.WARNING):
            await to_thread.run_sync(stranger.advance)
        await to_thread.run_sync(remote.advance, 2)
        await until(job, 2)
        assert job.done == 2
    assert "turned away" in caplog.text


async def test_work_goes_on_when_nobody_takes_its_counts(caplog: pytest.LogCaptureFixture) -> None:
    live = Live()
    async with live.running():
        remote = await to_thread.run_sync(live.remote, live.progress())
    again = pickle.loads(pickle.dumps(remote))
    await to_thread.run_sync(again.advance)
    await to_thread.run_sync(again.advance)
    assert caplog.text.count("the work goes on without") == 1
