"""Files that change in the very moment they are read, and disks that refuse in each way they have."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path

import pytest
from tests.ingest.extract import build
from tests.ingest.extract.build import Folder
from tests.ingest.extract.conftest import folder
from typing_extensions import Buffer

from tallylight.ingest.extract import extract
from tallylight.model import Candidate, Outcome, OutcomeKind, Reason
from tallylight.roots import Roots

__all__ = ["folder"]

SOUND = {
    "a.png": build.png({"parameters": "a cat\nSteps: 1"}),
    "a.jpg": build.encoded(build.scene(), "JPEG"),
    "a.webp": build.encoded(build.scene(), "WEBP"),
    "a.gif": build.encoded(build.scene(), "GIF"),
    "a.mp4": build.video(),
}


@dataclass(frozen=True, slots=True)
class Meddling(Roots):
    """Roots below which something happens to a file once it is open."""

    deed: Callable[[Path], object] = Path.exists

    def open(self, path: str) -> BufferedReader:
        file = Roots.open(self, path)
        self.deed(Path(path))
        return file


@dataclass(frozen=True, slots=True)
class Refusing(Roots):
    """Roots below which nothing can be opened."""

    number: int = 0

    def open(self, path: str) -> BufferedReader:
        raise OSError(self.number, os.strerror(self.number), path)


class Broken(FileIO):
    """An open file whose disk holds no more than so many bytes, and fails beyond."""

    def __init__(self, descriptor: int, whole: int, number: int) -> None:
        super().__init__(descriptor)
        self._whole, self._number = whole, number

    def read(self, size: int | None = -1, /) -> bytes:
        self._check(size)
        return super().read(size) or b""

    def readall(self) -> bytes:
        self._check(None)
        return super().readall() or b""

    def readinto(self, buffer: Buffer, /) -> int:
        self._check(memoryview(buffer).nbytes)
        return super().readinto(buffer) or 0

    def _check(self, size: int | None) -> None:
        if size is None or size < 0 or self.tell() + size > self._whole:
            raise OSError(self._number, os.strerror(self._number))


@dataclass(frozen=True, slots=True)
class Failing(Roots):
    """Roots on a disk that fails in the middle of a file."""

    number: int = errno.EIO

    def open(self, path: str) -> BufferedReader:
        with Roots.open(self, path) as file:
            return BufferedReader(Broken(os.dup(file.fileno()), 4096, self.number))


def outcome(folder: Folder, roots: Roots, name: str) -> Outcome:
    return extract(folder.options(roots=roots), Candidate(str(folder.path), name, 1, 2))


def meddling(folder: Folder, deed: Callable[[Path], object]) -> Roots:
    return Meddling(Roots.of(folder.path).folders, deed)


@pytest.mark.parametrize("name", SOUND)
def test_a_file_that_is_replaced_is_read_as_it_was_when_it_was_opened(folder: Folder, name: str) -> None:
    folder.put(name, SOUND[name])
    expected = folder.outcome(name)

    def replace(path: Path) -> None:
        other = path.with_suffix(".new")
        other.write_bytes(b"another file altogether")
        other.rename(path)

    found = outcome(folder, meddling(folder, replace), name)
    assert (found.sha256, found.media, found.code) == (expected.sha256, expected.media, None)


@pytest.mark.parametrize("name", SOUND)
def test_a_file_that_is_deleted_under_the_reading_is_read(folder: Folder, name: str) -> None:
    folder.put(name, SOUND[name])
    found = outcome(folder, meddling(folder, Path.unlink), name)
    assert (found.kind, found.has_thumbnail) == (OutcomeKind.EXTRACTED, True)


@pytest.mark.parametrize("name", SOUND)
def test_a_file_that_grows_is_taken_as_it_is(folder: Folder, name: str) -> None:
    folder.put(name, SOUND[name])

    def grow(path: Path) -> None:
        with path.open("ab") as file:
            file.write(bytes(100_000))

    found = outcome(folder, meddling(folder, grow), name)
    assert (found.kind, found.bytes, found.has_thumbnail) == (OutcomeKind.EXTRACTED, len(SOUND[name]) + 100_000, True)


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("left", [0, 1, 30, 300])
def test_a_file_that_shrinks_is_cut_off(folder: Folder, name: str, left: int) -> None:
    folder.put(name, SOUND[name])
    found = outcome(folder, meddling(folder, lambda path: os.truncate(path, left)), name)
    assert found.code in {Reason.TRUNCATED, Reason.EMPTY, Reason.UNSUPPORTED}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, Reason.VANISHED),
        (errno.ENOTDIR, Reason.VANISHED),
        (errno.EACCES, Reason.PERMISSION),
        (errno.EPERM, Reason.PERMISSION),
        (errno.EIO, Reason.IO_ERROR),
        (errno.ESTALE, Reason.IO_ERROR),
        (errno.EMFILE, Reason.IO_ERROR),
        (errno.ENFILE, Reason.IO_ERROR),
        (errno.ENAMETOOLONG, Reason.IO_ERROR),
        (errno.ELOOP, Reason.IO_ERROR),
        (errno.ETIMEDOUT, Reason.IO_ERROR),
        (errno.EINTR, Reason.IO_ERROR),
    ],
)
def test_a_file_that_cannot_be_opened_says_why(folder: Folder, number: int, code: Reason) -> None:
    found = outcome(folder, Refusing((str(folder.path),), number), "a.png")
    assert found.code is code
    assert found.message.endswith(".")


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.mp4", "a.avi"])
def test_a_disk_that_fails_in_the_middle_is_to_blame_and_not_the_file(folder: Folder, name: str, number: int) -> None:
    noise = build.scene(300, 300).effect_spread(40)
    format_ = {"a.jpg": "JPEG"}.get(name, name[2:].upper())
    data = build.video(name[2:], frames=300) if name in {"a.mp4", "a.avi"} else build.encoded(noise, format_)
    assert len(data) > 8192
    folder.put(name, data)
    found = outcome(folder, Failing((str(folder.path),), number), name)
    assert (found.code, os.strerror(number) in found.message) == (Reason.IO_ERROR, True)


def test_a_thumbnail_that_cannot_be_written_is_a_warning(folder: Folder) -> None:
    folder.thumbnails.folder.parent.mkdir(exist_ok=True)
    folder.thumbnails.folder.write_bytes(b"a file where the folder should be")
    found = folder.outcome("a.png", SOUND["a.png"])
    assert (found.kind, found.has_thumbnail, len(found.warnings)) == (OutcomeKind.EXTRACTED, False, 1)
    assert found.warnings[0].startswith("no thumbnail: ")
