"""One sidecar on the disk: read, and replaced as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from tallylight.errors import BadInput, BadPath
from tallylight.roots import Roots, escape

#: What no sidecar ends in, and no reader looks at: one that was left behind by a power cut is only litter.
_UNFINISHED: Final = ".tallylight-tmp"


class CannotWrite(BadInput):
    """A sidecar cannot be written; the message says why."""

    code = "cannot_write"


@dataclass(frozen=True, slots=True)
class Content:
    """What a sidecar holds, and what tells that it is still the same file."""

    raw: bytes
    mark: tuple[int, ...]
    mode: int


def read(roots: Roots, path: str, longest: int) -> Content | None:
    """What the sidecar at a path holds; None where there is none. Raises CannotWrite for one that must not be touched:
    a link out of the roots, no regular file, more than `longest` bytes.
    """
    with _trouble(path), _opened_folder(roots, path) as place:
        if place is None:
            return None
        folder, name = place
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        except FileNotFoundError:
            return None
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise CannotWrite(f"{escape(path)} is no regular file.")
        with os.fdopen(descriptor, "rb") as file:
            raw = file.read(longest + 1)
    if len(raw) > longest:
        raise CannotWrite(f"{escape(path)} is longer than {longest:,} bytes, which no sidecar of ratings is.")
    return Content(raw, _mark(status), stat.S_IMODE(status.st_mode))


def replace(roots: Roots, path: str, raw: bytes, before: Content | None) -> None:
    """Put these bytes in the place of what was read there, or of nothing. A reader sees the old or the new, whole; the
    permissions stay. Makes the folder where only that is missing.

    Raises CannotWrite where something else stands there by now, and nothing is changed then.
    """
    with _trouble(path):
        _make_folder(roots, os.path.dirname(path))  # noqa: PTH120 (names that are not UTF-8)
        with _opened_folder(roots, path) as place:
            if place is None:
                raise CannotWrite(f"The folder of {escape(path)} is gone.")
            folder, name = place
            unfinished = f".{secrets.token_hex(8)}{_UNFINISHED}"
            try:
                _write(folder, unfinished, raw, before)
                _check_unchanged(folder, name, path, before)
                os.replace(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(unfinished, dir_fd=folder)
                raise
            with suppress(OSError):  # it is in its place; some network file systems cannot do this to folders
                os.fsync(folder)


def _write(folder: int, name: str, raw: bytes, before: Content | None) -> None:
    descriptor = os.open(
        name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666, dir_fd=folder
    )
    with os.fdopen(descriptor, "wb") as file:
        if before is not None:
            os.fchmod(descriptor, before.mode)
        file.write(raw)
        file.flush()
        os.fsync(descriptor)


def _check_unchanged(folder: int, name: str, path: str, before: Content | None) -> None:
    try:
        now = _mark(os.stat(name, dir_fd=folder, follow_symlinks=False))
    except FileNotFoundError:
        now = None
    if now != (before.mark if before is not None else None):
        raise CannotWrite(f"{escape(path)} was changed by somebody else in the meantime; it is left as it is.")


def _mark(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _make_folder(roots: Roots, path: str) -> None:
    """Make the last folder of a path, as `.scores` may be missing. One that is there may be a link, which is followed
    when it is opened.
    """
    if os.path.isdir(path):  # noqa: PTH112 (names that are not UTF-8)
        return
    above, name = os.path.split(path)
    folder = roots.open_folder(above)
    try:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
    finally:
        os.close(folder)


@contextmanager
def _opened_folder(roots: Roots, path: str) -> Iterator[tuple[int, str] | None]:
    """The folder that a sidecar really lies in, opened, and its name there; None where there is no such folder. A
    sidecar that is a link is written where it leads, as long as that is inside the roots.
    """
    real = os.path.realpath(path)
    folder_path, name = os.path.split(real)
    try:
        folder = roots.open_folder(folder_path)
    except FileNotFoundError:
        yield None
        return
    try:
        yield folder, name
    finally:
        os.close(folder)


@contextmanager
def _trouble(path: str) -> Iterator[None]:
    """Say in a sentence what the disk said."""
    try:
        yield
    except BadPath:
        raise CannotWrite(f"{escape(path)} leads out of the folders that may be written.") from None
    except OSError as error:
        raise CannotWrite(_sentence(error, escape(path))) from error


def _sentence(error: OSError, shown: str) -> str:
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return f"{shown} cannot be written by this user; change the permissions of its folder."
        case errno.EROFS:
            return f"{shown} lies on a disk that is read-only."
        case errno.ENOSPC | errno.EDQUOT:
            return f"{shown} cannot be written: the disk is full; make room and do it again."
        case errno.ENAMETOOLONG:
            return f"{shown} cannot be written: the name is too long for this disk."
        case _:
            return f"{shown} cannot be read or written: {error.strerror}."
