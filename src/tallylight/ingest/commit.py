"""Takes a session's extracted files into the catalog, batch by batch, with progress of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

import anyio
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from tallylight.catalog import Catalog, CommitItem, Refused
from tallylight.facts import CommitPlanned, Committed
from tallylight.ingest.agreement import agree
from tallylight.ingest.ports import Now, Record, Write
from tallylight.journal import Item, Journal
from tallylight.model import ConflictRule, OutcomeKind, RawText
from tallylight.roots import absolute

#: Rows in one transaction: large enough to be fast, small enough that the bar moves.
BATCH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One session's commit and what it is given to do it with."""

    session_id: str
    journal: Journal
    catalog: Catalog
    record: Record
    write: Write
    now: Now
    rule: ConflictRule  #: whom to believe where a file and the catalog disagree


async def run(commit: Commit) -> None:
    """Commit every extracted file of the session, from where it was cut off. Doing it again adds nothing; one refused
    file never costs another.

    Cancelling it stops between two batches; what is committed stays.
    """
    state = commit.record.state
    if not state.commit_total:
        await commit.record.record(CommitPlanned(at=commit.now(), total=state.processed - state.errors))
    async with _batches(commit, state.commit_until) as batches:
        async for items in batches:
            refused = await commit.write(_store, commit, items)
            await commit.record.record(_settled(commit, items, refused))


def _store(commit: Commit, items: list[CommitItem]) -> list[Refused]:
    """Store a batch. What the catalog said before is read by the one writer too, so that nobody changes it between."""
    rated = commit.catalog.ratings([item.path for item in items])
    agreed = [replace(item, outcome=agree(item.outcome, rated.get(item.path), commit.rule).outcome) for item in items]
    return commit.catalog.commit(commit.session_id, agreed, commit.now())


def _settled(commit: Commit, items: list[CommitItem], refused: list[Refused]) -> Committed:
    failures = tuple((item.path, item.message) for item in refused)
    return Committed(at=commit.now(), done=len(items) - len(refused), failures=failures, until=items[-1].seq)


@asynccontextmanager
async def _batches(commit: Commit, after: int) -> AsyncIterator[MemoryObjectReceiveStream[list[CommitItem]]]:
    """What is to be committed, batch by batch: the next one is read while one is written."""
    read, batches = anyio.create_memory_object_stream[list[CommitItem]](0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_read_ahead, commit, after, read)
        with batches:
            yield batches


async def _read_ahead(commit: Commit, after: int, read: MemoryObjectSendStream[list[CommitItem]]) -> None:
    with read:
        while items := await to_thread.run_sync(_page, commit, after):
            await read.send(items)
            after = items[-1].seq


def _page(commit: Commit, after: int) -> list[CommitItem]:
    items = commit.journal.items(commit.session_id, kind=OutcomeKind.EXTRACTED, after=after, limit=BATCH)
    texts = commit.journal.raw_texts(commit.session_id, [item.seq for item in items])
    return [_commit_item(item, tuple(texts.get(item.seq, ()))) for item in items]


def _commit_item(item: Item, texts: tuple[RawText, ...]) -> CommitItem:
    path = absolute(item.outcome.root, item.outcome.file)
    return CommitItem(item.seq, path, item.outcome, texts)
