"""Reading the texts of a whole catalog again."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import TypeVar, TypeVarTuple

import anyio
import pytest
from tests.contract.catalog_suite import item, media
from tests.contract.journal_suite import extracted, raw_text

from tallylight.catalog import Catalog, Refused, Reread
from tallylight.catalog.memory import MemoryCatalog
from tallylight.engine import Died, Engine, Verdict
from tallylight.engine.contract import Item, Result
from tallylight.engine.inline import InlineEngine
from tallylight.ingest import reparse
from tallylight.ingest.reparse import BATCH, MOST_TOLD, Reparse
from tallylight.model import RawText

pytestmark = pytest.mark.anyio

Args = TypeVarTuple("Args")
Answer = TypeVar("Answer")

WRITTEN = "a cat\nSteps: {}, Sampler: Euler, Seed: 1"


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with InlineEngine() as engine:
        yield engine


@pytest.fixture
def catalog() -> MemoryCatalog:
    return MemoryCatalog()


async def write(function: Callable[[*Args], Answer], *arguments: *Args) -> Answer:
    return function(*arguments)


def fill(catalog: Catalog, number: int, texts: Callable[[int], tuple[RawText, ...]]) -> None:
    """So many files, of which an older parser read nothing."""
    bare = replace(extracted(), generation={}, keywords=(), media={"type": "image", "format": "png"})
    catalog.commit("s-1", [item(f"/pictures/{at}.png", at, *texts(at), outcome=bare) for at in range(number)], 1.0)


def written(at: int) -> tuple[RawText, ...]:
    return (raw_text(WRITTEN.format(at)),)


def counts(job: Reparse) -> tuple[int, int, int, int, int]:
    totals = job.totals
    return totals.total, totals.changed, totals.same, totals.without_texts, totals.failed


async def test_every_file_with_texts_is_read_again_once(catalog: MemoryCatalog, engine: Engine) -> None:
    number = 2 * BATCH + 3
    fill(catalog, number, lambda at: written(at) if at % 2 else ())
    told: list[int] = []
    job = Reparse(catalog=catalog, engine=engine, write=write, told=lambda: told.append(job.totals.done))
    await reparse.run(job)
    assert counts(job) == (number, number // 2, 0, number - number // 2, 0)
    assert told == sorted(told)
    assert told[-1] == number
    assert [medium.outcome.generation.get("steps") for medium in catalog.media(limit=number)] == [
        at if at % 2 else None for at in range(number)
    ]


async def test_a_second_run_changes_nothing(catalog: MemoryCatalog, engine: Engine) -> None:
    fill(catalog, 5, written)
    await reparse.run(Reparse(catalog=catalog, engine=engine, write=write))
    before = media(catalog)
    job = Reparse(catalog=catalog, engine=engine, write=write)
    await reparse.run(job)
    assert counts(job) == (5, 0, 5, 0, 0)
    assert media(catalog) == before


async def test_a_dry_run_tells_and_changes_nothing(catalog: MemoryCatalog, engine: Engine) -> None:
    fill(catalog, MOST_TOLD + 2, written)
    before = media(catalog)
    job = Reparse(catalog=catalog, engine=engine, write=write, dry=True)
    await reparse.run(job)
    assert counts(job) == (MOST_TOLD + 2, MOST_TOLD + 2, 0, 0, 0)
    assert media(catalog) == before
    assert [change.path for change in job.totals.changes] == [f"/pictures/{at}.png" for at in range(MOST_TOLD)]
    first = job.totals.changes[0]
    assert first.generation["sampler"] == (None, "Euler")
    assert (first.added, first.removed) == (("a cat",), ())
    assert job.totals.as_json()["changes"][0]["generation"]["sampler"] == [None, "Euler"]


async def test_an_empty_catalog(catalog: MemoryCatalog, engine: Engine) -> None:
    job = Reparse(catalog=catalog, engine=engine, write=write)
    await reparse.run(job)
    assert counts(job) == (0, 0, 0, 0, 0)


async def test_a_text_that_cannot_be_read_costs_its_own_file(catalog: MemoryCatalog, engine: Engine) -> None:
    fill(catalog, 3, lambda at: (RawText("parameters", "ab" * 32, b"no zlib"),) if at == 1 else written(at))
    job = Reparse(catalog=catalog, engine=engine, write=write)
    await reparse.run(job)
    assert counts(job) == (3, 2, 0, 0, 1)
    ((path, sentence),) = job.totals.failures
    assert path == "/pictures/1.png"
    assert "damaged zlib data" in sentence


@pytest.mark.parametrize(
    ("died", "sentence"),
    [
        (Died("timeout"), "Reading its texts took longer than the time limit."),
        (Died("memory"), "Reading its texts takes more memory than a worker may use."),
        (Died("crashed", "SIGSEGV"), "Its texts could not be read (SIGSEGV)."),
    ],
)
async def test_a_worker_that_dies_leaves_the_file_as_it_is(catalog: MemoryCatalog, died: Died, sentence: str) -> None:
    class Deadly(InlineEngine):
        async def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Verdict[Result]]:
            return [died for _ in items]

    fill(catalog, MOST_TOLD + 1, written)
    before = media(catalog)
    async with Deadly() as engine:
        job = Reparse(catalog=catalog, engine=engine, write=write)
        await reparse.run(job)
    assert counts(job) == (MOST_TOLD + 1, 0, 0, 0, MOST_TOLD + 1)
    assert job.totals.failures == [(f"/pictures/{at}.png", sentence) for at in range(MOST_TOLD)]
    assert media(catalog) == before


async def test_what_the_catalog_refuses_is_a_failure(engine: Engine) -> None:
    class Strict(MemoryCatalog):
        def reread(self, items: Sequence[Reread]) -> list[Refused]:
            stored = super().reread(items[1:])
            return [Refused(items[0].media_id, "/pictures/0.png", "It is odd."), *stored]

    catalog = Strict()
    fill(catalog, 3, written)
    job = Reparse(catalog=catalog, engine=engine, write=write)
    await reparse.run(job)
    assert counts(job) == (3, 2, 0, 0, 1)
    assert job.totals.failures == [("/pictures/0.png", "It is odd.")]


async def test_cancelled_it_keeps_what_was_written_and_the_next_run_does_the_rest(
    catalog: MemoryCatalog, engine: Engine
) -> None:
    fill(catalog, 3 * BATCH, written)
    writes = itertools.count(1)

    async def write_once(function: Callable[[*Args], Answer], *arguments: *Args) -> Answer:
        if next(writes) > 1:
            await anyio.sleep_forever()
        return function(*arguments)

    cancelling = anyio.CancelScope()
    first = Reparse(catalog=catalog, engine=engine, write=write_once, told=cancelling.cancel)
    with cancelling:
        await reparse.run(first)
    assert cancelling.cancelled_caught
    assert first.totals.changed == BATCH
    second = Reparse(catalog=catalog, engine=engine, write=write)
    await reparse.run(second)
    assert counts(second) == (3 * BATCH, 2 * BATCH, BATCH, 0, 0)


async def test_each_batch_is_one_write(engine: Engine) -> None:
    class Counting(MemoryCatalog):
        def reread(self, items: Sequence[Reread]) -> list[Refused]:
            sizes.append(len(items))
            return super().reread(items)

    sizes: list[int] = []
    catalog = Counting()
    fill(catalog, BATCH + 1, written)
    await reparse.run(Reparse(catalog=catalog, engine=engine, write=write))
    assert sorted(sizes) == [1, BATCH]
