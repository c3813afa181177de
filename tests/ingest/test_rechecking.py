"""Files that are not as they were read are told from those that are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tallylight.ingest.rechecking import changed_since
from tallylight.journal import Item
from tallylight.model import Outcome, OutcomeKind
from tallylight.roots import Roots, escape


def read(root: Path, file: str, data: bytes = b"12345") -> Item:
    """A file, and its outcome as if it had been read."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    status = path.stat()
    outcome = Outcome(
        root=escape(root),
        file=escape(file),
        kind=OutcomeKind.EXTRACTED,
        bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
    )
    return Item(1, 1.0, outcome)


def trouble(root: Path, item: Item) -> str:
    return changed_since(Roots.of(root), [item]).get(item.seq, "")


@pytest.mark.parametrize("file", ["a.png", "day/a.png", r"back\x5cslash.png", os.fsdecode(b"caf\xe9.png")])
def test_a_file_as_it_was_read_is_no_trouble(tmp_path: Path, file: str) -> None:
    assert trouble(tmp_path, read(tmp_path, file)) == ""


def test_one_that_nobody_may_read_is_as_it_was(tmp_path: Path) -> None:
    item = read(tmp_path, "a.png")
    (tmp_path / "a.png").chmod(0)
    assert trouble(tmp_path, item) == ""


def test_a_file_that_was_edited(tmp_path: Path) -> None:
    item = read(tmp_path, "a.png")
    (tmp_path / "a.png").write_bytes(b"123456")
    assert (
        trouble(tmp_path, item) == "It was changed after it was read, so it was not committed; scan its folder again."
    )


def test_a_file_that_was_only_touched(tmp_path: Path) -> None:
    item = read(tmp_path, "a.png")
    os.utime(tmp_path / "a.png", ns=(1, item.outcome.mtime_ns + 1))
    assert "was changed after it was read" in trouble(tmp_path, item)


def test_a_file_of_the_same_size_in_its_place(tmp_path: Path) -> None:
    item = read(tmp_path, "a.png")
    other = tmp_path / "other"
    other.write_bytes(b"54321")
    os.utime(other, ns=(1, item.outcome.mtime_ns + 1000))
    other.replace(tmp_path / "a.png")
    assert "was changed after it was read" in trouble(tmp_path, item)


def test_a_file_that_is_gone_and_one_whose_folder_became_a_file(tmp_path: Path) -> None:
    item = read(tmp_path, "day/a.png")
    (tmp_path / "day" / "a.png").unlink()
    assert "is not there any more" in trouble(tmp_path, item)
    (tmp_path / "day").rmdir()
    (tmp_path / "day").touch()
    assert "is not there any more" in trouble(tmp_path, item)


def test_a_link_out_of_the_roots_a_folder_and_a_pipe(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside.png"
    item = read(root, "a.png")
    outside.write_bytes(b"12345")
    os.utime(outside, ns=(1, item.outcome.mtime_ns))
    path = root / "a.png"
    path.unlink()
    path.symlink_to(outside)
    assert "is no file inside the folders" in trouble(root, item)
    path.unlink()
    path.mkdir()
    assert "is no file inside the folders" in trouble(root, item)
    path.rmdir()
    os.mkfifo(path)
    assert "is no file inside the folders" in trouble(root, item)


def test_what_cannot_be_looked_at(tmp_path: Path) -> None:
    item = read(tmp_path, "a.png")
    (tmp_path / "a.png").unlink()
    (tmp_path / "a.png").symlink_to("a.png")
    assert "cannot be looked at any more (Too many levels of symbolic links)" in trouble(tmp_path, item)


def test_one_bad_file_says_nothing_of_the_others(tmp_path: Path) -> None:
    good, bad = read(tmp_path, "a.png"), Item(2, 1.0, read(tmp_path, "b.png").outcome)
    (tmp_path / "b.png").unlink()
    assert changed_since(Roots.of(tmp_path), [good, bad]).keys() == {2}
