"""The data folder, and the lock that keeps two processes from writing in it at once."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tallylight.errors import DataFolderBusy, DataFolderUnusable


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where one Tallylight keeps everything it made itself. `path` is absolute with links resolved."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> DataFolder:
        """The folder at `path`, made if need be. Raises DataFolderUnusable where it cannot be made or written."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            real = path.resolve(strict=True)
        except OSError as error:
            raise DataFolderUnusable(
                f"The data folder {path} cannot be made ({error.strerror}); choose another with --data."
            ) from error
        if not os.access(real, os.W_OK | os.X_OK):
            raise DataFolderUnusable(
                f"The data folder {path} cannot be written by this user; choose another with --data."
            )
        return cls(real)

    @property
    def database(self) -> Path:
        return self.path / "tallylight.db"

    @property
    def thumbnails(self) -> Path:
        return self.path / "thumbnails"

    @contextmanager
    def locked(self, doing: str) -> Iterator[Lock]:
        """Own the folder while the context is open. Raises DataFolderBusy, which says who has it and how to reach them.

        The kernel drops the lock when the process dies, however it dies; the file itself stays and means nothing.
        """
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                note = _read(file.name)
                raise DataFolderBusy(_who_has(self.path, note), **_reached(note)) from None
            except OSError as error:
                raise DataFolderUnusable(
                    f"The data folder {self.path} cannot be locked ({error.strerror}), as on some network disks; "
                    "choose one on a local disk with --data."
                ) from error
            lock = Lock(Path(file.name), doing)
            lock.tell()
            yield lock

    def _lock_file(self) -> TextIO:
        try:
            return (self.path / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise DataFolderUnusable(
                f"The lock of the data folder {self.path} cannot be opened ({error.strerror}); was it made by another "
                "user? Choose another with --data."
            ) from error


@dataclass(frozen=True, slots=True)
class Lock:
    """A held lock, and the note in it for whoever comes second."""

    path: Path
    doing: str

    def tell(self, url: str = "", database: str = "") -> None:
        """Write who holds the folder and, for a server, where it is reached and which database it works on. Raises
        DataFolderUnusable, as on a full disk.
        """
        note = {"pid": os.getpid(), "host": socket.gethostname(), "doing": self.doing, "url": url, "database": database}
        try:
            self.path.write_text(json.dumps(note), encoding="utf-8")
        except OSError as error:
            raise DataFolderUnusable(
                f"The lock {self.path} cannot be written ({error.strerror}); free some space on its disk, or choose"
                " another data folder with --data."
            ) from error


def url_of_holder(folder: Path) -> str:
    """Where the server is reached that holds this data folder, or held it last; empty where it was none."""
    try:
        return _reached(_read(str(folder / "lock")))["url"]
    except OSError:
        return ""


def _reached(note: dict[str, object]) -> dict[str, str]:
    return {"url": str(note.get("url") or ""), "database": str(note.get("database") or "")}


def _read(path: str) -> dict[str, object]:
    try:
        note = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        # Read in the instant between truncating and writing: the lock itself says enough.
        return {}
    return note if isinstance(note, dict) else {}


def _who_has(folder: Path, note: dict[str, object]) -> str:
    who = f"process {note['pid']}" if note.get("pid") else "another process"
    if url := note.get("url"):
        return f"A Tallylight server ({who}) holds the data folder {folder}; reach it at {url}, or stop it first."
    doing = note.get("doing") or "Tallylight"
    return (
        f"Another {doing} ({who}) holds the data folder {folder}; wait until it is done, or choose another with --data."
    )
