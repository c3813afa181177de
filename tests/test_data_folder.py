from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallylight.data_folder import DataFolder, Lock, reach_of_holder
from tallylight.errors import DataFolderBusy, DataFolderUnusable


def test_a_missing_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / "a" / "b")
    assert folder.path == tmp_path / "a" / "b"
    assert folder.path.is_dir()


def test_a_lock_on_a_full_disk_says_what_to_do() -> None:
    with pytest.raises(DataFolderUnusable, match=r"No space left on device.*free some space"):
        Lock(Path("/dev/full"), "serve").tell()


def test_its_path_is_real(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert DataFolder.at(tmp_path / "link").path == tmp_path / "real"


def test_what_it_holds_lies_in_it(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    assert folder.database.parent == folder.thumbnails.parent == tmp_path


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_is_no_folder(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderUnusable, match=r"cannot be made .*choose another with --data"):
        DataFolder.at(tmp_path / "file" / below)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_args: False)
    with pytest.raises(DataFolderUnusable, match="cannot be written by this user"):
        DataFolder.at(tmp_path)


def test_a_second_owner_is_told_who_has_it(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    with folder.locked("ingest"), pytest.raises(DataFolderBusy) as caught, folder.locked("serve"):
        pass
    assert str(caught.value) == (
        f"Another ingest (process {os.getpid()}) holds the data folder {tmp_path}; wait until it is done, or choose "
        "another with --data."
    )


def test_a_second_owner_is_told_where_a_server_is_reached(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    with folder.locked("serve") as lock:
        lock.tell("http://127.0.0.1:8710/")
        with pytest.raises(DataFolderBusy, match=r"reach it at http://127\.0\.0\.1:8710/"), folder.locked("serve"):
            pass


def test_a_server_is_found_again_where_it_is_now(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    assert reach_of_holder(tmp_path).url == "", "nobody was here yet"
    with folder.locked("serve") as lock:
        assert reach_of_holder(tmp_path).url == ""
        lock.tell("http://127.0.0.1:8710", "file")
        assert reach_of_holder(tmp_path).url == "http://127.0.0.1:8710"
        with pytest.raises(DataFolderBusy) as caught, folder.locked("serve"):
            pass
        assert (caught.value.url, caught.value.database) == ("http://127.0.0.1:8710", "file")
        lock.tell("http://127.0.0.1:8711", "file")
        assert reach_of_holder(tmp_path).url == "http://127.0.0.1:8711"


@pytest.mark.parametrize("note", ["", "{", "[]", '"text"', "{}", '{"pid": null}'])
def test_a_garbled_note_still_gives_a_sentence(tmp_path: Path, note: str) -> None:
    folder = DataFolder.at(tmp_path)
    with folder.locked("serve") as lock:
        lock.path.write_text(note)
        with pytest.raises(DataFolderBusy, match=r"Another Tallylight \(another process\) holds"), folder.locked("x"):
            pass


def test_a_released_folder_can_be_owned_again(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    for _ in range(2):
        with folder.locked("serve"):
            pass


def test_the_lock_of_a_killed_process_is_gone(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from tallylight.data_folder import DataFolder\n"
        f"with DataFolder.at(pathlib.Path({str(tmp_path)!r})).locked('ingest'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with owner:
        assert owner.stdout
        assert owner.stdout.readline() == b"held\n"
        folder = DataFolder.at(tmp_path)
        with pytest.raises(DataFolderBusy, match=f"process {owner.pid}"), folder.locked("serve"):
            pass
        owner.kill()
        owner.wait()
    with folder.locked("serve"):
        pass


def test_a_lock_file_that_cannot_be_opened_makes_the_folder_unusable(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(DataFolderUnusable, match=r"lock .* cannot be opened"), DataFolder.at(tmp_path).locked("serve"):
        pass


def test_a_disk_without_locks_makes_the_folder_unusable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", _raising(OSError(errno.ENOLCK, "No locks available")))
    with pytest.raises(DataFolderUnusable, match="No locks available"), DataFolder.at(tmp_path).locked("serve"):
        pass


def _raising(error: Exception) -> Callable[..., None]:
    def call(*_args: object) -> None:
        raise error

    return call
