"""Files that arrive, and when they are taken."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Collection
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio.abc import ObjectReceiveStream
from hypothesis import given
from hypothesis import strategies as st

from tallylight.ingest.discover import is_media
from tallylight.ingest.watch import Growing, Look, Watch, is_on_network, run
from tallylight.testing import ManualClock

ONE, TWO = Look(1, 1), Look(2, 1)
MOUNTS = """/dev/sda1 / ext4 rw 0 0
nas:/photos /mnt/photos nfs4 rw 0 0
//nas/my\\040share /mnt/my\\040share cifs rw 0 0
/dev/sdb1 /mnt/photos/local ext4 rw 0 0
broken line
"""


def test_a_file_that_stands_still_for_long_enough_is_ripe_once() -> None:
    growing = Growing(5)
    growing.saw("a", ONE, 10)
    growing.saw("a", ONE, 14.9)
    assert growing.ripe(14.9) == []
    assert growing.ripe(15) == ["a"]
    assert growing.ripe(99) == []
    assert len(growing) == 0


@pytest.mark.parametrize("later", [TWO, Look(1, 2)])
def test_a_change_of_size_or_time_begins_anew(later: Look) -> None:
    growing = Growing(5)
    growing.saw("a", ONE, 10)
    growing.saw("a", later, 14)
    assert growing.ripe(18) == []
    assert growing.ripe(19) == ["a"]


def test_what_goes_away_is_forgotten() -> None:
    growing = Growing(5)
    growing.saw("a", ONE, 10)
    growing.saw("a", None, 11)
    growing.saw("never there", None, 11)
    assert growing.paths == []


def test_what_is_still_waits_for_what_grows_beside_or_below_it_a_while() -> None:
    growing = Growing(5, patience=60)
    for path in ("/a/one.png", "/a/below/two.png", "/other/three.png"):
        growing.saw(path, ONE, 0)
    growing.saw("/a/below/copying.png", ONE, 3)
    assert growing.ripe(5) == ["/other/three.png"]
    assert sorted(growing.ripe(8)) == ["/a/below/copying.png", "/a/below/two.png", "/a/one.png"]
    growing.saw("/a/one.png", ONE, 10)
    for second in range(10, 70):
        growing.saw("/a/copying.png", Look(second, 1), second)
        assert growing.ripe(second) == []
    growing.saw("/a/copying.png", TWO, 70)
    assert growing.ripe(70) == ["/a/one.png"]


def test_what_grows_above_is_not_waited_for() -> None:
    growing = Growing(5)
    growing.saw("/a/below/one.png", ONE, 0)
    growing.saw("/a/copying.png", ONE, 3)
    assert growing.ripe(5) == ["/a/below/one.png"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([None, ONE, TWO]), st.floats(0, 3)), max_size=40))
def test_nothing_is_ripe_before_its_time(steps: list[tuple[str, Look | None, float]]) -> None:
    growing, now, since = Growing(5), 0.0, dict[str, tuple[Look | None, float]]()
    for path, look, pause in steps:
        now += pause
        growing.saw(path, look, now)
        if path not in since or since[path][0] != look:
            since[path] = (look, now)
        for ripe in growing.ripe(now):
            assert now - since[ripe][1] >= 5


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/home/me", False),
        ("/mnt/photos", True),
        ("/mnt/photos/2026", True),
        ("/mnt/photos/local/x", False),
        ("/mnt/photosynthesis", False),
        ("/mnt/my share/x", True),
    ],
)
def test_network_file_systems_are_known_by_their_mounts(folder: str, expected: bool) -> None:
    assert is_on_network(folder, MOUNTS) is expected
    assert not is_on_network(folder, "")


class Arrivals:
    """Changes that the test makes, and what was taken of them."""

    def __init__(self, clock: ManualClock, wanted: Callable[[str], bool] = is_media) -> None:
        self.wanted = wanted
        self.tell, self._told = anyio.create_memory_object_stream[Collection[str]](10)
        self.taken: list[list[str]] = []
        self.took = anyio.Event()
        self.clock = clock

    async def __aenter__(self) -> Arrivals:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.tell.aclose()
        await self._told.aclose()

    def watch(self) -> Watch:
        changes = partial(_all_of, self._told)
        return Watch(changes=changes, take=self._take, clock=self.clock, wanted=self.wanted)

    async def _take(self, folders: list[str]) -> None:
        self.taken.append(folders)
        self.took.set()

    async def until_taken(self) -> float:
        """Turn the clock until something is taken; returns how many seconds that took."""
        begun = self.clock.monotonic()
        with anyio.fail_after(20):
            while not self.took.is_set():
                await self.clock.advance(0.5)
                await anyio.to_thread.run_sync(lambda: None)
        self.took = anyio.Event()
        return self.clock.monotonic() - begun


async def _all_of(told: ObjectReceiveStream[Collection[str]]) -> AsyncIterator[Collection[str]]:
    async for paths in told:
        yield paths


@pytest.mark.anyio
async def test_folders_of_files_that_stand_still_are_taken_together(tmp_path: Path) -> None:
    names = [tmp_path / "a" / "one.png", tmp_path / "b" / "two.JPG", tmp_path / "b" / "note.txt", tmp_path / ".c.png"]
    for path in names:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    async with Arrivals(ManualClock()) as arrivals, anyio.create_task_group() as tasks:
        tasks.start_soon(run, arrivals.watch())
        await arrivals.tell.send([*map(str, names), str(tmp_path / "gone.png")])
        assert await arrivals.until_taken() >= 5
        assert arrivals.taken == [[str(tmp_path / "a"), str(tmp_path / "b")]]

        names[0].write_bytes(b"longer")
        os.utime(names[0], ns=(1, 1))
        await arrivals.tell.send([str(names[0])])
        await arrivals.until_taken()
        assert arrivals.taken[1:] == [[str(tmp_path / "a")]]
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_what_is_in_a_new_folder_already_is_taken_too(tmp_path: Path) -> None:
    new = tmp_path / "new"
    for folder in (new, new / "deeper", new / ".hidden", tmp_path / "empty"):
        folder.mkdir()
    for path in (new / "one.png", new / "deeper" / "two.png", new / ".hidden" / "no.png", new / "deeper" / "note.txt"):
        path.write_bytes(b"x")
    async with Arrivals(ManualClock()) as arrivals, anyio.create_task_group() as tasks:
        tasks.start_soon(run, arrivals.watch())
        await arrivals.tell.send([str(new), str(tmp_path / "empty")])
        await arrivals.until_taken()
        assert arrivals.taken == [[str(new), str(new / "deeper")]]
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_what_other_packages_read_is_taken_too(tmp_path: Path) -> None:
    picture = tmp_path / "a.FF"
    picture.write_bytes(b"x")
    wanted = partial(is_media, suffixes={".ff"})
    async with Arrivals(ManualClock(), wanted) as arrivals, anyio.create_task_group() as tasks:
        tasks.start_soon(run, arrivals.watch())
        await arrivals.tell.send([str(picture)])
        await arrivals.until_taken()
        assert arrivals.taken == [[str(tmp_path)]]
        tasks.cancel_scope.cancel()
