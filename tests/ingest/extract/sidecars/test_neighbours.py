"""The names beside a file, and that a folder is listed once."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from tallylight.clock import SystemClock
from tallylight.errors import BadPath
from tallylight.ingest.extract.limits import Limits
from tallylight.ingest.extract.sidecars.neighbours import neighbours
from tallylight.roots import Roots


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many times a folder has been listed."""
    counted: list[str] = []
    names = Roots.names

    def count(self: Roots, folder: str, most: int) -> list[str] | None:
        counted.append(folder)
        return names(self, folder, most)

    monkeypatch.setattr(Roots, "names", count)
    return lambda: len(counted)


def put(folder: Path, *names: str, age: float = 60.0) -> Roots:
    """Files in a folder that last changed so many seconds ago."""
    for name in names:
        (folder / name).write_bytes(b"")
    at = SystemClock().now() - age
    os.utime(folder, (at, at))
    return Roots.of(folder)


def test_a_folder_without_sidecars_has_no_names(tmp_path: Path) -> None:
    assert neighbours(put(tmp_path, "a.png", "b.jpg"), str(tmp_path)).names == {}


def test_names_are_found_as_they_are_written(tmp_path: Path) -> None:
    beside = neighbours(put(tmp_path, "a.JPG", "a.JPG.XMP", "b.Txt"), str(tmp_path))
    assert beside.find("a.JPG.xmp") == str(tmp_path / "a.JPG.XMP")
    assert beside.find("b.txt") == str(tmp_path / "b.Txt")
    assert beside.find("a.JPG") == str(tmp_path / "a.JPG")
    assert (beside.find("a.jpg.xmp"), beside.find("c.txt")) == ("", "")


def test_of_two_endings_the_one_in_lower_case_counts(tmp_path: Path) -> None:
    beside = neighbours(put(tmp_path, "a.xmp", "a.XMP"), str(tmp_path))
    assert beside.find("a.xmp") == str(tmp_path / "a.xmp")


@pytest.mark.parametrize("name", [".scores", ".workflows"])
def test_a_folder_of_sidecars_is_a_reason_to_look(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert neighbours(put(tmp_path, "a.png"), str(tmp_path)).find(name) == str(tmp_path / name)


def test_a_folder_is_listed_once_however_many_files_are_in_it(tmp_path: Path, listed: Callable[[], int]) -> None:
    roots = put(tmp_path, "a.txt")
    for _ in range(5):
        # As a worker does, which gets what it is told anew for each file.
        assert neighbours(pickle.loads(pickle.dumps(roots)), str(tmp_path)).find("a.txt")
    assert listed() == 1


def test_a_change_of_the_folder_is_seen(tmp_path: Path, listed: Callable[[], int]) -> None:
    roots = put(tmp_path, "a.txt", age=60)
    assert not neighbours(roots, str(tmp_path)).find("b.txt")
    put(tmp_path, "b.txt", age=30)
    assert neighbours(roots, str(tmp_path)).find("b.txt")
    assert listed() == 2


def test_a_folder_that_has_just_changed_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = put(tmp_path, "a.txt", age=0.5)
    before = tmp_path.stat().st_mtime_ns
    assert not neighbours(roots, str(tmp_path)).find("b.txt")
    (tmp_path / "b.txt").write_bytes(b"")
    os.utime(tmp_path, ns=(before, before))  # a file system whose clock is too coarse to tell
    now = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: now(self) + 0.1)
    assert neighbours(roots, str(tmp_path)).find("b.txt")


def test_in_a_folder_too_large_to_list_each_name_is_asked_for(tmp_path: Path) -> None:
    beside = neighbours(put(tmp_path, "a.png", "a.txt", "b.png"), str(tmp_path), Limits(beside=2))
    assert beside.names is None
    assert beside.find("a.txt") == str(tmp_path / "a.txt")
    assert beside.find("b.txt") == ""


def test_a_folder_outside_the_roots_is_not_listed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    with pytest.raises(BadPath, match="leads out of the folders"):
        neighbours(Roots.of(inside), str(inside / "link"))
    with pytest.raises(FileNotFoundError):
        neighbours(Roots.of(inside), str(inside / "gone"))
