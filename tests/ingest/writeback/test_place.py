from __future__ import annotations

import os
from pathlib import Path

import pytest

from tallylight.ingest.writeback import place
from tallylight.ingest.writeback.place import CannotWrite
from tallylight.roots import Roots

LONGEST = 1000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def roots(root: Path) -> Roots:
    return Roots((str(root),))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_sidecar_is_written_with_its_folder(root: Path) -> None:
    path = root / ".scores" / "a.png.json"
    assert place.read(roots(root), str(path), LONGEST) is None
    place.replace(roots(root), str(path), b"{}", None)
    assert (path.read_bytes(), names(root / ".scores"), names(root)) == (b"{}", ["a.png.json"], [".scores"])


def test_one_beside_the_file_in_the_root_itself(root: Path) -> None:
    place.replace(roots(root), f"{root}/a.xmp", b"x", None)
    assert names(root) == ["a.xmp"]


def test_permissions_stay(root: Path) -> None:
    path = root / "a.xmp"
    path.write_bytes(b"old")
    path.chmod(0o640)
    before = place.read(roots(root), str(path), LONGEST)
    assert before is not None
    place.replace(roots(root), str(path), b"new", before)
    assert (path.read_bytes(), path.stat().st_mode & 0o7777, names(root)) == (b"new", 0o640, ["a.xmp"])


@pytest.mark.parametrize("change", ["written", "gone", "made", "replaced"])
def test_what_changed_since_it_was_read_is_left_as_it_is(root: Path, change: str) -> None:
    path = root / "a.xmp"
    if change != "made":
        path.write_bytes(b"old")
    before = place.read(roots(root), str(path), LONGEST)
    match change:
        case "written" | "made":
            path.write_bytes(b"other")
        case "gone":
            path.unlink()
        case "replaced":
            times = path.stat().st_mtime_ns
            path.rename(root / "b.xmp")
            path.write_bytes(b"odd")
            os.utime(path, ns=(times, times))
    stands = {name: (root / name).read_bytes() for name in names(root)}
    with pytest.raises(CannotWrite, match="changed by somebody else"):
        place.replace(roots(root), str(path), b"new", before)
    assert {name: (root / name).read_bytes() for name in names(root)} == stands


def test_links_out_of_the_roots_are_refused(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.xmp").write_bytes(b"theirs")
    (root / ".scores").symlink_to(outside)
    (root / "a.xmp").symlink_to(outside / "a.xmp")
    (root / "new.xmp").symlink_to(outside / "new.xmp")
    for path in (root / ".scores" / "a.png.json", root / ".scores" / "a.xmp", root / "a.xmp", root / "new.xmp"):
        with pytest.raises(CannotWrite, match="leads out of the folders"):
            place.read(roots(root), str(path), LONGEST)
        with pytest.raises(CannotWrite, match="leads out of the folders"):
            place.replace(roots(root), str(path), b"ours", None)
    assert (names(outside), (outside / "a.xmp").read_bytes()) == (["a.xmp"], b"theirs")


def test_a_link_inside_the_roots_is_followed(root: Path) -> None:
    (root / "kept").mkdir()
    (root / "kept" / "a.xmp").write_bytes(b"old")
    (root / "a.xmp").symlink_to("kept/a.xmp")
    before = place.read(roots(root), f"{root}/a.xmp", LONGEST)
    assert before is not None
    place.replace(roots(root), f"{root}/a.xmp", b"new", before)
    assert (root / "a.xmp").is_symlink()
    assert (root / "kept" / "a.xmp").read_bytes() == b"new"


def test_what_is_no_file_or_too_long_is_refused(root: Path) -> None:
    os.mkfifo(root / "pipe.xmp")
    (root / "folder.xmp").mkdir()
    (root / "long.xmp").write_bytes(b"x" * (LONGEST + 1))
    for name, sentence in (("pipe", "no regular file"), ("folder", "no regular file"), ("long", "longer than 1,000")):
        with pytest.raises(CannotWrite, match=sentence):
            place.read(roots(root), f"{root}/{name}.xmp", LONGEST)
    (root / ".scores").write_bytes(b"a file")
    with pytest.raises(CannotWrite, match="cannot be read or written: Not a directory"):
        place.replace(roots(root), f"{root}/.scores/a.png.json", b"{}", None)
    with pytest.raises(CannotWrite, match="the name is too long"):
        place.replace(roots(root), f"{root}/{'x' * 255}.xmp", b"{}", None)


def test_nothing_is_left_behind_where_the_disk_fails(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="the disk is full; make room"):
        place.replace(roots(root), f"{root}/a.xmp", b"new", None)
    assert names(root) == []
