"""What may be read, and the only opener of user paths.

A *root* is a folder the server may read; nothing outside a root is ever opened. Paths travel as text: where a name is
not UTF-8, each odd byte is written `\\xHH`, and a literal backslash that would read as such an escape is written
`\\x5c`, so the text names exactly one file and is the same in JSON, SQL and page.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from io import BufferedReader, FileIO
from itertools import islice
from pathlib import Path
from typing import Final

from tallylight.errors import BadFolder, BadPath

#: Linux opens a file for looking alone, whoever may read it; elsewhere a FIFO must not be waited for.
_ONLY_LOOKING = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK)

_AMBIGUOUS = re.compile(r"\\(?=x[0-9a-f]{2})")
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def escape(path: str | os.PathLike[str]) -> str:
    """Write a file-system path as text that survives JSON, SQL and HTML; `unescape` gives the same path back."""
    text = _AMBIGUOUS.sub(r"\\x5c", os.fspath(path))
    return text if text.isascii() else "".join(map(_escape_odd_byte, text))


def unescape(text: str) -> str:
    """The file-system path (surrogateescape, as `os` takes it) that `escape` wrote as `text`."""
    raw = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), text.encode("utf-8", "surrogateescape"))
    return os.fsdecode(raw)


def absolute(root: str, file: str) -> str:
    """The absolute path of a file below a directory; escaped, as both are."""
    return f"{root.rstrip('/')}/{file}"


def raw_bytes(text: str) -> bytes | None:
    """The bytes of an escaped path where they are not UTF-8, to keep beside the text; None where the text is enough."""
    if text.isascii() and "\\" not in text:  # as nearly all names are
        return None
    raw = os.fsencode(unescape(text))
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw
    return None


def _escape_odd_byte(character: str) -> str:
    # surrogateescape (PEP 383) stands a byte 0x80..0xff in as U+DC80..U+DCFF
    return f"\\x{ord(character) - 0xDC00:02x}" if "\udc80" <= character <= "\udcff" else character


@dataclass(frozen=True, slots=True)
class Roots:
    """The folders a server may read. Picklable: workers open files through it too. `folders` are real paths, no links
    in them.
    """

    folders: tuple[str, ...]

    @classmethod
    def of(cls, *folders: str | os.PathLike[str]) -> Roots:
        """Roots at these folders; raises BadFolder for one that is missing, not a folder or unreadable."""
        return cls(tuple(dict.fromkeys(_real_folder(os.fspath(folder)) for folder in folders)))

    def folder(self, text: str) -> str:
        """The real path of a folder asked for (escaped text). Raises BadFolder where it is outside the roots or cannot
        be listed.
        """
        path = _path_of(text)
        if not Path(text).is_absolute():
            raise BadFolder(f"{text} is not an absolute path; give one inside {self.named()}.")
        # Asked before the folder is looked at: whether something outside the roots exists is nobody's business.
        wanted = os.path.realpath(path)
        if not self.contains(wanted):
            raise BadFolder(f"{text} is outside the folders this server may read: {self.named()}.")
        return _real_folder(wanted)

    def contains(self, real: str) -> bool:
        """Whether a real path (links resolved) is a root or lies below one."""
        return any(real == folder or real.startswith(folder.rstrip("/") + "/") for folder in self.folders)

    def covers(self, text: str) -> bool:
        """Whether a folder (escaped text) is inside the roots, also where it is gone just now."""
        return self.contains(os.path.realpath(unescape(text)))

    def open(self, path: str) -> BufferedReader:
        """Open a regular file below a root for reading.

        Raises BadPath where the path leads outside or names no regular file, and OSError as `open` does. Never blocks
        on a FIFO.
        """
        if "\0" in path:
            raise BadPath(f"{escape(path)} holds a NUL, so it names no file.")
        # O_NONBLOCK: opening a FIFO would otherwise wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadPath(f"{escape(path)} is not a regular file.")
            if not self.contains(_opened_path(descriptor, path)):
                raise BadPath(f"{escape(path)} leads out of the folders this server may read.")
        except BaseException:
            os.close(descriptor)
            raise
        return BufferedReader(FileIO(descriptor))

    def status(self, path: str) -> os.stat_result:
        """Size and times of a regular file below a root, without reading it. Raises as `open` does."""
        if "\0" in path:
            raise BadPath(f"{escape(path)} holds a NUL, so it names no file.")
        descriptor = os.open(path, _ONLY_LOOKING | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise BadPath(f"{escape(path)} is not a regular file.")
            if not self.contains(_opened_path(descriptor, path)):
                raise BadPath(f"{escape(path)} leads out of the folders this server may read.")
        finally:
            os.close(descriptor)
        return status

    def names(self, folder: str, most: int) -> list[str] | None:
        """What lies directly in a folder below a root; None where that is more than `most`. Raises as `open` does."""
        descriptor = self.open_folder(folder)
        try:
            with os.scandir(descriptor) as entries:
                found = [entry.name for entry in islice(entries, most + 1)]
        finally:
            os.close(descriptor)
        return found if len(found) <= most else None

    def open_folder(self, folder: str) -> int:
        """A descriptor of a folder below a root, for the caller to close. Raises as `open` does."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        if not self.contains(_opened_path(descriptor, folder)):
            os.close(descriptor)
            raise BadPath(f"{escape(folder)} leads out of the folders this server may read.")
        return descriptor

    def named(self) -> str:
        """The roots for a message."""
        return ", ".join(escape(folder) for folder in self.folders) or "(none)"


#: Nothing may be read.
NO_ROOTS: Final = Roots(())


def _path_of(text: str) -> str:
    try:
        path = unescape(text)
    except UnicodeEncodeError:
        # Half of a UTF-16 pair, which JSON can spell and no file system can hold.
        path = ""
    # Asked after unescaping: a NUL can be spelled as an escape too.
    if not path or "\0" in path:
        raise BadFolder("The folder name is empty or holds what no path can; give an absolute path inside a root.")
    return path


def _opened_path(descriptor: int, path: str) -> str:
    """Where an open file really is. Linux tells for the descriptor itself, so a link swapped after the open cannot fool
    it.
    """
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 (names that are not UTF-8)
    except OSError:
        return os.path.realpath(path)


def _real_folder(path: str) -> str:
    shown = escape(path)
    try:
        real = os.path.realpath(path, strict=True)
        with os.scandir(real):
            return real
    except FileNotFoundError:
        raise BadFolder(f"{shown} does not exist; check the path, and that the disk is connected.") from None
    except NotADirectoryError:
        raise BadFolder(f"{shown} is a file; give the folder it is in.") from None
    except PermissionError:
        raise BadFolder(
            f"{shown} cannot be read by this user; change its permissions or run as another user."
        ) from None
    except OSError as error:
        raise BadFolder(f"{shown} cannot be read: {error.strerror}.") from error


def is_absent(path: str) -> bool:
    """Whether nothing is at this absolute, escaped path. A place that cannot be looked at may hold anything."""
    try:
        os.lstat(unescape(path))
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def is_folder_gone(folder: str) -> bool:
    """Whether no folder is at this absolute, escaped path, links followed. What cannot be looked at may be one."""
    try:
        return not stat.S_ISDIR(os.stat(unescape(folder)).st_mode)  # noqa: PTH116 (names that are not UTF-8)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def is_bare(folder: str) -> bool:
    """Whether this absolute, escaped folder is gone, unreadable or empty, as a mount point without its disk is."""
    try:
        with os.scandir(unescape(folder) or "/") as entries:
            return next(entries, None) is None
    except OSError:
        return True


def mount_point(folder: str) -> str:
    """Where the file system begins that this absolute, escaped folder is on, or would be on if it were there."""
    path = os.path.realpath(unescape(folder))
    while not os.path.ismount(path) and path != "/":
        path = os.path.dirname(path)  # noqa: PTH120 (names that are not UTF-8)
    return escape(path)


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether an absolute, escaped path lies below one of these."""
    return any(path.startswith(folder.rstrip("/") + "/") for folder in folders)


def outermost(folders: Iterable[str]) -> list[str]:
    """Real paths without those that are, or lie below, another of them; in the order given."""
    distinct = list(dict.fromkeys(folders))
    tops = {folder.rstrip("/") + "/" for folder in distinct}
    return [folder for folder in distinct if not any(_lies_below(folder, top) for top in tops)]


def _lies_below(folder: str, top: str) -> bool:
    return folder.startswith(top) and folder.rstrip("/") + "/" != top
