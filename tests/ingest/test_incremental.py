"""Rescans of real folders: every file is told to be new, unchanged, changed, moved, duplicate or missing, and the sums
are those of the disk.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.bench import Bench, extract, make, open_bench

from tallylight.catalog import CommitItem, Medium
from tallylight.catalog.memory import MemoryCatalog
from tallylight.engine.inline import InlineEngine
from tallylight.errors import WrongMove
from tallylight.ingest.discover import is_media
from tallylight.ingest.extract.version import EXTRACTOR_VERSION
from tallylight.ingest.missing import missing_paths
from tallylight.ingest.preview import Preview, preview
from tallylight.ingest.unchanged import unchanged_paths
from tallylight.journal.memory import MemoryJournal
from tallylight.model import Candidate, Outcome, OutcomeKind, Status, Tier
from tallylight.roots import escape, unescape
from tallylight.testing import PacedEngine

pytestmark = pytest.mark.anyio


def hashing(candidate: Candidate) -> Outcome:
    """As `extract`, with the hash of the file's bytes."""
    outcome = replace(extract(candidate), score=None)
    if outcome.kind is OutcomeKind.FAILED:
        return outcome
    path = Path(unescape(candidate.root)) / unescape(candidate.file)
    return replace(outcome, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), has_thumbnail=True)


def at_tier(tier: Tier, version: int = EXTRACTOR_VERSION) -> Callable[[Candidate], Outcome]:
    def read(candidate: Candidate) -> Outcome:
        outcome = replace(hashing(candidate), tier=tier, extractor_version=version)
        return outcome if tier is Tier.FULL else replace(outcome, sha256=None, has_thumbnail=False)

    return read


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    (tmp_path / "m").mkdir()
    async with open_bench(tmp_path / "m", extract=hashing) as bench:
        yield bench


async def committed(bench: Bench, **asked: object) -> str:
    """A session that is confirmed where it is held, and committed."""
    session_id = await bench.start(**asked)
    assert (await bench.confirmed(session_id)).status is Status.COMPLETED
    assert (await bench.commit(session_id)).status is Status.COMMITTED
    return session_id


def previewed(bench: Bench, session_id: str) -> Preview:
    return preview(bench.journal, bench.catalog, session_id, bench.roots)


async def seen(bench: Bench, **asked: object) -> Preview:
    session_id = await bench.start(**asked)
    await bench.confirmed(session_id)
    return previewed(bench, session_id)


def media(bench: Bench) -> dict[str, Medium]:
    root = f"{escape(bench.root)}/"
    return {medium.path.removeprefix(root): medium for medium in bench.catalog.media(limit=1000)}


def marked(bench: Bench) -> set[str]:
    return {path for path, medium in media(bench).items() if medium.missing_since is not None}


def on_disk(root: Path) -> int:
    return sum(is_media(name) for _, _, names in os.walk(root) for name in names)


# --- classes and sums --------------------------------------------------------------------------------------------

names = st.sampled_from(["a.png", "B.PNG", "c.mp4", "bad.png", "note.txt", "caf\udce9.png", r"caf\xe9.png"])
folders = st.sampled_from(["", "day_1/", "day_1/deep/", "day_2/"])
files = st.tuples(folders, names).map("".join)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("write"), files, st.integers(0, 3)),
        st.tuples(st.just("remove"), files, st.just(0)),
        st.tuples(st.just("move"), files, files),
        st.tuples(st.just("prune"), folders, st.just(0)),
    ),
    max_size=12,
)


def do(root: Path, deed: tuple[str, str, object]) -> None:
    kind, name, further = deed
    path = root / name
    match kind:
        case "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"content {further}".encode())
        case "remove":
            path.unlink(missing_ok=True)
        case "prune" if name:
            shutil.rmtree(path, ignore_errors=True)
        case "move" if path.exists():
            (root / str(further)).parent.mkdir(parents=True, exist_ok=True)
            path.rename(root / str(further))


@settings(max_examples=80, deadline=None)
@given(before=deeds, after=deeds, pattern=st.sampled_from(["", "*.png"]), most=st.none() | st.integers(0, 5))
async def test_whatever_happened_the_sums_are_those_of_the_disk(
    before: list[tuple[str, str, object]], after: list[tuple[str, str, object]], pattern: str, most: int | None
) -> None:
    with tempfile.TemporaryDirectory() as made:
        root = Path(made) / "m"
        root.mkdir()
        async with open_bench(root, extract=hashing) as bench:
            for deed in before:
                do(root, deed)
            await committed(bench)
            for deed in after:
                do(root, deed)
            known = set(media(bench))
            session_id = await bench.start(pattern=pattern, max_files=most)
            state = await bench.confirmed(session_id)
            found = previewed(bench, session_id)
            assert state.files + state.unchanged + state.excluded == on_disk(root)
            assert sum(found.as_json().values()) - found.missing == on_disk(root)
            gone = {name for name in known if not (root / unescape(name)).exists()}
            asked = {name for name in gone if not pattern or name.lower().endswith(".png")}
            assert {path.removeprefix(f"{made}/m/") for path in missing_paths(bench.journal, session_id)} == asked
            same = list(unchanged_paths(bench.journal, bench.catalog, session_id))
            assert len(same) == len(set(same)) == state.unchanged
            await bench.commit(session_id)
            assert len(media(bench)) == len(known) + found.new + found.duplicate, "nothing is removed"
            assert len(marked(bench)) == found.missing
            await committed(bench)
            rest = await seen(bench)
            assert replace(rest, unchanged=0, failed=0, missing=0) == Preview(), "a second look finds nothing new"
            assert rest.unchanged + rest.failed == on_disk(root)
            assert len(marked(bench)) == rest.missing


async def test_a_rescan_tells_the_classes_apart(bench: Bench) -> None:
    make(bench.root, ["same.png", "edited.png", "moves.png", "goes.png", "day/gone_with_it.png"])
    await committed(bench)
    (bench.root / "edited.png").write_bytes(b"other bytes")
    (bench.root / "new folder").mkdir()
    (bench.root / "moves.png").rename(bench.root / "new folder" / "renamed.png")
    (bench.root / "goes.png").unlink()
    shutil.rmtree(bench.root / "day")
    make(bench.root, ["new.png", "bad.png"])
    shutil.copyfile(bench.root / "same.png", bench.root / "copy.png")
    found = await seen(bench)
    assert found == Preview(new=1, changed=1, moved=1, duplicate=1, unchanged=1, failed=1, missing=2)


@pytest.mark.parametrize("how", ["an unreadable folder", "a pattern", "max_files", "another suffix"])
async def test_what_the_walk_could_not_meet_is_not_missing(bench: Bench, how: str) -> None:
    make(bench.root, ["a/1.png", "b/2.mp4"])
    await committed(bench)
    match how:
        case "an unreadable folder":
            # A link that leads round in a circle is there and cannot be listed.
            shutil.rmtree(bench.root / "a")
            (bench.root / "a").symlink_to("a")
            assert (await seen(bench)).missing == 0
        case "a pattern":
            (bench.root / "b" / "2.mp4").unlink()
            assert (await seen(bench, pattern="*.png")) == Preview(unchanged=1)
        case "max_files":
            make(bench.root, ["a/1.png", "b/2.mp4"], mtime_ns=5)
            assert (await seen(bench, max_files=1)) == Preview(unchanged=1, excluded=1)
        case _:
            (bench.root / "b" / "2.mp4").unlink()
            (bench.root / "a" / "1.png").rename(bench.root / "a" / "1.txt")
            assert (await seen(bench)).missing == 2


async def test_links_are_followed_as_before(bench: Bench, tmp_path: Path) -> None:
    make(tmp_path, ["elsewhere/1.png"])
    make(bench.root, ["real/2.png"])
    (bench.root / "link.png").symlink_to("real/2.png")
    (bench.root / "to_real").symlink_to("real")
    await committed(bench)
    assert await seen(bench) == Preview(unchanged=2)
    (bench.root / "a_link").symlink_to("real")
    assert (await seen(bench)).missing == 0, "a folder that is met by another path is still there"


async def test_overlapping_sessions_mark_once(bench: Bench) -> None:
    make(bench.root, ["day/1.png", "day/2.png", "3.png"])
    await committed(bench)
    (bench.root / "day" / "1.png").unlink()
    part, whole = [await bench.start(directories=(directory,)) for directory in (f"{bench.root}/day", str(bench.root))]
    for session_id in (part, whole):
        await bench.confirmed(session_id)
        await bench.commit(session_id)
    assert media(bench)["day/1.png"].session_id == part
    assert (await seen(bench, directories=(str(bench.root), f"{bench.root}/day"))).missing == 1


async def test_the_mark_of_a_file_that_went_again_before_the_commit_stays(bench: Bench) -> None:
    make(bench.root, ["a.png", "b.png"])
    await committed(bench)
    (bench.root / "a.png").unlink()
    await committed(bench)
    make(bench.root, ["a.png"])
    found = await bench.run()
    assert found.found == 1
    (bench.root / "a.png").unlink()
    await bench.commit(found.session_id)
    assert marked(bench) == {"a.png"}
    make(bench.root, ["a.png"])
    await committed(bench)
    assert marked(bench) == set()


# --- version and tier --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("had", "asked", "unchanged"),
    [
        ((Tier.FULL, 0), Tier.FULL, 0),
        ((Tier.FULL, EXTRACTOR_VERSION), Tier.FULL, 1),
        ((Tier.FULL, EXTRACTOR_VERSION), Tier.INDEX, 1),
        ((Tier.METADATA, EXTRACTOR_VERSION), Tier.FULL, 0),
        ((Tier.METADATA, EXTRACTOR_VERSION), Tier.METADATA, 1),
        ((Tier.FULL, EXTRACTOR_VERSION + 1), Tier.FULL, 1),
    ],
)
async def test_what_was_read_by_less_is_read_once_more(
    tmp_path: Path, had: tuple[Tier, int], asked: Tier, unchanged: int
) -> None:
    make(tmp_path, ["a.png"])
    catalog = MemoryCatalog()
    async with open_bench(tmp_path, catalog=catalog, extract=at_tier(*had)) as bench:
        await committed(bench, tier=had[0])
    async with open_bench(tmp_path, catalog=catalog, extract=at_tier(asked)) as bench:
        state = await bench.run(tier=asked)
        assert (state.files, state.unchanged) == (1 - unchanged, unchanged)
        await bench.commit(state.session_id)
        assert (await bench.run(tier=asked)).unchanged == 1


async def test_a_shallower_session_loses_nothing_of_the_same_bytes(tmp_path: Path) -> None:
    make(tmp_path, ["same.png", "other.png"])
    catalog = MemoryCatalog()
    async with open_bench(tmp_path, catalog=catalog, extract=hashing) as bench:
        await committed(bench)
        before = media(bench)
    make(tmp_path, ["other.png"], mtime_ns=5)
    async with open_bench(tmp_path, catalog=catalog, extract=at_tier(Tier.METADATA)) as bench:
        await committed(bench, tier=Tier.METADATA, skip_existing=False)
        after = media(bench)
        assert after["same.png"] == before["same.png"]
        assert after["other.png"].outcome.sha256 is None, "of other bytes nothing is known"
        assert (await bench.run(tier=Tier.METADATA)).unchanged == 2


# --- moved -------------------------------------------------------------------------------------------------------


async def test_what_moved_takes_all_that_was_said_of_it_along(bench: Bench) -> None:
    make(bench.root, ["a/1.png", "2.png"])
    await committed(bench)
    before = media(bench)["a/1.png"]
    rated = replace(before.outcome, score=5, favourite=True)
    bench.catalog.commit("rating", [CommitItem(1, before.path, rated)], 1.0)
    (bench.root / "b").mkdir()
    (bench.root / "a" / "1.png").rename(bench.root / "b" / "one.png")
    session_id = await committed(bench)
    after = media(bench)["b/one.png"]
    assert (after.media_id, after.outcome.score, after.outcome.favourite) == (before.media_id, 5, True)
    assert (set(media(bench)), marked(bench)) == ({"b/one.png", "2.png"}, set())
    await bench.supervisor.undo(session_id)
    await bench.finished(session_id)
    assert media(bench)["a/1.png"].outcome == rated


async def test_of_several_copies_one_is_the_moved_file_and_the_others_are_duplicates(bench: Bench) -> None:
    make(bench.root, ["a/1.png"])
    await committed(bench)
    content = (bench.root / "a" / "1.png").read_bytes()
    shutil.rmtree(bench.root / "a")
    for name in ("b/0.png", "c/1.png", "d/2.png"):
        (bench.root / name).parent.mkdir()
        (bench.root / name).write_bytes(content)
    found = await seen(bench)
    assert found == Preview(moved=1, duplicate=2)
    media_id = media(bench)["a/1.png"].media_id
    await committed(bench)
    assert media(bench)["c/1.png"].media_id == media_id


async def test_a_copy_is_no_move(bench: Bench) -> None:
    make(bench.root, ["a.png"])
    await committed(bench)
    shutil.copyfile(bench.root / "a.png", bench.root / "b.png")
    assert await seen(bench) == Preview(unchanged=1, duplicate=1)


async def test_what_was_missed_by_an_earlier_session_has_moved_when_it_is_met_again(bench: Bench) -> None:
    make(bench.root, ["a/1.png", "b/2.png"])
    await committed(bench)
    media_id = media(bench)["a/1.png"].media_id
    content = (bench.root / "a" / "1.png").read_bytes()
    (bench.root / "a" / "1.png").unlink()
    await committed(bench)
    assert marked(bench) == {"a/1.png"}
    (bench.root / "b" / "1.png").write_bytes(content)
    await committed(bench, directories=(f"{bench.root}/b",))
    assert (media(bench)["b/1.png"].media_id, marked(bench)) == (media_id, set())


# --- held --------------------------------------------------------------------------------------------------------


async def lost(bench: Bench, count: int = 6) -> None:
    """A committed library of which a folder was taken away."""
    make(bench.root, [f"disk/{number}.png" for number in range(count)] + ["a.png"])
    await committed(bench)
    (bench.root / "disk").rename(bench.root.parent / "unplugged")


async def test_a_folder_that_is_gone_holds_the_session_until_it_is_confirmed(bench: Bench) -> None:
    await lost(bench)
    make(bench.root, ["new.png"])
    session_id = await bench.start()
    state = await bench.held(session_id)
    assert state is not None
    assert (state.status, state.code, state.missing, state.total_final) == (Status.HELD, "guard", 6, True)
    assert "has lost many files: 6 of 7 files" in state.message
    with pytest.raises(WrongMove):
        await bench.supervisor.pause(session_id)
    assert await bench.supervisor.resume(session_id) is Status.PROCESSING
    await bench.finished(session_id)
    assert (bench.state(session_id).status, bench.state(session_id).processed) == (Status.COMPLETED, 1)
    await bench.commit(session_id)
    assert (len(marked(bench)), len(media(bench))) == (6, 8)
    (bench.root.parent / "unplugged").rename(bench.root / "disk")
    again = await bench.run()
    assert (again.unchanged, again.found, again.missing) == (8, 6, 0)
    assert len(marked(bench)) == 6, "a scan changes nothing"
    await bench.commit(again.session_id)
    assert marked(bench) == set()
    await bench.supervisor.undo(again.session_id)
    await bench.finished(again.session_id)
    assert len(marked(bench)) == 6
    await bench.supervisor.undo(session_id)
    await bench.finished(session_id)
    assert (marked(bench), len(media(bench))) == (set(), 7)


async def test_what_was_missing_before_holds_no_session_again(bench: Bench) -> None:
    await lost(bench)
    await committed(bench)
    state = await bench.run()
    assert (state.status, state.missing) == (Status.COMPLETED, 6)


async def test_an_empty_root_holds_however_little_was_there(bench: Bench) -> None:
    make(bench.root, ["a.png"])
    await committed(bench)
    (bench.root / "a.png").unlink()
    state = await bench.held(await bench.start())
    assert state is not None
    assert state.message.startswith(f"{bench.root}"[:20])
    assert "is empty: 1 of 1 files" in state.message


async def test_a_root_that_vanished_while_it_was_scanned_is_held(bench: Bench) -> None:
    make(bench.root, ["a.png"])
    await committed(bench)
    bench.root.rename(bench.root.parent / "unplugged")
    state = await bench.held(await bench.start())
    assert state is not None
    assert "is gone: 1 of 1 files" in state.message
    (bench.root.parent / "unplugged").rename(bench.root)


async def test_a_few_files_hold_nothing(bench: Bench) -> None:
    make(bench.root, ["a.png", "b.png", "c.png"])
    await committed(bench)
    (bench.root / "a.png").unlink()
    assert (await bench.run()).missing == 1


async def test_a_held_session_that_is_cancelled_marks_nothing_when_it_is_committed(bench: Bench) -> None:
    await lost(bench)
    make(bench.root, ["new.png"])
    session_id = await bench.start()
    await bench.held(session_id)
    assert await bench.supervisor.cancel(session_id) is Status.CANCELLED
    assert previewed(bench, session_id).missing == 0
    await bench.commit(session_id)
    assert marked(bench) == set()


async def test_a_held_session_stays_held_over_restarts_and_is_confirmed_once(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    journal, catalog = MemoryJournal(), MemoryCatalog()
    async with open_bench(tmp_path / "m", journal=journal, catalog=catalog, extract=hashing) as bench:
        await lost(bench)
        make(bench.root, ["new.png", "other.png"])
        session_id = await bench.start()
        await bench.held(session_id)
    engine = PacedEngine(InlineEngine())
    async with open_bench(tmp_path / "m", journal=journal, catalog=catalog, extract=hashing, engine=engine) as bench:
        await bench.supervisor.recover()
        assert bench.state(session_id).status is Status.HELD
        await bench.supervisor.resume(session_id)
        assert bench.state(session_id).status is Status.PROCESSING
    async with open_bench(tmp_path / "m", journal=journal, catalog=catalog, extract=hashing) as bench:
        await bench.supervisor.recover()
        await bench.finished(session_id)
        state = bench.state(session_id)
        assert (state.status, state.processed, state.is_confirmed) == (Status.COMPLETED, 2, True)


async def test_a_held_session_of_no_process_is_resumed_and_cancelled(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    journal, catalog = MemoryJournal(), MemoryCatalog()
    async with open_bench(tmp_path / "m", journal=journal, catalog=catalog, extract=hashing) as bench:
        await lost(bench)
        first, second = await bench.start(), await bench.start()
        for session_id in (first, second):
            await bench.held(session_id)
    async with open_bench(tmp_path / "m", journal=journal, catalog=catalog, extract=hashing) as bench:
        await bench.supervisor.resume(first)
        await bench.finished(first)
        assert bench.state(first).status is Status.COMPLETED
        assert await bench.supervisor.cancel(second) is Status.CANCELLED


async def test_nothing_more_is_processed_while_it_is_held(bench: Bench) -> None:
    await lost(bench)
    engine = PacedEngine(InlineEngine())
    make(bench.root, [f"new/{number}.png" for number in range(300)])
    async with open_bench(bench.root, catalog=bench.catalog, extract=hashing, engine=engine) as slow:
        session_id = await slow.start()
        assert await slow.held(session_id) is not None
        engine.open()
        with anyio.fail_after(10):
            await slow.hub.saw(lambda update: update.state["processed_files"] > 0)
        await slow.supervisor.resume(session_id)
        await slow.finished(session_id)
        states = [update.state for update in slow.hub.updates if update.state["status"] == "held"]
        assert max(state["processed_files"] for state in states) < 300, "what was under way is finished, no more begun"
        assert slow.state(session_id).processed == 300
