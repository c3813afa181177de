"""Takes a session's extracted files into the catalog, batch by batch, with progress of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from anyio import to_thread

from tallylight.catalog import Catalog, CommitItem, Medium, Refused
from tallylight.facts import CommitPlanned, Committed
from tallylight.ingest.agreement import agree
from tallylight.ingest.filling import filled, is_shallower
from tallylight.ingest.marking import mark, mount_points
from tallylight.ingest.moved import moves
from tallylight.ingest.ports import Now, Record, Write
from tallylight.journal import Item, Journal
from tallylight.model import ConflictRule, OutcomeKind, RawText
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
    directories: tuple[str, ...]  #: the session's
    roots: Roots  #: where else it may be looked whether a file has moved


async def run(commit: Commit) -> None:
    """Commit every extracted file of the session, from where it was cut off; then mark what it missed, where it knows.
    Doing it again adds nothing; one refused file never costs another.

    Cancelling it stops between two batches; what is committed stays.
    """
    state = commit.record.state
    if not state.commit_total:
        await commit.record.record(CommitPlanned(at=commit.now(), total=state.processed - state.errors))
    found = await to_thread.run_sync(moves, commit.journal, commit.catalog, commit.session_id, commit.roots)
    async for items in _batches(commit, state.commit_until, found.before):
        refused = await commit.write(_store, commit, items)
        await commit.record.record(_settled(commit, items, refused))
    if state.knows_missing:
        await mark(commit.journal, commit.catalog, commit.session_id, commit.write, commit.now())
    mounts = await to_thread.run_sync(mount_points, commit.directories)
    await commit.write(commit.catalog.remember_mounts, mounts)


def _store(commit: Commit, items: list[CommitItem]) -> list[Refused]:
    """Store a batch. What the catalog said before is read by the one writer too, so that nobody changes it between."""
    rated = commit.catalog.ratings([_stood(item) for item in items])
    whole = _filled(commit.catalog, items)
    agreed = [
        replace(item, outcome=agree(item.outcome, rated.get(_stood(item)), commit.rule).outcome) for item in whole
    ]
    return commit.catalog.commit(commit.session_id, agreed, commit.now())


def _stood(item: CommitItem) -> str:
    """Where the catalog has had the file."""
    return item.moved_from or item.path


def _filled(catalog: Catalog, items: list[CommitItem]) -> list[CommitItem]:
    """The items with what the catalog knows of their bytes beyond them: of files that have moved, and of those that it
    has read deeper.
    """
    known = catalog.known([_stood(item) for item in items])
    wanted = [
        _stood(item)
        for item in items
        if (has := known.get(_stood(item))) is not None and (item.moved_from or is_shallower(item.outcome, has))
    ]
    stored = catalog.media_at(wanted)
    texts = catalog.texts([medium.media_id for medium in stored.values()])
    return [_filled_one(item, stored.get(_stood(item)), texts) for item in items]


def _filled_one(item: CommitItem, stored: Medium | None, texts: dict[int, tuple[RawText, ...]]) -> CommitItem:
    if stored is None:
        return item
    outcome = filled(item.outcome, stored.outcome, has_moved=bool(item.moved_from))
    return replace(item, outcome=outcome, texts=item.texts or texts.get(stored.media_id, ()))


def _settled(commit: Commit, items: list[CommitItem], refused: list[Refused]) -> Committed:
    failures = tuple((item.path, item.message) for item in refused)
    return Committed(at=commit.now(), done=len(items) - len(refused), failures=failures, until=items[-1].seq)


async def _batches(commit: Commit, after: int, before: dict[str, str]) -> AsyncIterator[list[CommitItem]]:
    while items := await to_thread.run_sync(_page, commit, after, before):
        yield items
        after = items[-1].seq


def _page(commit: Commit, after: int, before: dict[str, str]) -> list[CommitItem]:
    items = commit.journal.items(commit.session_id, kind=OutcomeKind.EXTRACTED, after=after, limit=BATCH)
    texts = commit.journal.raw_texts(commit.session_id, [item.seq for item in items])
    return [_commit_item(item, tuple(texts.get(item.seq, ())), before) for item in items]


def _commit_item(item: Item, texts: tuple[RawText, ...], before: dict[str, str]) -> CommitItem:
    path = absolute(item.outcome.root, item.outcome.file)
    return CommitItem(item.seq, path, item.outcome, texts, before.get(path, ""))
