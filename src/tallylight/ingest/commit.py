"""Takes what the preview of a session shows into the catalog, batch by batch, with progress of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from tallylight.catalog import Catalog, CommitItem, Refused
from tallylight.facts import CommitPlanned, Committed
from tallylight.ingest.diff import TO_COMMIT, to_commit
from tallylight.ingest.looking import bring_up_to_date
from tallylight.ingest.marking import mark, mount_points
from tallylight.ingest.ports import Now, Record, Write
from tallylight.ingest.rechecking import Recheck
from tallylight.ingest.storing import as_stored
from tallylight.journal import Journal, Previewed, Standing
from tallylight.model import ConflictRule
from tallylight.roots import Roots, absolute

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
    recheck: Recheck
    directories: tuple[str, ...]  #: the session's
    roots: Roots  #: where else it may be looked whether a file has moved
    as_shown: bool = False  #: what the preview says was agreed to, whatever the catalog has become since


async def run(commit: Commit) -> None:
    """Commit the files of the session's preview that would change something and are not set aside, from where it was
    cut off; then mark what it missed, where it knows. Doing it again adds nothing; one refused file never costs
    another.

    A file that is not as it was read any more is refused. Cancelling it stops between two batches; what is committed
    stays.
    """
    if not commit.record.state.commit_total:
        await _plan(commit)
    elif not (await _standing(commit)).version:
        # Planned by an earlier version, which kept no preview.
        await _look(commit)
    async with _batches(commit, commit.record.state.commit_until) as batches:
        async for shown in batches:
            refused = await to_thread.run_sync(commit.recheck, [one.item for one in shown])
            failures = await commit.write(_store, commit, shown, refused)
            await commit.record.record(_settled(commit, shown, failures))
    if commit.record.state.knows_missing:
        await mark(commit.journal, commit.catalog, commit.session_id, commit.write, commit.now())
    mounts = await to_thread.run_sync(mount_points, commit.directories)
    await commit.write(commit.catalog.remember_mounts, mounts)


async def _plan(commit: Commit) -> None:
    """Say how many files there are to commit. From here on, they are these and no others."""
    if not commit.as_shown:
        await _look(commit)
    await commit.write(commit.journal.previews.forget_refusals, commit.session_id)
    await commit.record.record(CommitPlanned(at=commit.now(), total=to_commit(await _standing(commit))))


async def _standing(commit: Commit) -> Standing:
    return await to_thread.run_sync(commit.journal.previews.standing, commit.session_id)


async def _look(commit: Commit) -> None:
    await bring_up_to_date(commit.journal, commit.catalog, commit.roots, commit.session_id, commit.write, anew=True)


def _store(commit: Commit, shown: list[Previewed], refused: dict[int, str]) -> list[Refused]:
    """Store a batch, and keep why some of it was not stored. What the catalog said before is read by the one writer
    too, so that nobody changes it between.
    """
    texts = commit.journal.raw_texts(commit.session_id, [one.item.seq for one in shown])
    items = [
        CommitItem(one.item.seq, _path(one), one.item.outcome, tuple(texts.get(one.item.seq, ())), one.moved_from or "")
        for one in shown
    ]
    ready = as_stored(commit.catalog, commit.rule, [item for item in items if item.seq not in refused])
    failures = [Refused(item.seq, item.path, refused[item.seq]) for item in items if item.seq in refused]
    failures += commit.catalog.commit(commit.session_id, ready, commit.now())
    if failures:
        commit.journal.previews.refuse(commit.session_id, {one.seq: one.message for one in failures})
    return failures


def _settled(commit: Commit, shown: list[Previewed], refused: list[Refused]) -> Committed:
    failures = tuple((item.path, item.message) for item in refused)
    return Committed(at=commit.now(), done=len(shown) - len(refused), failures=failures, until=shown[-1].item.seq)


@asynccontextmanager
async def _batches(commit: Commit, after: int) -> AsyncIterator[MemoryObjectReceiveStream[list[Previewed]]]:
    """What is to be committed, batch by batch: the next one is read while one is written."""
    read, batches = anyio.create_memory_object_stream[list[Previewed]](0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_read_ahead, commit, after, read)
        with batches:
            yield batches


async def _read_ahead(commit: Commit, after: int, read: MemoryObjectSendStream[list[Previewed]]) -> None:
    with read:
        while shown := await to_thread.run_sync(_page, commit, after):
            await read.send(shown)
            after = shown[-1].item.seq


def _page(commit: Commit, after: int) -> list[Previewed]:
    return commit.journal.previews.page(commit.session_id, TO_COMMIT, after=after, limit=BATCH)


def _path(shown: Previewed) -> str:
    return absolute(shown.item.outcome.root, shown.item.outcome.file)
