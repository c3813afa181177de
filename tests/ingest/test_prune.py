"""Which sessions and thumbnails nobody needs any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.catalog_suite import item
from tests.contract.journal_suite import begun, extracted, processed

from tallylight.catalog.memory import MemoryCatalog
from tallylight.facts import Moved
from tallylight.ingest.prune import DAY_S, plan
from tallylight.journal.memory import MemoryJournal
from tallylight.model import Status
from tallylight.thumbnails import Thumbnails

NOW = 100 * DAY_S


def rested(journal: MemoryJournal, name: str, days_ago: float, sha256: str, *, at_rest: bool = True) -> None:
    """A session of one picture whose newest fact is so old."""
    at = NOW - days_ago * DAY_S
    facts = [replace(fact, at=at) for fact in processed(replace(extracted(), sha256=sha256))]
    moves = [Moved(at=at, status=Status.PROCESSING)] + [Moved(at=at, status=Status.COMPLETED)] * at_rest
    begun(journal, name, moves[0], *facts, *moves[1:])


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


def test_old_sessions_at_rest_go_and_all_others_stay(journal: MemoryJournal, tmp_path: Path) -> None:
    rested(journal, "old", 31, "aa" * 32)
    rested(journal, "young", 29, "bb" * 32)
    rested(journal, "moving", 31, "cc" * 32, at_rest=False)
    found = plan(journal, MemoryCatalog(), Thumbnails(tmp_path), NOW, 30)
    assert [session.session_id for session in found.sessions] == ["old"]
    assert found.outcomes == 1
    assert (found.thumbnails, found.thumbnail_bytes) == ((), 0)
    assert plan(journal, MemoryCatalog(), Thumbnails(tmp_path), NOW, 1000).sessions == ()


def test_thumbnails_go_that_nothing_which_stays_needs(journal: MemoryJournal, tmp_path: Path) -> None:
    thumbnails, catalog = Thumbnails(tmp_path / "thumbnails"), MemoryCatalog()
    for letter in "abcdef":
        thumbnails.put(letter * 64, b"x" * 10)
    (thumbnails.folder / "aa" / "note.txt").write_text("not ours")
    rested(journal, "old", 31, "a" * 64)
    rested(journal, "old too", 31, "b" * 64)
    rested(journal, "young", 1, "c" * 64)
    catalog.commit("gone", [item(outcome=replace(extracted(), sha256="b" * 64))], 1.0)
    catalog.commit("later", [item(outcome=replace(extracted(), sha256="d" * 64))], 2.0)
    found = plan(journal, catalog, thumbnails, NOW, 30)
    assert sorted(found.thumbnails) == ["a" * 64, "e" * 64, "f" * 64]
    assert found.thumbnail_bytes == 30
    for sha256 in found.thumbnails:
        thumbnails.remove(sha256)
        thumbnails.remove(sha256)
    assert [sha256[0] for sha256, _ in sorted(thumbnails.stored())] == ["b", "c", "d"]
    assert plan(journal, catalog, thumbnails, NOW, 30).thumbnails == ()
