"""The thumbnail cache."""

from __future__ import annotations

import errno
import os
import pickle
import threading
from pathlib import Path

import pytest

from tallylight.thumbnails import Thumbnails

HASH = "ab" + "0" * 62


def test_what_is_put_is_got(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "made" / "on demand")
    assert thumbnails.get(HASH) is None
    thumbnails.put(HASH, b"one")
    assert thumbnails.get(HASH) == b"one"
    thumbnails.put(HASH, b"two")
    assert thumbnails.get(HASH) == b"two"
    assert thumbnails.path(HASH) == tmp_path / "made" / "on demand" / "ab" / f"{'0' * 62}.jpg"
    assert [path.name for path in thumbnails.path(HASH).parent.iterdir()] == [f"{'0' * 62}.jpg"]


@pytest.mark.parametrize("bad", ["", "ab", "../../etc/passwd", "AB" + "0" * 62, HASH + "0", HASH + "\n", "g" * 64])
def test_only_hashes_name_thumbnails(tmp_path: Path, bad: str) -> None:
    thumbnails = Thumbnails(tmp_path)
    for call in (thumbnails.path, thumbnails.get, lambda name: thumbnails.put(name, b"")):
        with pytest.raises(ValueError, match="is not a SHA-256"):
            call(bad)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path)
    thumbnails.put(HASH, b"")
    assert thumbnails.get(HASH) is None


def test_a_full_disk_raises_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thumbnails = Thumbnails(tmp_path)
    thumbnails.put(HASH, b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        thumbnails.put(HASH, b"new")
    assert thumbnails.get(HASH) == b"old"
    assert len(list(thumbnails.path(HASH).parent.iterdir())) == 1
    assert list((tmp_path / "unfinished").iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path)
    thumbnails.sweep()
    thumbnails.put(HASH, b"whole")
    (tmp_path / "unfinished" / "tmpx1").write_bytes(b"ha")
    thumbnails.sweep()
    assert list((tmp_path / "unfinished").iterdir()) == []
    assert thumbnails.get(HASH) == b"whole"
    assert list(thumbnails.stored()) == [(HASH, 5)]


def test_readers_never_see_a_part(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path)
    versions = [bytes([number]) * 50_000 for number in range(8)]
    thumbnails.put(HASH, versions[0])
    writers = [threading.Thread(target=thumbnails.put, args=(HASH, data)) for data in versions]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert thumbnails.get(HASH) in versions
    for writer in writers:
        writer.join()
    assert thumbnails.get(HASH) in versions


def test_travels_to_a_worker(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path)
    assert pickle.loads(pickle.dumps(thumbnails)) == thumbnails
